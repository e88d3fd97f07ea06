"""What a safeguarding case freezes of a lesson: transcript, timeline, who was there, and what opened it (S2).

`freeze` is a pure function of the log so far and of the texts that have not expired: the same log gives the same bytes,
so a copy can be proven unchanged by its SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from rooms import events as what
from rooms.events import ByPerson, Event
from rooms.lesson import Actor, Lesson, Role
from rooms.verdict import Ruling, Verdict

FORMAT: Final = 1
"""Raised when the meaning of a field changes; old cases keep theirs."""


class Line(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One message of the transcript, whether or not anybody ever saw it."""

    at: int
    """When it was submitted, Unix ms."""
    message: str
    author: Actor
    text: str | None
    """None where its time to be kept was over already."""
    digest: str
    """As the log has it: SHA-256 over salt and text."""
    fate: Literal["waiting", "delivered", "held", "not_sent"] = "waiting"
    verdict: Verdict | None = None
    """With reviewer, category and the spans that it marks in the text."""
    released_by: Actor | None = None
    why_not: str = ""
    """Not sent: ``expired``, ``withheld``, ``ended``."""
    flagged: bool = False


class Moment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the timeline: an event of the log that is not about a message."""

    at: int
    what: str
    """The event's name, as in `rooms.events`."""
    by: Actor | None = None
    side: str | None = None
    detail: str = ""


class Presence(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """When one device of a person was in the room."""

    who: Actor
    device: str
    came: int
    went: int | None = None
    """None while it is still there."""


class Cause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What opened the case."""

    kind: Literal["escalated", "ended_by_review", "flagged", "ended_by_staff", "none"]
    at: int
    message: str = ""
    by: Actor | None = None
    category: str = ""


class CaseEvidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that a case keeps. Nobody changes it; what is learnt later is a note beside it."""

    format: int = FORMAT
    lesson: Lesson | None
    cause: Cause
    events: int
    """How many events of the log were frozen."""
    transcript: tuple[Line, ...]
    timeline: tuple[Moment, ...]
    people: tuple[Presence, ...]


def freeze(events: Sequence[Event], texts: Mapping[str, str]) -> CaseEvidence:
    """The evidence of a case that opens now.

    Args:
        events: The log, with the event that opens the case.
        texts: By message id, those that have not expired.
    """
    frozen = _Freezing(texts)
    for event in events:
        frozen.take(event)
    return CaseEvidence(
        lesson=frozen.lesson,
        cause=cause_of(events),
        events=len(events),
        transcript=tuple(frozen.lines.values()),
        timeline=tuple(frozen.timeline),
        people=tuple(frozen.people),
    )


def encode(evidence: CaseEvidence) -> bytes:
    """The canonical form: MessagePack, fields by name in their order of definition."""
    return msgspec.msgpack.encode(evidence, order="deterministic")


def decode(frozen: bytes) -> CaseEvidence:
    """What was frozen.

    Raises:
        msgspec.ValidationError: it is not a case's evidence of this format.
    """
    return msgspec.msgpack.decode(frozen, type=CaseEvidence)


def digest(evidence: CaseEvidence) -> str:
    """SHA-256 of the canonical form, hexadecimal."""
    return hashlib.sha256(encode(evidence)).hexdigest()


def cause_of(events: Sequence[Event]) -> Cause:
    """The latest event of those that open cases; ``none`` where a person opens one by hand."""
    for event in reversed(events):
        match event:
            case what.MessageJudged(verdict=Verdict(ruling=Ruling.ESCALATE | Ruling.END) as verdict):
                kind: Literal["escalated", "ended_by_review"]
                kind = "escalated" if verdict.ruling is Ruling.ESCALATE else "ended_by_review"
                return Cause(kind=kind, at=event.at, message=event.message, category=verdict.category)
            case what.Flagged():
                return Cause(kind="flagged", at=event.at, message=event.message, by=event.by)
            case what.EndPressed(by=Actor(role=Role.MANAGER | Role.ADMINISTRATOR | Role.SAFEGUARDING)):
                return Cause(kind="ended_by_staff", at=event.at, by=event.by)
    return Cause(kind="none", at=events[-1].at if events else 0)


class _Freezing:
    """Folds the log into the parts of the evidence."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self.lesson: Lesson | None = None
        self.lines: dict[str, Line] = {}
        self.timeline: list[Moment] = []
        self.people: list[Presence] = []

    def take(self, event: Event) -> None:
        match event:
            case what.Opened():
                self.lesson = event.lesson
            case what.MessageSubmitted():
                self.lines[event.message] = Line(
                    at=event.at,
                    message=event.message,
                    author=event.by,
                    text=self._texts.get(event.message),
                    digest=event.digest,
                )
            case what.MessageJudged() | what.MessageDelivered() | what.MessageReleased() | what.MessageDropped():
                line = self.lines.get(event.message)
                if line is not None:
                    _happened(line, event)
            case _:
                self._in_room(event)
                self.timeline.append(_moment(event))

    def _in_room(self, event: Event) -> None:
        match event:
            case what.Entered():
                self.people.append(Presence(who=event.by, device=event.device, came=event.at))
            case what.Departed():
                for presence in reversed(self.people):
                    if (presence.who.person, presence.device, presence.went) == (
                        event.by.person, event.device, None
                    ):  # fmt: skip
                        presence.went = event.at
                        break
            case what.Flagged() if event.message in self.lines:
                self.lines[event.message].flagged = True
            case _:
                pass


def _happened(line: Line, event: Event) -> None:
    """What became of a message."""
    match event:
        case what.MessageJudged():
            line.verdict = event.verdict
            if event.verdict.ruling is Ruling.HOLD:
                line.fate = "held"
            elif event.verdict.ruling is Ruling.END:
                line.fate = "not_sent"
        case what.MessageDelivered():
            line.fate = "delivered"
        case what.MessageReleased():
            line.released_by = event.by
        case what.MessageDropped():
            line.fate = "not_sent"
            line.why_not = event.why
        case _:
            pass


_DETAILS: Final = (
    "evidence", "reasons", "up", "name", "how", "seen", "because", "choose", "charge", "reason", "code", "rule",
    "interrupted_ms", "message",
)  # fmt: skip
"""Fields of events that say more than who and when; whatever is missing here is still in the log."""


def _moment(event: Event) -> Moment:
    said = []
    for field in _DETAILS:
        value = getattr(event, field, None)
        if value not in (None, "", ()):
            said.append(f"{field}={', '.join(value) if isinstance(value, tuple) else value}")
    outcome = getattr(event, "outcome", None)
    if outcome is not None:
        said.append(f"outcome={outcome.rule} {outcome.charge}")
    return Moment(
        at=event.at,
        what=type(event).__name__,
        by=event.by if isinstance(event, ByPerson | what.Entered | what.Departed | what.TeacherLeft) else None,
        side=getattr(event, "pupil", None) or getattr(event, "side", None),
        detail="; ".join(said),
    )
