"""The adult's check-in (B1): the family PIN travels here, over HTTP, and never into a room."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from rooms.commands import AdultIn
from rooms.lesson import Role, SideId
from rooms.status import AdultState
from server.accounts.pins import TooManyTries
from server.api.lessons import open_room, theirs
from server.api.problem import Problem, bad_request, not_found, too_many
from server.api.rates import CHECK_IN
from server.api.resource import Answered, Call
from server.frames import Action, Id

NAME_CHARS_MAX: Final = 80
"""A person's name."""
PIN_CHARS_MAX: Final = 32
"""A PIN has six digits; what is longer is wrong without being hashed."""


class CheckInBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/lessons/ID/check-in."""

    action: Action
    pupil: Id
    name: Annotated[str, Meta(min_length=1, max_length=NAME_CHARS_MAX)]
    pin: Annotated[str, Meta(max_length=PIN_CHARS_MAX)] | None
    """None: forgotten; the teacher confirms by sight."""


class CheckedIn(msgspec.Struct, frozen=True):
    """How the adult now stands."""

    adult: AdultState


async def check_in(call: Call, body: CheckInBody) -> Answered:
    """Check the PIN, and tell the room."""
    services = call.services
    services.rates.count(CHECK_IN, call.address)
    booking, actor = await theirs(call, body.pupil)
    if actor.role is not Role.PUPIL_SIDE:
        raise not_found()
    name = " ".join(body.name.split())
    if not name or not name.isprintable():
        raise bad_request("Enter your name.")
    await open_room(call, booking)
    if body.pin is not None:
        await _pin(call, body.pin)
    command = AdultIn(
        by=actor,
        action=body.action,
        pupil=body.pupil,
        name=name,
        how="sight" if body.pin is None else "pin",
    )
    answer = await services.hosting.command(booking.lesson.id, command)
    if not answer.ok:
        raise Problem(409, answer.code, answer.text)
    return CheckedIn(await _state(call, body.pupil))


async def _pin(call: Call, pin: str) -> None:
    try:
        right = await call.services.pins.right(call.person.id, call.params["lesson"], pin)
    except TooManyTries as tries:
        raise too_many(-(-tries.wait_ms // 1_000)) from None
    if not right:
        raise Problem(403, "wrong_pin", "Check the PIN and type it again.")


async def _state(call: Call, pupil: SideId) -> AdultState:
    services = call.services
    status = await services.hosting.status(call.params["lesson"])
    if status is None:
        raise not_found()
    return next(part.adult for part in status.parts if part.pupil == pupil)
