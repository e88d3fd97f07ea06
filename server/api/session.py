"""Signing in by a link, signing out, and who is signed in."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from server.accounts.people import AccountRole, Person
from server.accounts.sign_in import SESSION_MS, LinkExpired, LinkUsed
from server.api.problem import Problem
from server.api.rates import SIGN_IN
from server.api.resource import Answered, Call, Reply
from server.api.services import Services

TOKEN_CHARS_MAX: Final = 128
"""A token has 43; what a mail program adds is cut off here and refused by the token's own form."""


class SignInBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/sign-in."""

    token: Annotated[str, Meta(max_length=TOKEN_CHARS_MAX)]


class Empty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A POST that says nothing but that it is meant."""


class Service(msgspec.Struct, frozen=True):
    """The music service, as pages name it."""

    name: str
    phone: str
    time_zone: str


class Me(msgspec.Struct, frozen=True):
    """Who is signed in."""

    name: str
    role: AccountRole
    service: Service
    now: int


def me_of(services: Services, who: Person) -> Me:
    """What a page shows of its person."""
    config = services.config
    service = Service(config.service_name, config.service_phone, config.time_zone)
    return Me(who.name, who.role, service, services.clock.now_ms())


async def sign_in(call: Call, body: SignInBody) -> Answered:
    """Use a link up and start a session; the one that this browser had is over."""
    services = call.services
    services.rates.count(SIGN_IN, call.address)
    try:
        who, cookie = await services.sign_in.redeem(body.token)
    except LinkUsed:
        raise Problem(410, "link_used", "This link has been used. Sign in, or get a new link.") from None
    except LinkExpired:
        raise Problem(410, "link_expired", "This link is too old. Sign in, or get a new link.") from None
    if call.who is not None:
        await services.sign_in.sign_out(call.cookie)
    return Reply(me_of(services, who), cookie, SESSION_MS[who.role] // 1_000)


async def sign_out(call: Call, body: Empty) -> Answered:
    """End the session; signed out already is as good."""
    if call.who is not None:
        await call.services.sign_in.sign_out(call.cookie)
    return Reply(None, cookie="")


async def me(call: Call) -> Answered:
    """Who is signed in."""
    return me_of(call.services, call.person)
