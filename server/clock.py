"""The policy clock: what rules are judged by. Wall time at start, then the monotonic clock, so that it never steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """What everything that needs the time is given."""

    def now_ms(self) -> int:
        """Unix milliseconds; never goes back."""
        ...


class SystemClock:
    """The real one. `jump` is for tests with real processes: the policy clock alone moves, sockets and tickets do not.

    Listeners hear of a jump so that evidence stays complete across it: what was heard a second ago still was.
    """

    def __init__(self) -> None:
        self._start_ms = time.time_ns() // 1_000_000 - time.monotonic_ns() // 1_000_000
        self._jumped_ms = 0
        self._listeners: list[Callable[[int], None]] = []

    def now_ms(self) -> int:
        """Unix milliseconds; never goes back."""
        return self._start_ms + time.monotonic_ns() // 1_000_000 + self._jumped_ms

    def wall_divergence_ms(self) -> int:
        """How far the machine's wall clock has moved away from this one (a suspend or a step): platform time."""
        return time.time_ns() // 1_000_000 + self._jumped_ms - self.now_ms()

    def jump(self, ms: int) -> None:
        """Move forward at once, and tell the listeners by how much."""
        if ms < 0:
            raise ValueError(f"a policy clock never goes back: {ms} ms")
        self._jumped_ms += ms
        for listener in self._listeners:
            listener(ms)

    def on_jump(self, listener: Callable[[int], None]) -> None:
        """Call ``listener(ms)`` after each jump."""
        self._listeners.append(listener)
