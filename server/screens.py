"""What decided events mean for screens before the disk has them: what may be told, and whether anything moves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rooms.events import (
    AdultAskedBack,
    BackToStart,
    DecisionOpened,
    Departed,
    Entered,
    Event,
    EvidenceChanged,
    Interrupted,
    Live,
    MessageDelivered,
    MessageDropped,
    MessageJudged,
    MessageSubmitted,
    PlatformChanged,
    Resumed,
    Started,
)
from rooms.verdict import Ruling

QUIET: Final[frozenset[type[Event]]] = frozenset({
    EvidenceChanged, PlatformChanged, Entered, Departed,
    MessageSubmitted, MessageJudged, MessageDelivered, MessageDropped,
    Live, BackToStart, Started, Interrupted, Resumed, AdultAskedBack, DecisionOpened,
})  # fmt: skip
"""What a status may show before it is durable: it is drawn from what is known now, never stored, and decides nothing.
All else, and an ending above all, is on nobody's screen before the disk has it."""
_ALLOWED: Final = Ruling.ALLOW
"""By a name of its own: to read it from its class costs as much as a call, here once a message."""


def tells(events: Iterable[Event]) -> bool:
    """Whether some of it may be on nobody's screen before it is durable."""
    return any(type(event) not in QUIET for event in events)


def only_chat(events: Iterable[Event]) -> bool:
    """Delivered chat moves no clock and no deadline: most messages are this, so they cost no second look."""
    for event in events:
        if type(event) is MessageJudged:
            if event.verdict.ruling is not _ALLOWED:
                return False
        elif type(event) is not MessageSubmitted and type(event) is not MessageDelivered:
            return False
    return True
