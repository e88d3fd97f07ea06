"""What follows from events, as rows: pure, and applied in the transaction that appends them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from rooms.events import (
    Decided,
    Ended,
    EndPressed,
    Event,
    Explained,
    Flagged,
    MessageJudged,
    MessageSubmitted,
    OutcomeChanged,
    Overruled,
    PartEnded,
)
from rooms.lesson import OBSERVERS, Actor, Role
from rooms.verdict import Ruling
from server.store.hot import MessageRow
from server.store.mailed import Audience, audiences
from server.store.port import Append

CaseKind = Literal["hook_end", "disclosure", "flag", "ended_by_staff"]
MailKind = Literal["case", "outcome", "note"]

ID_CHARACTERS = 24
"""Hexadecimal characters of a row's id, 96 bits: derived from the event, so that the same event makes the same row."""


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case to open; its evidence is frozen from the log up to ``sequence`` in the same transaction."""

    id: str
    lesson: str
    kind: CaseKind
    urgent: bool
    opened_at: int
    opened_by: str
    """The person who flagged or ended; empty for the hook."""
    message: str
    sequence: int
    """Of the event that opened it."""


class MailRow(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to send. Words and addresses are found when it is sent: here is only what it is about."""

    id: str
    kind: MailKind
    audience: Audience
    lesson: str
    created_at: int
    pupil: str = ""
    case_id: str | None = None
    outcome: msgspec.Raw = msgspec.Raw(b"\xc0")
    """`rooms.events.Outcome` in MessagePack; nil for a case, a note's id for a note."""


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a part came to, and who decided so, where a person did."""

    lesson: str
    sequence: int
    pupil: str
    at: int
    recorded_at: int
    rule: str
    charge: str
    reschedule: bool
    minutes_owed: int
    decided_by: str
    reason: str
    outcome: bytes


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what to whom (Q4)."""

    at: int
    person: str
    name: str
    role: str
    what: str
    whom: str
    """A case's id, a pupil's, a visit's, an account's; what ``what`` is about."""
    lesson: str


class Rows(msgspec.Struct, gc=False):
    """All that follows from one append."""

    messages: list[MessageRow] = []
    cases: list[CaseRow] = []
    mails: list[MailRow] = []
    ledger: list[LedgerRow] = []
    audit: list[AuditRow] = []
    ended_at: int | None = None
    """The room's own end, settled: nothing of this lesson has a deadline any more."""

    def __bool__(self) -> bool:
        """Whether anything follows but the messages' texts, which are written apart."""
        return self.ended_at is not None or bool(self.cases or self.mails or self.ledger or self.audit)


class _Place(msgspec.Struct, gc=False):
    """Where in the log an event stands, and what came before it in the same append."""

    append: Append
    sequence: int
    rows: Rows
    decision: Decided | Explained | Overruled | None = None


def project(append: Append) -> Rows:
    """All rows of an append.

    Raises:
        KeyError: for a submitted message without its text: it could never be delivered, so it must not be logged.
    """
    place = _Place(append, append.expected_sequence, Rows())
    for event in append.events:
        place.sequence += 1
        follow = _FOLLOWS.get(type(event))
        if follow is not None:
            follow(event, place)
    return place.rows


def row_id(kind: str, lesson: str, sequence: int, *more: str) -> str:
    """The id of what follows from one event: the same each time, and telling nothing."""
    named = "\0".join((kind, lesson, str(sequence), *more))
    return hashlib.sha256(named.encode()).hexdigest()[:ID_CHARACTERS]


def _submitted(event: MessageSubmitted, place: _Place) -> None:
    kept = place.append.texts[event.message]
    by = event.by
    row = (
        place.append.lesson, event.message, place.sequence, event.at,
        by.person, by.name, str(by.role), by.side, kept.text, kept.salt,
    )  # fmt: skip
    place.rows.messages.append(row)


def _judged(event: MessageJudged, place: _Place) -> None:
    if event.verdict.ruling is Ruling.END:
        _open_case(place, "hook_end", urgent=True, message=event.message)
    elif event.verdict.ruling is Ruling.ESCALATE:
        _open_case(place, "disclosure", urgent=True, message=event.message)


def _flagged(event: Flagged, place: _Place) -> None:
    _open_case(place, "flag", urgent=True, message=event.message, by=event.by)


def _end_pressed(event: EndPressed, place: _Place) -> None:
    """D9. Not urgent: those who would be alerted are the ones who acted."""
    if event.by.role in OBSERVERS or event.by.role is Role.SAFEGUARDING:
        _open_case(place, "ended_by_staff", urgent=False, by=event.by)
        _audit(place, event.at, event.by, "ended_lesson")


def _open_case(place: _Place, kind: CaseKind, *, urgent: bool, message: str = "", by: Actor | None = None) -> None:
    lesson, sequence, now = place.append.lesson, place.sequence, place.append.recorded_at
    case = CaseRow(
        id=row_id("case", lesson, sequence),
        lesson=lesson,
        kind=kind,
        urgent=urgent,
        opened_at=now,
        opened_by=by.person if by else "",
        message=message,
        sequence=sequence,
    )
    place.rows.cases.append(case)
    place.rows.mails.append(
        MailRow(
            id=row_id("mail", lesson, sequence, "safeguarding"),
            kind="case",
            audience="safeguarding",
            lesson=lesson,
            created_at=now,
            case_id=case.id,
        )
    )


def _decided(event: Decided | Explained | Overruled, place: _Place) -> None:
    place.decision = event
    if isinstance(event, Overruled):
        _audit(place, event.at, event.by, "overruled", event.pupil)


def _outcome(event: PartEnded | OutcomeChanged, place: _Place) -> None:
    outcome, append, decision = event.outcome, place.append, place.decision
    if decision is not None and decision.pupil not in (None, event.pupil):
        decision = None
    encoded = msgspec.msgpack.encode(outcome)
    place.rows.ledger.append(
        LedgerRow(
            lesson=append.lesson,
            sequence=place.sequence,
            pupil=event.pupil,
            at=event.at,
            recorded_at=append.recorded_at,
            rule=outcome.rule,
            charge=outcome.charge,
            reschedule=outcome.reschedule,
            minutes_owed=outcome.minutes_owed,
            decided_by=decision.by.name if decision else "",
            reason=decision.reason if isinstance(decision, Overruled) else "",
            outcome=encoded,
        )
    )
    place.rows.mails.extend(
        MailRow(
            id=row_id("mail", append.lesson, place.sequence, audience),
            kind="outcome",
            audience=audience,
            lesson=append.lesson,
            created_at=append.recorded_at,
            pupil=event.pupil,
            outcome=msgspec.Raw(encoded),
        )
        for audience in audiences(outcome, changed=isinstance(event, OutcomeChanged))
    )


def _ended(event: Ended, place: _Place) -> None:
    place.rows.ended_at = event.at


def _audit(place: _Place, at: int, by: Actor, what: str, whom: str = "") -> None:
    place.rows.audit.append(
        AuditRow(
            at=at,
            person=by.person,
            name=by.name,
            role=by.role.value,
            what=what,
            whom=whom,
            lesson=place.append.lesson,
        )
    )


_FOLLOWS: Final[dict[type[Event], Callable[..., None]]] = {
    MessageSubmitted: _submitted,
    MessageJudged: _judged,
    Flagged: _flagged,
    EndPressed: _end_pressed,
    Decided: _decided,
    Explained: _decided,
    Overruled: _decided,
    PartEnded: _outcome,
    OutcomeChanged: _outcome,
    Ended: _ended,
}
