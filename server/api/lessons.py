"""My lessons, and the ticket into a room, or to where one watches it."""

from __future__ import annotations

import msgspec

from rooms.lesson import Actor, SideId
from server.accounts.bookings import Booking
from server.accounts.scope import WATCHERS
from server.accounts.sign_in import digest_of
from server.api.cards import Card, card, state_of
from server.api.problem import Problem, not_found
from server.api.rates import WRITES
from server.api.resource import Answered, Call
from server.frames import Id
from server.seat import Admission
from server.time_of_day import time_of_day


class Lessons(msgspec.Struct, frozen=True):
    """GET /api/lessons."""

    lessons: list[Card]
    now: int


class TicketBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/lessons/ID/ticket."""

    pupil: Id | None = None
    """Whose side: of a family with several pupils in the lesson. A device each."""


class Ticket(msgspec.Struct, frozen=True):
    """POST /api/lessons/ID/ticket."""

    ticket: str


async def lessons(call: Call) -> Answered:
    """Own lessons, once for each pupil."""
    services, who = call.services, call.person
    now = services.clock.now_ms()
    shown: list[Card] = []
    for booking in await services.bookings.of(who.id, now):
        status = await services.hosting.status(booking.lesson.id) if now >= booking.opens_at else None
        shown.extend(card(booking, actor, status, now) for actor in booking.actors(who))
    return Lessons(shown, now)


async def ticket(call: Call, body: TicketBody) -> Answered:
    """A ticket for the socket: the room's door, by the server's clock."""
    services = call.services
    services.rates.count(WRITES, call.person.id)
    booking, actor = await theirs(call, body.pupil)
    if body.pupil is None and len(booking.actors(call.person)) > 1:
        # Never a guess: the other one would be missed while they sit there (C3).
        raise Problem(409, "which_pupil", "Several of your pupils are in this lesson. Join for each by their own link.")
    await open_room(call, booking)
    return Ticket(services.tickets.issue(Admission(booking.lesson.id, actor, digest_of(call.cookie))))


async def theirs(call: Call, pupil: SideId | None = None) -> tuple[Booking, Actor]:
    """The lesson of this address, and in what part the caller comes into it; ``pupil``: for whom.

    Raises:
        Problem: 404 when it is not theirs, or is not.
    """
    booking = await call.services.bookings.find(call.params["lesson"])
    if booking is None:
        raise not_found()
    actor = booking.actor(call.person, pupil)
    if actor is None and pupil is None:
        actor = await _watcher(call, booking)
    if actor is None:
        raise not_found()
    return booking, actor


async def _watcher(call: Call, booking: Booking) -> Actor | None:
    """In what part the caller may watch it: live lessons within their scope, and only they (A6)."""
    services, who = call.services, call.person
    role = WATCHERS.get(who.role)
    if role is None or not goes_on(booking, services.clock.now_ms()):
        return None
    may = await services.bookings.may_watch(who.id, booking.lesson.id)
    return Actor(role, who.id, who.name) if may else None


def goes_on(booking: Booking, now: int) -> bool:
    """Whether it may be live by the clock: from when its room opens until the latest time at which that closes."""
    longest = booking.lesson.ends_at + booking.lesson.policy.overrun_ms
    return booking.confirmed and booking.opens_at <= now < longest


async def open_room(call: Call, booking: Booking) -> None:
    """Let nobody by but into a lesson whose door is open.

    Raises:
        Problem: 409 with the reason, when it is not.
    """
    services = call.services
    now = services.clock.now_ms()
    if not booking.confirmed:
        raise Problem(409, "not_confirmed", "This lesson is not confirmed yet, so its room is closed.")
    if now < booking.opens_at:
        opens = time_of_day(booking.opens_at, services.config.zone)
        raise Problem(409, "not_open", f"Opens at {opens}.")
    status = await services.hosting.status(booking.lesson.id)
    if state_of(booking.lesson, status, now) == "ended":
        raise Problem(409, "over", "This lesson has ended.")
