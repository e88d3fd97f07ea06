"""What somebody asks of a room, or the world reports to it. `Room.decide` answers each in every phase."""

from __future__ import annotations

from typing import Literal

import msgspec

from rooms.lesson import Actor, SideId
from rooms.verdict import Verdict

Evidence = Literal["ready", "lost", "unknown"]
"""What evidence says of a side (C)."""
Because = Literal["agreed", "conduct", "dress", "other"]
"""Why the teacher ended a lesson."""
Choice = Literal["abort", "carry_over", "teach_on"]
"""C6: what the teacher decides."""
Charge = Literal["charged", "not_charged"]


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="command", tag=True, gc=False):
    """The base of every command. Values without cycles: the garbage collector need not walk them (``gc=False``)."""


class Asked(Command, frozen=True, kw_only=True):
    """A person's action. The same ``action`` again from the same person is harmless: no second effect."""

    by: Actor
    action: str
    """The client's own id of this action."""


# What the world reports -------------------------------------------------------------------------------------


class SideIs(Command, frozen=True, kw_only=True):
    """Evidence's class of a side changed at ``at`` (its onset, not its detection)."""

    side: SideId
    evidence: Evidence
    at: int
    reasons: tuple[str, ...] = ()
    """Codes of `rooms.evidence.Reason`: away, line, media, camera, microphone, path, takeover."""


class PlatformIs(Command, frozen=True, kw_only=True):
    """The service itself went down or came up at ``at``."""

    up: bool
    at: int


class Tick(Command, frozen=True, kw_only=True):
    """Time passed: evidence of every side is complete up to ``complete_until`` (the watermark, never above now)."""

    complete_until: int


class Enter(Command, frozen=True, kw_only=True):
    """A device of a participant has a live control connection."""

    by: Actor
    device: str
    epoch: int
    """Counts this person's devices that took over; an older epoch's socket is fenced."""


class Depart(Command, frozen=True, kw_only=True):
    """That device's control connection is gone."""

    by: Actor
    device: str
    epoch: int


class TeacherLeaves(Command, frozen=True, kw_only=True):
    """A3: the teacher left the service."""

    by: Actor


# Messages ---------------------------------------------------------------------------------------------------


class Say(Asked, frozen=True, kw_only=True):
    """A chat message. Text and salt stay beside the log; the log keeps the digest."""

    message: str
    """A random id that the host made: it must not count."""
    digest: str
    """SHA-256 over salt and text, hexadecimal."""


class Judge(Command, frozen=True, kw_only=True):
    """The review's answer about a submitted message."""

    message: str
    verdict: Verdict


class Release(Asked, frozen=True, kw_only=True):
    """The teacher lets a held message of the pupil side through."""

    message: str


class Withhold(Asked, frozen=True, kw_only=True):
    """The teacher does not let a held message through."""

    message: str


class Flag(Asked, frozen=True, kw_only=True):
    """D3: a message causes concern: the lesson ends at once and a case opens."""

    message: str = ""
    pupil: SideId | None = None


# People's actions -------------------------------------------------------------------------------------------


class Start(Asked, frozen=True, kw_only=True):
    """Early start, before T, with every pupil whose side is ready."""


class KeepWaiting(Asked, frozen=True, kw_only=True):
    """C3 no longer acts by itself before E."""


class EndAsMissed(Asked, frozen=True, kw_only=True):
    """The teacher ends what *keep waiting* holds open."""


class End(Asked, frozen=True, kw_only=True):
    """One click. By the teacher (D1 and more), a people manager or safeguarding (D9)."""

    because: Because | None = None
    pupil: SideId | None = None
    """The lesson ends because of that one."""


class HookEnds(Command, frozen=True, kw_only=True):
    """The automatic hook ends the lesson (D3 settled), because of the pupil side or teacher who wrote."""

    pupil: SideId | None = None


class Explain(Asked, frozen=True, kw_only=True):
    """The reason of an `End` without one, given afterwards, once; with ``pupil``, of a `Remove`."""

    because: Because
    pupil: SideId | None = None


class Decide(Asked, frozen=True, kw_only=True):
    """C6."""

    choose: Choice
    pupil: SideId


class Remove(Asked, frozen=True, kw_only=True):
    """One pupil leaves for good: for them it is as if the teacher had ended the lesson."""

    pupil: SideId
    because: Because | None = None


class Warn(Asked, frozen=True, kw_only=True):
    """D1: a conduct warning on record, shown to the family."""

    reason: str = ""
    pupil: SideId | None = None


class Leave(Asked, frozen=True, kw_only=True):
    """A participant leaves: the same as away, and one can come back. While live it is no interruption."""


class CannotSee(Asked, frozen=True, kw_only=True):
    """*I can't see or hear them*: noted, asks for another path, changes no class by itself."""


class AdultIn(Asked, frozen=True, kw_only=True):
    """B1: the adult checks in, by PIN (the server checked it), or by name where the teacher must confirm by sight."""

    pupil: SideId
    name: str
    how: Literal["pin", "sight"] = "pin"


class AdultOut(Asked, frozen=True, kw_only=True):
    """The adult left: they say so, or the teacher marks it."""

    pupil: SideId


class AdultSeen(Asked, frozen=True, kw_only=True):
    """The answer to "Can you see the adult?". *No* contests the check-in; *yes* settles it, or confirms by sight."""

    pupil: SideId
    seen: bool


class CarryOn(Asked, frozen=True, kw_only=True):
    """The teacher goes on after the adult of a child of 12 or under had left a started lesson."""

    pupil: SideId


class Overrule(Asked, frozen=True, kw_only=True):
    """O1: a named officer overrules an outcome, by appending."""

    pupil: SideId
    charge: Charge
    reason: str


class DecideForOffice(Asked, frozen=True, kw_only=True):
    """C6 undecided after 2 working days: an administrator chooses."""

    choose: Choice
    pupil: SideId
