"""How a room stands at an instant: what clocks and banners are drawn from. Never stored; computed by `Room.status`."""

from __future__ import annotations

from typing import Literal

import msgspec

from rooms.events import ClockName, Clocks, Outcome
from rooms.lesson import SideId

Phase = Literal["before", "starting", "settling", "live", "interrupted", "over"]
"""Of one pupil's part. ``before``: before T and not settling. ``starting``: a start clock runs. ``over``: it ended."""
AdultState = Literal["not_needed", "needed", "by_sight", "in", "out", "disputed"]
"""B1. ``by_sight``: came without the PIN, the teacher must confirm. ``out``: was in, and left."""


class PartStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One pupil's part of the lesson."""

    pupil: SideId
    phase: Phase
    clock: ClockName | None = None
    """The start clock that runs now; None while none does."""
    clocks: Clocks = Clocks()
    """As they stood at ``Status.now``; the running one goes on from there."""
    acts_at: int | None = None
    """When the running clock would act if nothing changes (after E: never). Unix ms."""
    settled_at: int | None = None
    """When settling, or coming back, is complete if it does not break. Unix ms."""
    live_ms: int = 0
    interrupted_ms: int = 0
    """Grows while ``phase`` is interrupted."""
    started: bool = False
    protected: bool = False
    kept_waiting: bool = False
    """The teacher keeps waiting, and it is this clock that is held back or will be."""
    decision: Literal["", "open", "teach_on"] = ""
    """C6."""
    owed_carry_over: int = 0
    """Minutes that *carry over* would owe now."""
    owed_teach_on: int = 0
    """Minutes that *teach on* would owe now."""
    adult: AdultState = "not_needed"
    adult_stays: bool = False
    """The adult is to be in the room for the whole lesson (12 and under)."""
    adult_name: str = ""
    paused: bool = False
    """B1: started, adult gone, 12 or under: the lesson pauses (no clock, no interruption)."""
    adult_asked_back: bool = False
    warned: str = ""
    """The latest conduct warning on record (D1)."""
    outcome: Outcome | None = None
    """Once settled."""


class SideStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What evidence says of one side, by the latest that is known."""

    side: SideId
    evidence: Literal["ready", "lost", "unknown"]
    """With the adult taken into account: a pupil side that is ready but for the adult is lost with reason ``adult``."""
    since: int
    """Onset, Unix ms."""
    reasons: tuple[str, ...] = ()
    here: bool = False
    """Somebody of that side has a device in the room."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The whole room at ``now``."""

    now: int
    platform_up: bool
    parts: tuple[PartStatus, ...]
    sides: tuple[SideStatus, ...]
    closes_at: int
    """When the room closes at the latest: E, or E + overrun while live, or the next booking."""
    shut: bool = False
    shut_at: int | None = None
    rule: str = ""
    """The room's rule once it is shut (provisional until ``settled``)."""
    settled: bool = False
    """Every outcome is final as far as evidence goes."""
    ended_by: str = ""
    """Role that ended it, or empty."""
    asks_why: bool = False
    """The teacher ended it under no rule, an outcome depends on why, and they have not said it."""
    may_explain: bool = False
    """A reason would still be taken, also where no outcome depends on it yet: D1 and D2 take the place of any."""
    asks_why_of: tuple[SideId, ...] = ()
    """The same of pupils whom the teacher removed."""
