"""After the lesson: what it came to and why, and what the teacher still says about it."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from rooms.audience import status_for, viewer_of
from rooms.commands import Asked, Because, Choice, Decide, Explain
from rooms.events import Outcome
from rooms.lesson import OBSERVERS, Actor, Role, SideId
from server.accounts.bookings import Booking
from server.api.cards import Card, card
from server.api.lessons import theirs
from server.api.problem import Problem, bad_request, not_found
from server.api.rates import WRITES
from server.api.resource import Answered, Call
from server.frames import Action, Id
from server.store.audit import recorded_since
from server.timeline import Line, told

NOTE_CHARS_MAX: Final = 4_000
"""Two pages: whoever has more to say writes to the office."""

TIMELINE_READ: Final = "read_timeline"
"""The audit log's word; whom: the lesson's id."""
TIMELINE_READ_MS: Final = 600_000
"""Within this, one person's looks at one lesson's page are one reading."""


class ExplainBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/lessons/ID/explain."""

    action: Action
    because: Because
    pupil: Id | None = None


class DecideBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/lessons/ID/decide (C6)."""

    action: Action
    choose: Choice
    pupil: Id


class NoteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/lessons/ID/note (C5)."""

    action: Action
    text: Annotated[str, Meta(min_length=1, max_length=NOTE_CHARS_MAX)]


class PupilResult(msgspec.Struct, frozen=True):
    """What the lesson came to for one pupil."""

    pupil: SideId
    outcome: Outcome


class Decision(msgspec.Struct, frozen=True):
    """A C6 that is still the teacher's to choose."""

    pupil: SideId
    owed_carry_over: int
    """Minutes."""


class After(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/lessons/ID."""

    card: Card
    results: list[PupilResult]
    settled: bool
    timeline: list[Line]
    asks_why: bool
    """How did it end? To the teacher, while an outcome depends on the answer."""
    may_explain: bool
    """Behaviour and dress can still be said (D1, D2), asked or not."""
    asks_why_of: tuple[SideId, ...]
    """The same of pupils who were removed."""
    decisions: list[Decision]
    now: int


async def after(call: Call) -> Answered:
    """The lesson as its log tells it to this person, before, during and after it."""
    booking, actor = await theirs(call, call.pupil)
    return await _after(call, booking, actor)


async def explain(call: Call, body: ExplainBody) -> Answered:
    """The teacher says how it ended."""
    booking, actor = await _taught(call)
    command = Explain(by=actor, action=body.action, because=body.because, pupil=body.pupil)
    return await _done(call, booking, command)


async def decide(call: Call, body: DecideBody) -> Answered:
    """The teacher chooses under C6."""
    booking, actor = await _taught(call)
    command = Decide(by=actor, action=body.action, choose=body.choose, pupil=body.pupil)
    return await _done(call, booking, command)


async def note(call: Call, body: NoteBody) -> Answered:
    """The teacher's note to the office (C5)."""
    booking, actor = await _taught(call)
    services = call.services
    if not body.text.strip() or "\0" in body.text:
        raise bad_request("Write your note.")
    now = services.clock.now_ms()
    await services.stores.add_note(booking.lesson.id, actor, body.text, now, action=body.action)
    return None


async def _taught(call: Call) -> tuple[Booking, Actor]:
    """The teacher's own lesson: to anybody else this address is of nothing."""
    call.services.rates.count(WRITES, call.person.id)
    booking, actor = await theirs(call)
    if actor.role is not Role.TEACHER:
        raise not_found()
    return booking, actor


async def _done(call: Call, booking: Booking, command: Asked) -> After:
    answer = await call.services.hosting.command(booking.lesson.id, command)
    if not answer.ok:
        raise Problem(409, answer.code, answer.text)
    return await _after(call, booking, command.by)


async def _put_on_record(call: Call, booking: Booking, actor: Actor, now: int) -> None:
    """Q4: on the audit log before it is shown; the page asks again every few seconds, which is one reading."""
    stores, lesson = call.services.stores, booking.lesson.id
    since = now - TIMELINE_READ_MS
    if not await stores.read(lambda connection: recorded_since(connection, actor, TIMELINE_READ, lesson, since)):
        await stores.audit(actor, TIMELINE_READ, lesson, now, lesson)


async def _after(call: Call, booking: Booking, actor: Actor) -> After:
    now = call.services.clock.now_ms()
    read = await call.services.hosting.read(booking.lesson.id) if now >= booking.opens_at else None
    full = None if read is None else read.room.status(now)
    shown = card(booking, actor, full, now)
    watches = actor.role in OBSERVERS and shown.state != "ended"  # Q1: only by a visit, which is on record
    if read is None or full is None or watches:
        return After(
            card=shown,
            results=[],
            settled=False,
            timeline=[],
            asks_why=False,
            may_explain=False,
            asks_why_of=(),
            decisions=[],
            now=now,
        )
    if actor.role in OBSERVERS:
        await _put_on_record(call, booking, actor, now)
    viewer = viewer_of(actor)
    status = status_for(full, viewer)
    results, timeline = told(read.events, viewer, read.texts)
    teaches = actor.role is Role.TEACHER
    decisions = [Decision(part.pupil, part.owed_carry_over) for part in status.parts if part.decision == "open"]
    return After(
        card=shown,
        results=[PupilResult(pupil, outcome) for pupil, outcome in results.items()],
        settled=status.settled,
        timeline=timeline,
        asks_why=status.asks_why,
        may_explain=status.may_explain,
        asks_why_of=status.asks_why_of,
        decisions=decisions if teaches else [],
        now=now,
    )
