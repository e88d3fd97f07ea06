"""Time that is the platform's own: the store does not answer, the process was down, the machine slept (C)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rooms.commands import PlatformIs
from server.house import PolicyClock
from server.live_room import LiveRoom
from server.work import fact


class PlatformTime:
    """Tells every unfinished room when the platform went down and came up, before anything due is looked at."""

    def __init__(self, clock: PolicyClock, rooms: Callable[[], Iterable[LiveRoom]]) -> None:
        self._clock = clock
        self._rooms = rooms

    def _tell(self, *, up: bool, at: int) -> None:
        for live in self._rooms():
            if not live.halted:
                live.submit(fact(PlatformIs(up=up, at=at)))

    def store_down(self, at: int) -> None:
        """The store has not answered since ``at``. What is told waits with the rest until it does."""
        self._tell(up=False, at=at)

    def store_up(self) -> None:
        """It answers again."""
        self._tell(up=True, at=self._clock.now_ms())

    def slept(self, ms: int) -> None:
        """The machine was away for ``ms`` that this clock did not see: the time passed, and was nobody's."""
        self._tell(up=False, at=self._clock.now_ms())
        self._clock.jump(ms)
        now = self._clock.now_ms()
        for live in self._rooms():
            live.evidence.resumed_platform(now)
            live.hear_evidence(now)
        self._tell(up=True, at=now)

    def stopping(self) -> None:
        """From here on until the next start the platform is down."""
        self._tell(up=False, at=self._clock.now_ms())
