"""One heap of deadlines for all rooms, one timer. One that moved is passed over when it is met."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from server.clock import Clock
from server.seat import CallLater, Handle

FAR_S = 3_600.0
"""The timer is never set further ahead, seconds: a policy clock may run a little apart from the loop's in an hour."""
DUE_ROOMS = 10
"""Of these at a time, a millisecond or two, then messages have their turn: many lessons begin at the same full hour."""
STALE_PER_LIVE_MAX = 4
"""The heap is rebuilt when it holds this many entries for each that counts: memory stays bounded."""
STALE_FREE = 64
"""Below this size it is not worth rebuilding, entries."""


class Deadlines:
    """When to look at which room again, in the policy clock's milliseconds; at most one instant a room."""

    def __init__(self, clock: Clock, call_later: CallLater, due: Callable[[str], None]) -> None:
        """``due(lesson)`` is called once for each instant that came, and may set the next."""
        self._clock = clock
        self._call_later = call_later
        self._due = due
        self._heap: list[tuple[int, str]] = []
        self._at: dict[str, int] = {}
        self._timer: Handle | None = None
        self._timer_at: int | None = None

    def set(self, lesson: str, at: int | None) -> None:
        """Look at ``lesson`` at ``at`` and not before; None: not at all."""
        if at is None:
            self._at.pop(lesson, None)
            return
        if self._at.get(lesson) == at:
            return
        self._at[lesson] = at
        heapq.heappush(self._heap, (at, lesson))
        if len(self._heap) > STALE_FREE and len(self._heap) > STALE_PER_LIVE_MAX * len(self._at):
            self._heap = [(at, lesson) for lesson, at in self._at.items()]
            heapq.heapify(self._heap)
        if self._timer_at is None or at < self._timer_at:
            self._arm()

    def of(self, lesson: str) -> int | None:
        """When ``lesson`` is looked at again."""
        return self._at.get(lesson)

    def rearm(self) -> None:
        """The policy clock jumped: what is now due is due at once."""
        self._arm()

    def stop(self) -> None:
        """No room is looked at any more."""
        self._heap.clear()
        self._at.clear()
        self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._timer_at = None, None
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        if not self._heap:
            return
        self._timer_at = self._heap[0][0]
        wait_s = (self._timer_at - self._clock.now_ms()) / 1_000
        self._timer = self._call_later(min(max(wait_s, 0.0), FAR_S), self._fire)

    def _fire(self) -> None:
        self._timer, self._timer_at = None, None
        now = self._clock.now_ms()
        looked = 0
        while looked < DUE_ROOMS and self._heap and self._heap[0][0] <= now:
            at, lesson = heapq.heappop(self._heap)
            if self._at.get(lesson) == at:
                del self._at[lesson]
                self._due(lesson)
                looked += 1
        self._arm()  # at once, where more are due
