"""An event loop whose selector advances time instead of waiting, and raises when nothing can ever happen."""

from __future__ import annotations

import asyncio
import heapq
import selectors
from collections.abc import Mapping


class NothingCanHappen(RuntimeError):
    """No callback is ready and no timer is set: whatever is awaited will never come."""


class _SkippingSelector(selectors.BaseSelector):
    """Knows of sockets only the loop's own wake-up pipe, which in one thread never rings."""

    def __init__(self) -> None:
        self._registered: dict[int, selectors.SelectorKey] = {}
        self.now_s = 0.0

    def register(self, fileobj, events, data=None):
        descriptor = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        key = selectors.SelectorKey(fileobj, descriptor, events, data)
        self._registered[descriptor] = key
        return key

    def unregister(self, fileobj):
        return self._registered.pop(fileobj if isinstance(fileobj, int) else fileobj.fileno())

    def modify(self, fileobj, events, data=None):
        return self.register(fileobj, events, data)

    def select(self, timeout: float | None = None):
        if timeout is None:
            raise NothingCanHappen("nothing is ready and no timer is set: what is awaited will never come")
        if timeout > 0:
            self.now_s += timeout
        return []

    def close(self) -> None:
        self._registered.clear()

    def get_map(self) -> Mapping:
        return self._registered


class _Timer(asyncio.TimerHandle):
    """Two timers of one instant fire in the order in which they were set: a heap alone would not promise it."""

    __slots__ = ("number",)

    def __lt__(self, other: _Timer) -> bool:
        return (self._when, self.number) < (other._when, other.number)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Hours pass in the time that their callbacks take. One thread, no sockets, no processes."""

    def __init__(self) -> None:
        self._timers_set = 0
        self._skipping = _SkippingSelector()
        super().__init__(self._skipping)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._skipping.now_s

    def call_at(self, when, callback, *args, context=None):
        timer = _Timer(when, callback, args, self, context)
        self._timers_set += 1
        timer.number = self._timers_set
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer


class LoopClock:
    """The policy clock of a virtual loop: Unix milliseconds that pass with it; `jump` moves it alone."""

    def __init__(self, loop: asyncio.AbstractEventLoop, start_ms: int) -> None:
        self._loop = loop
        self._start_ms = start_ms
        self._listeners: list = []
        self.divergence_ms = 0

    def now_ms(self) -> int:
        # Timers fire a hair early in floating point: round, so that a timer set for an instant sees that instant.
        return self._start_ms + round(self._loop.time() * 1_000)

    def wall_divergence_ms(self) -> int:
        return self.divergence_ms

    def jump(self, ms: int) -> None:
        self._start_ms += ms
        for listener in self._listeners:
            listener(ms)

    def on_jump(self, listener) -> None:
        self._listeners.append(listener)

    def forget_listeners(self) -> None:
        """Those who listened are gone (a process that crashed)."""
        self._listeners.clear()
