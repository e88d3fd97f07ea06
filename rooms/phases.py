"""The phases of one pupil's part of a lesson, as a table that can be checked against POLICY.md, C.

Theory of operation
-------------------
A lesson with several pupils is several *parts*, one a pupil; each has own phase, clocks, decision and outcome.
The room itself has no phase but *open* (some part is not over) and *closed* (every part is over).

A part moves by six causes, and by nothing else:

- ``BOTH_READY``  teacher and pupil side are ready and the platform is up (evidence, or an adult who checks in);
- ``TROUBLE``     one of these is no longer so, whoever's fault it is;
- ``HELD``        both have been ready for ``settle_ms`` in a row (and it is T or later, for the first time);
- ``PRESSED``     the teacher pressed *start* before T;
- ``LASTED``      it was live for ``started_after_ms`` in total: the lesson has *started*;
- ``TIME_UP``     it is E. (What ends a part before or after E ends it in every phase.)

Before it has started, trouble leads back to the start and its three clocks; afterwards to an interruption:

    STARTING <──> SETTLING ──> BEGUN ──> LIVE <──> INTERRUPTED <──> COMING_BACK ──> LIVE
        ^                        │         └─ E ──> RUNNING_ON ──> OVER
        └────── TROUBLE ─────────┘

In SETTLING and COMING_BACK time is not yet told apart: when they break it was clock or interruption, when
they hold it was nothing, or live. From E on nothing counts, so RUNNING_ON knows no trouble.
"""

from __future__ import annotations

import enum
from typing import Final


class Phase(enum.Enum):
    """Where one pupil's part stands."""

    STARTING = "starting"
    SETTLING = "settling"
    BEGUN = "begun"
    """Live, not yet *started*."""
    LIVE = "live"
    """Live, and started."""
    INTERRUPTED = "interrupted"
    COMING_BACK = "coming_back"
    """Both ready again within an interruption, for less than ``settle_ms``."""
    RUNNING_ON = "running_on"
    """Live at E: goes on until the room closes."""
    OVER = "over"


class Cause(enum.Enum):
    """What moves a part from one phase to another."""

    BOTH_READY = "both_ready"
    TROUBLE = "trouble"
    HELD = "held"
    PRESSED = "pressed"
    LASTED = "lasted"
    TIME_UP = "time_up"


LIVE_PHASES: Final = frozenset({Phase.BEGUN, Phase.LIVE, Phase.RUNNING_ON})

MOVES: Final[dict[tuple[Phase, Cause], Phase]] = {
    (Phase.STARTING, Cause.BOTH_READY): Phase.SETTLING,
    (Phase.STARTING, Cause.PRESSED): Phase.BEGUN,
    (Phase.SETTLING, Cause.PRESSED): Phase.BEGUN,
    (Phase.SETTLING, Cause.TROUBLE): Phase.STARTING,
    (Phase.SETTLING, Cause.HELD): Phase.BEGUN,
    (Phase.BEGUN, Cause.TROUBLE): Phase.STARTING,
    (Phase.BEGUN, Cause.LASTED): Phase.LIVE,
    (Phase.LIVE, Cause.TROUBLE): Phase.INTERRUPTED,
    (Phase.INTERRUPTED, Cause.BOTH_READY): Phase.COMING_BACK,
    (Phase.COMING_BACK, Cause.TROUBLE): Phase.INTERRUPTED,
    (Phase.COMING_BACK, Cause.HELD): Phase.LIVE,
    (Phase.STARTING, Cause.TIME_UP): Phase.OVER,
    (Phase.SETTLING, Cause.TIME_UP): Phase.OVER,
    (Phase.BEGUN, Cause.TIME_UP): Phase.OVER,
    (Phase.LIVE, Cause.TIME_UP): Phase.RUNNING_ON,
    (Phase.INTERRUPTED, Cause.TIME_UP): Phase.OVER,
    (Phase.COMING_BACK, Cause.TIME_UP): Phase.OVER,
}
"""Every move there is. A cause that is not listed for a phase changes nothing in it."""

MOVES_WITHOUT_A_CHARGE: Final = MOVES | {(Phase.BEGUN, Cause.TIME_UP): Phase.RUNNING_ON}
"""L1: in kinds without a charge every lesson that reaches E is held, and only one that is not live closes then."""
