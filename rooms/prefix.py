"""What a lesson's log has told so far, as far as showing the next event depends on it: a fold, like the room's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from rooms.events import (
    Decided,
    Departed,
    EndPressed,
    Entered,
    Event,
    Flagged,
    MessageJudged,
    MessageSubmitted,
    MissedPressed,
    Opened,
    PartEnded,
    Removed,
    Shut,
)
from rooms.lesson import Actor, Lesson, PersonId, SideId
from rooms.verdict import Ruling, Verdict

_HOLD: Final = Ruling.HOLD
Pressed = Literal["", "end", "flag", "decision", "missed"]
"""The teacher's latest press that can end a room."""
_PRESSED: dict[type[Event], Pressed] = {
    EndPressed: "end",
    Flagged: "flag",
    MissedPressed: "missed",
    Decided: "decision",
}


class Prefix:
    """The log before an event. `project` reads it; whoever numbers events applies each after showing it."""

    __slots__ = ("authors", "devices", "held", "lesson", "pressed", "removed", "rules", "shut")

    def __init__(self) -> None:
        self.lesson: Lesson | None = None
        self.authors: dict[str, Actor] = {}
        """Who wrote each message, by message id."""
        self.held: dict[str, Verdict] = {}
        """Messages that were held, whatever became of them."""
        self.devices: dict[SideId, dict[PersonId, int]] = {}
        """Who of each side is in, and the epoch of their device: an older one's departure is no news."""
        self.removed: set[SideId] = set()
        self.rules: dict[SideId, str] = {}
        """The rule that each part which is over ended under."""
        self.shut = False
        """Who still comes and goes is no news any more."""
        self.pressed: Pressed = ""

    def over(self, side: SideId | None) -> bool:
        """Whether that pupil side's part is over: they are shown no more than how it ended."""
        return side in self.removed or side in self.rules

    def apply(self, event: Event) -> None:
        """Take the next event of the log in. Looked up, not matched: most events of a log change nothing here."""
        take_in = _TAKING_IN.get(type(event))
        if take_in is not None:
            take_in(self, event)

    def arrives(self, event: Entered) -> bool:
        """Whether that side was empty before."""
        return not self.shut and not self.devices.get(event.by.side or "")

    def empties(self, event: Departed) -> bool:
        """Whether that side is empty after it."""
        return not self.shut and self.devices.get(event.by.side or "") == {event.by.person: event.epoch}

    def _moved(self, event: Entered | Departed) -> None:
        people = self.devices.setdefault(event.by.side or "", {})
        if isinstance(event, Entered):
            people[event.by.person] = event.epoch
        elif people.get(event.by.person) == event.epoch:
            del people[event.by.person]

    def _submitted(self, event: MessageSubmitted) -> None:
        self.authors[event.message] = event.by

    def _judged(self, event: MessageJudged) -> None:
        if event.verdict.ruling is _HOLD:
            self.held[event.message] = event.verdict

    def _press(self, event: EndPressed | Flagged | MissedPressed | Decided) -> None:
        self.pressed = _PRESSED[type(event)]

    def _removed(self, event: Removed) -> None:
        self.removed.add(event.pupil)

    def _parted(self, event: PartEnded) -> None:
        self.rules[event.pupil] = event.outcome.rule

    def _shuts(self, event: Shut) -> None:
        self.shut = True

    def _opened(self, event: Opened) -> None:
        self.lesson = event.lesson


_TAKING_IN: Final[dict[type[Event], Callable[[Prefix, Any], None]]] = {
    MessageSubmitted: Prefix._submitted,
    MessageJudged: Prefix._judged,
    Entered: Prefix._moved,
    Departed: Prefix._moved,
    **dict.fromkeys(_PRESSED, Prefix._press),
    Removed: Prefix._removed,
    PartEnded: Prefix._parted,
    Shut: Prefix._shuts,
    Opened: Prefix._opened,
}
PREFIX_EVENTS: Final = frozenset(_TAKING_IN)
"""To ask before `Prefix.apply` is called for nothing."""
