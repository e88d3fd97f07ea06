"""Safeguarding cases, for the safeguarding team; and never for a person whom one is about (S2)."""

from __future__ import annotations

from typing import Final, Literal

import msgspec
import structlog
from sqlalchemy import Connection, select

from moderation.cases import CaseEvidence, decode
from moderation.cases import Line as Frozen
from rooms.audience import Viewer
from rooms.lesson import Actor, Role, SideId
from rooms.verdict import Ruling, Verdict
from server.accounts.people import Person
from server.api.cards import Card, card_of
from server.api.problem import not_found
from server.api.resource import Answered, Call
from server.seat import ReadRoom
from server.store.cases import Case as StoredCase
from server.store.cases import CaseLine, open_case
from server.store.notes import Note
from server.store.schema import message, safeguarding_case
from server.timeline import Line, told

_log = structlog.stdlib.get_logger("cases")

State = Literal["delivered", "held", "dropped", "ended", "pending"]
_STATES: Final[dict[str, State]] = {
    "delivered": "delivered",
    "held": "held",
    "not_sent": "dropped",
    "waiting": "pending",
}


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One case on the list."""

    id: str
    number: int
    kind: str
    urgent: bool
    opened_at: int
    opened_by_you: bool
    delivered: bool
    """Whether the team's mail has left."""


class Cases(msgspec.Struct, frozen=True):
    """GET /api/cases."""

    cases: list[CaseRow]
    now: int


class Present(msgspec.Struct, frozen=True):
    """Somebody who was in the room."""

    name: str
    role: Role
    side: SideId | None


class Why(msgspec.Struct, frozen=True):
    """What opened the case: the review's verdict, or who flagged or ended."""

    ruling: str
    category: str
    reason: str
    reviewer: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the transcript, whether or not anybody saw it."""

    at: int
    author: str
    side: SideId
    text: str
    """Empty where its time to be kept was over when the case opened."""
    state: State
    """``ended``: it ended the lesson, and nobody saw it. ``dropped``: held, and never let through."""
    spans: tuple[tuple[int, int], ...]
    """What caught the reviewer, as [start, end) in code points."""
    cause: bool


class Noted(msgspec.Struct, frozen=True):
    """A note on the lesson."""

    at: int
    name: str
    text: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/cases/ID."""

    id: str
    number: int
    kind: str
    opened_at: int
    lesson: Card
    people: list[Present]
    why: Why
    transcript: list[Said]
    timeline: list[Line]
    notes: list[Noted]
    """What the teacher wrote about it afterwards, beside the frozen evidence."""
    delivered: bool
    unchanged: bool
    """The evidence is byte for byte what was frozen."""


class _AboutReader(Exception):
    """Raised inside the transaction, so that nothing of the opening is kept."""


async def cases(call: Call) -> Answered:
    """The list, without those of lessons that the reader is booked in, or wrote in."""
    services, who = call.services, call.person
    lines = await services.stores.cases(who.id)
    lessons = sorted({line.lesson for line in lines})
    wrote = select(message.c.lesson).where(message.c.person == who.id, message.c.lesson.in_(lessons)).distinct()
    own = await services.bookings.involving(who.id, lessons)
    own |= await services.stores.read(lambda connection: frozenset(connection.execute(wrote).scalars()))
    return Cases([_row(line) for line in lines if line.lesson not in own], services.clock.now_ms())


async def case(call: Call) -> Answered:
    """One case; opening it is on the audit log (Q4), in the transaction that reads it."""
    services, who = call.services, call.person
    lesson = await _lesson(call)
    if lesson in await services.bookings.involving(who.id, [lesson]):
        raise not_found()
    now = services.clock.now_ms()
    reader = Actor(Role.SAFEGUARDING, who.id, who.name)

    def work(connection: Connection) -> tuple[StoredCase, CaseEvidence] | None:
        found = open_case(connection, call.params["case"], reader, now)
        if found is None:
            return None
        evidence = decode(found.evidence)
        if _is_about(evidence, who):
            raise _AboutReader
        return found, evidence

    try:
        opened = await services.stores.write(work)
    except _AboutReader:
        opened = None
    if opened is not None and not opened[0].unchanged:
        _log.error("a case's evidence does not match its proof", case=opened[0].line.number)
    read = await services.hosting.read(lesson)
    if opened is None or read is None or opened[1].lesson is None:
        raise not_found()
    return _shown(*opened, read, await services.stores.notes(lesson), now)


async def _lesson(call: Call) -> str:
    wanted = select(safeguarding_case.c.lesson).where(safeguarding_case.c.id == call.params["case"])
    lesson: str | None = await call.services.stores.read(
        lambda connection: connection.execute(wanted).scalar_one_or_none()
    )
    if lesson is None:
        raise not_found()
    return lesson


def _is_about(evidence: CaseEvidence, who: Person) -> bool:
    """Whoever took part in the lesson may be the concern."""
    took_part = {one.who.person for one in evidence.people} | {line.author.person for line in evidence.transcript}
    return who.id in took_part


def _shown(found: StoredCase, evidence: CaseEvidence, read: ReadRoom, notes: list[Note], now: int) -> Case:
    lesson = evidence.lesson
    if lesson is None:
        raise not_found()
    officer = Actor(Role.SAFEGUARDING, "", "")
    line = found.line
    return Case(
        id=line.id,
        number=line.number,
        kind=line.kind,
        opened_at=line.opened_at,
        lesson=card_of(lesson, officer, None, now, confirmed=True),
        people=_people(evidence),
        why=_why(evidence),
        transcript=[_said(one, evidence) for one in evidence.transcript],
        timeline=_timeline(evidence, read),
        notes=[Noted(note.at, note.name, note.text) for note in notes],
        delivered=line.delivery.delivered_at is not None,
        unchanged=found.unchanged,
    )


def _people(evidence: CaseEvidence) -> list[Present]:
    """Each person once, however often they came."""
    return list({one.who.person: Present(one.who.name, one.who.role, one.who.side) for one in evidence.people}.values())


def _why(evidence: CaseEvidence) -> Why:
    cause = evidence.cause
    verdict: Verdict | None = None
    if cause.kind in ("escalated", "ended_by_review"):
        verdict = next((line.verdict for line in evidence.transcript if line.message == cause.message), None)
    if verdict is None:
        return Why("", cause.category, "", cause.by.name if cause.by else "")
    return Why(verdict.ruling.value, verdict.category, verdict.reason, verdict.reviewer)


def _said(line: Frozen, evidence: CaseEvidence) -> Said:
    ended = line.verdict is not None and line.verdict.ruling is Ruling.END
    return Said(
        at=line.at,
        author=line.author.name,
        side=line.author.side or "",
        text=line.text or "",
        state="ended" if ended else _STATES[line.fate],
        spans=() if line.verdict is None else line.verdict.spans,
        cause=bool(evidence.cause.message) and line.message == evidence.cause.message,
    )


def _timeline(evidence: CaseEvidence, read: ReadRoom) -> list[Line]:
    """The frozen part of the log, in the words of every timeline, for an eye that sees every side."""
    return told(read.events[: evidence.events], Viewer(Role.MANAGER, ""), read.texts)[1]


def _row(line: CaseLine) -> CaseRow:
    return CaseRow(
        id=line.id,
        number=line.number,
        kind=line.kind,
        urgent=line.urgent,
        opened_at=line.opened_at,
        opened_by_you=line.opened_by_you,
        delivered=line.delivery.delivered_at is not None,
    )
