"""Whether the store answers: the oldest append that has not come back, and from when time is the platform's."""

from __future__ import annotations

from collections.abc import Callable

from server.seat import CallLater, Handle

LOOK_S = 1.5
"""How often outstanding appends are looked at, seconds. One that was out at two looks in a row, so for this long at
least and twice this long at most, is a stall: a commit takes milliseconds, a checkpoint on a slow disk tenths. At most
the 3 s that a line may be silent before it is lost (C, settled): the service is judged like everybody else. A shorter
one would turn each hiccup of a disk into platform time and, with it, into 30 s in which nobody's clock runs."""


class StoreWatch:
    """Told of every request that goes out to the store and comes back. Shared by all rooms: they share the writer."""

    def __init__(self, call_later: CallLater, down: Callable[[int], None], up: Callable[[], None]) -> None:
        """``down(at)``: the store does not answer, since ``at`` (Unix ms); ``up()``: it answered again."""
        self._call_later = call_later
        self._down = down
        self._up = up
        self._out: dict[int, int] = {}
        self._next = 0
        self._seen = -1
        self._timer: Handle | None = None
        self.stalled_since: int | None = None
        """Unix ms, while the store does not answer."""

    def sent(self, at: int) -> int:
        """A request went out at ``at``; returns the token with which it comes back."""
        token = self._next
        self._next += 1
        self._out[token] = at
        if self._timer is None:
            self._arm()
        return token

    def back(self, token: int) -> None:
        """It was answered, whatever the answer."""
        self._out.pop(token, None)
        if self.stalled_since is not None and token <= self._seen:
            self.stalled_since = None
            self._arm()
            self._up()

    def complete_until(self, now: int) -> int:
        """Up to when the store is known to have been up: nothing may be judged later than this."""
        return min(now, min(self._out.values())) if self._out else now

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._seen = self._next - 1
        self._timer = self._call_later(LOOK_S, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._out:
            return
        if next(iter(self._out)) <= self._seen:
            if self.stalled_since is None:
                self.stalled_since = min(self._out.values())
                self._down(self.stalled_since)
            return  # `back` arms again
        self._arm()
