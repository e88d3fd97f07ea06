"""What happened in a lesson: the log. State is exactly the fold of these; nothing is ever rewritten.

``at`` is the true instant (the onset, for evidence), in Unix milliseconds; the store also keeps when it was recorded.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from rooms.commands import Because, Charge, Choice, Evidence
from rooms.lesson import Actor, Lesson, Role, SideId
from rooms.verdict import Verdict

ClockName = Literal["teacher", "pupil", "nobody"]


class Clocks(msgspec.Struct, frozen=True):
    """The three start clocks of one pupil, in milliseconds: they add up and are never reset."""

    teacher: int = 0
    pupil: int = 0
    nobody: int = 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a lesson came to for one pupil."""

    rule: str
    """``C2 C3 C6 C7 D1 D2 D3 D9 A3 auto held early``."""
    charge: Literal["charged", "not_charged", "undecided", "none"]
    reschedule: bool = False
    minutes_owed: int = 0
    protected: bool = False
    """C3 in form, but the side was ready first for a minute: not charged."""
    decides: Literal["", "teacher", "office"] = ""
    """While undecided: whose it is to choose or explain."""
    clocks: Clocks = Clocks()
    live_ms: int = 0
    interrupted_ms: int = 0
    overruled: bool = False


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=True, gc=False):
    """The base of every event. Values without cycles, so the garbage collector need not walk them (``gc=False``)."""

    at: int


class ByPerson(Event, frozen=True, kw_only=True):
    """Something that a person did; ``action`` makes a repeat harmless, also after a crash."""

    by: Actor
    action: str


class Opened(Event, frozen=True, kw_only=True):
    """The first event of every log: the booking and the policy that hold for it."""

    lesson: Lesson


# Facts ------------------------------------------------------------------------------------------------------


class Entered(Event, frozen=True, kw_only=True):
    """A device of a participant has a live control connection."""

    by: Actor
    device: str
    epoch: int


class Departed(Event, frozen=True, kw_only=True):
    """That device's control connection is gone; an older epoch's is no news."""

    by: Actor
    device: str
    epoch: int


class EvidenceChanged(Event, frozen=True, kw_only=True):
    """Evidence's class of a side changed, at its onset."""

    side: SideId
    evidence: Evidence
    reasons: tuple[str, ...] = ()


class PlatformChanged(Event, frozen=True, kw_only=True):
    """The service itself went down or came up."""

    up: bool


class AdultCheckedIn(ByPerson, frozen=True, kw_only=True):
    """B1: by PIN, or by name where the teacher has to confirm by sight."""

    pupil: SideId
    name: str
    how: Literal["pin", "sight"]


class AdultLeft(ByPerson, frozen=True, kw_only=True):
    """B1: they said so, or the teacher marked it."""

    pupil: SideId


class AdultWasSeen(ByPerson, frozen=True, kw_only=True):
    """B1: the teacher's answer to "Can you see the adult?"."""

    pupil: SideId
    seen: bool


class AdultAskedBack(Event, frozen=True, kw_only=True):
    """B1, B3: asked to come for the end."""

    pupil: SideId


class CarriedOn(ByPerson, frozen=True, kw_only=True):
    """B1: the teacher goes on after the adult of a started lesson had left."""

    pupil: SideId


class PathAsked(ByPerson, frozen=True, kw_only=True):
    """*I can't see or hear them* was pressed."""


class Left(ByPerson, frozen=True, kw_only=True):
    """Leave was pressed: the same as away, and one can come back."""


# People's decisions -----------------------------------------------------------------------------------------


class StartPressed(ByPerson, frozen=True, kw_only=True):
    """An early start, before T."""


class WaitKept(ByPerson, frozen=True, kw_only=True):
    """C3 no longer acts by itself before E."""


class MissedPressed(ByPerson, frozen=True, kw_only=True):
    """The teacher ended what *keep waiting* held open."""


class EndPressed(ByPerson, frozen=True, kw_only=True):
    """The teacher ended it, or a people manager or safeguarding (D9)."""

    because: Because | None = None
    pupil: SideId | None = None


class Flagged(ByPerson, frozen=True, kw_only=True):
    """D3: a message causes concern."""

    message: str
    pupil: SideId | None = None


class HookEnded(Event, frozen=True, kw_only=True):
    """The automatic hook ended it, because of this message and the side that wrote it."""

    message: str = ""
    pupil: SideId | None = None


class TeacherLeft(Event, frozen=True, kw_only=True):
    """A3: the teacher left the service."""

    by: Actor


class Explained(ByPerson, frozen=True, kw_only=True):
    """Why the teacher had ended it, or, with `pupil`, removed that one."""

    because: Because
    pupil: SideId | None = None


class Decided(ByPerson, frozen=True, kw_only=True):
    """C6, by the teacher or, later, the office."""

    choose: Choice
    pupil: SideId


class Removed(ByPerson, frozen=True, kw_only=True):
    """One pupil left for good: for them the teacher has ended the lesson."""

    pupil: SideId
    because: Because | None = None


class Warned(ByPerson, frozen=True, kw_only=True):
    """D1: a conduct warning on record."""

    reason: str
    pupil: SideId | None = None


class Overruled(ByPerson, frozen=True, kw_only=True):
    """O1: a named officer set the charge."""

    pupil: SideId
    charge: Charge
    reason: str


# Messages ---------------------------------------------------------------------------------------------------


class MessageSubmitted(ByPerson, frozen=True, kw_only=True):
    """Somebody wrote; text and salt stay beside the log."""

    message: str
    digest: str


class MessageJudged(Event, frozen=True, kw_only=True):
    """The review's answer."""

    message: str
    verdict: Verdict


class MessageDelivered(Event, frozen=True, kw_only=True):
    """Everyone in the room sees it from here on."""

    message: str


class MessageReleased(ByPerson, frozen=True, kw_only=True):
    """The teacher let a held message through."""

    message: str


class MessageDropped(Event, frozen=True, kw_only=True):
    """Not sent: nobody released it in time, the teacher said no, or it ended the lesson."""

    message: str
    why: Literal["expired", "withheld", "ended"]
    by: Actor | None = None
    """The teacher, where they said no."""
    action: str = ""


# What follows (derived, emitted when the watermark passes them) ---------------------------------------------


class Live(Event, frozen=True, kw_only=True):
    """A pupil's part is live."""

    pupil: SideId


class BackToStart(Event, frozen=True, kw_only=True):
    """Live, but lost before it had started: the start clocks go on as they stood."""

    pupil: SideId


class Started(Event, frozen=True, kw_only=True):
    """It was live for 60 s in total."""

    pupil: SideId


class Interrupted(Event, frozen=True, kw_only=True):
    """A started part lost a side, or the platform."""

    pupil: SideId


class Resumed(Event, frozen=True, kw_only=True):
    """It is live again, counted back to when both sides were ready first."""

    pupil: SideId
    interrupted_ms: int
    """All interrupted time of this pupil's lesson so far."""


class DecisionOpened(Event, frozen=True, kw_only=True):
    """C6 opens for the teacher and stays open until decided."""

    pupil: SideId


class Voided(Event, frozen=True, kw_only=True):
    """An action that was taken in, and that complete evidence refuses (it came after the true end)."""

    action: str
    person: str
    code: str


class Shut(Event, frozen=True, kw_only=True):
    """The room is shut: media stops, nobody comes back.

    ``at`` is when it acted; outcomes follow once evidence is complete.
    """

    rule: str
    by: Role | None = None
    """Who ended it; None where a clock or time did."""
    asks_why: bool = False
    """Its outcome waits for the teacher to say how it ended, as far as was known then."""


class PartEnded(Event, frozen=True, kw_only=True):
    """One pupil's part is over at ``at``, with this outcome."""

    pupil: SideId
    outcome: Outcome


class OutcomeChanged(Event, frozen=True, kw_only=True):
    """By a decision, an explanation, or an officer: appended, the old one stays."""

    pupil: SideId
    outcome: Outcome


class Ended(Event, frozen=True, kw_only=True):
    """The room's own end, settled: ``at`` is the true instant at which the rule took hold."""

    rule: str
    acted_at: int
    """When it could be known and was done; equals ``at`` unless evidence had to be awaited."""
