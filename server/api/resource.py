"""One dispatcher a path: who asks, whether they may, what they send, and the answer as JSON.

Every refusal is a `Problem`; whatever else goes wrong is logged without anybody's words and answered as our fault.
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, Generic, TypeVar

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.accounts.people import AccountRole, Person
from server.api.problem import Problem, away, bad_request, not_found, our_fault, signed_out
from server.api.rates import READS
from server.api.services import Services
from server.store.port import StoreBusy, StoreDown

COOKIE: Final = "lessonroom"
"""The session's. Behind TLS with ``__Host-`` before it: no other host of the domain can set it, nor plain HTTP."""
BODY_BYTES_MAX: Final = 32_768
"""A note of 4,000 characters, each escaped in six bytes, and some."""
BODY_S_MAX: Final = 10
"""How long a body may take to come: it fits into a handful of packets."""
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
"""What an id in an address can look like: anything else is of nothing."""

_log = structlog.stdlib.get_logger("api")
B = TypeVar("B")


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """One request, with who asks."""

    services: Services
    who: Person | None
    """None: signed out; only public resources are called then."""
    cookie: str
    params: dict[str, str]
    pupil: str | None
    """Of a family with several pupils in one lesson, the one that a GET asks for (``?pupil=``)."""
    address: str
    """The client's IP address, as the proxy that is trusted says."""

    @property
    def person(self) -> Person:
        """Who asks, where somebody has to be signed in."""
        if self.who is None:
            raise signed_out()
        return self.who


@dataclasses.dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is more than a body."""

    value: msgspec.Struct | None
    cookie: str | None = None
    """A new session's; empty: forget it."""
    cookie_s: int = 0


Answered = msgspec.Struct | Reply | Response | None
"""A body for 200, None for 204, or an answer that is no JSON."""


def cookie_name(tls: bool) -> str:
    """The session's cookie, as this service sets it."""
    return f"__Host-{COOKIE}" if tls else COOKIE


@dataclasses.dataclass(frozen=True, slots=True)
class Post(Generic[B]):
    """What a POST takes, and what answers it."""

    body: type[B]
    handler: Callable[[Call, B], Awaitable[Answered]]


class Resource:
    """An ASGI endpoint for one path of the API."""

    def __init__(
        self,
        services: Services,
        *,
        get: Callable[[Call], Awaitable[Answered]] | None = None,
        post: Post[Any] | None = None,
        roles: Collection[AccountRole] = tuple(AccountRole),
        public: bool = False,
    ) -> None:
        self._services = services
        self._get = get
        self._post = post
        self._roles = frozenset(roles)
        self._public = public
        self._cookie = cookie_name(services.config.tls)
        self._allow = ", ".join([*(("GET", "HEAD") if get else ()), *(("POST",) if post else ())])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except Problem as problem:
            response = problem.response()
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        phone = self._services.config.service_phone
        try:
            return self._written(await self._answered(request))
        except (Problem, ClientDisconnect):
            raise
        except (StoreBusy, StoreDown) as busy:
            _log.error("store away", problem=type(busy).__name__)
            raise away(phone) from None
        except Exception:
            _log.exception("request broke")
            raise our_fault(phone) from None

    async def _answered(self, request: Request) -> Answered:
        if request.method in ("GET", "HEAD") and self._get is not None:
            call = await self._call(request)
            if call.who is not None:
                self._services.rates.count(READS, call.who.id)
            return await self._get(call)
        if request.method == "POST" and self._post is not None:
            self._own_page(request)
            call = await self._call(request)
            return await self._post.handler(call, await _decoded(request, self._post.body))
        raise Problem(405, "wrong_method", "This address does not take that.", {"allow": self._allow})

    def _own_page(self, request: Request, content: str = "application/json") -> None:
        """Only a page of ours may ask for something to be done: another site's cannot send both of these."""
        if request.headers.get("origin") not in self._services.config.origins:
            raise Problem(403, "wrong_origin", "This did not come from our own page. Open the page again.")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != content:
            code = "not_json" if content == "application/json" else "wrong_type"
            raise Problem(415, code, f"Send this as {content}.")

    async def _call(self, request: Request) -> Call:
        params = dict(request.path_params)
        pupil = request.query_params.get("pupil")
        if not all(ID.fullmatch(value) for value in (*params.values(), *([] if pupil is None else [pupil]))):
            raise not_found()
        cookie = request.cookies.get(self._cookie, "")
        who = await self._services.sign_in.who(cookie) if cookie else None
        address = request.client.host if request.client else ""
        call = Call(self._services, who, cookie, params, pupil, address)
        if not self._public and call.person.role not in self._roles:
            raise not_found()
        return call

    def _written(self, answered: Answered) -> Response:
        if isinstance(answered, Response):
            return answered
        reply = answered if isinstance(answered, Reply) else Reply(answered)
        if reply.value is None:
            response = Response(status_code=204)
        else:
            response = Response(msgspec.json.encode(reply.value), media_type="application/json")
        if reply.cookie is not None:
            secure = self._services.config.tls
            if reply.cookie:
                response.set_cookie(
                    self._cookie, reply.cookie, max_age=reply.cookie_s, secure=secure, httponly=True, samesite="lax"
                )
            else:
                response.delete_cookie(self._cookie, secure=secure, httponly=True, samesite="lax")
        return response


async def _decoded(request: Request, body: type[B]) -> B:
    """The body, checked field by field."""
    try:
        async with asyncio.timeout(BODY_S_MAX):
            received = await _received(request)
    except TimeoutError:
        raise Problem(408, "too_slow", "That took too long to arrive. Try again.") from None
    try:
        return msgspec.json.decode(received, type=body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        # Not the library's own words: they can quote what was sent.
        raise bad_request("This page sent something that we did not expect. Reload it and try again.") from None


async def _received(request: Request) -> bytes:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > BODY_BYTES_MAX:
            raise Problem(413, "too_large", "This is too long. Send less.")
    return bytes(received)
