"""One thing that has to be proven again and again: a line that is heard, packets that come. C: what a loss is.

A loss is 3 s without proof, or more than a quarter of the last 20 s lost. It dates from the last proof.
"""

from __future__ import annotations

from typing import Final

LOSS_MS: Final = 3_000
"""C: this long without is a loss."""
WINDOW_MS: Final = 20_000
"""C: the stretch of which no more than a quarter may be lost."""
MISSED_MS_MAX: Final = WINDOW_MS // 4
CADENCE_MS: Final = 1_000
"""Beats and reports come once a second."""
GAP_MS: Final = 1_500
"""Between two proofs, less than this is jitter: a second, and half of one for a busy browser or a late packet."""
GAPS_KEPT_MAX: Final = WINDOW_MS // GAP_MS + 1
"""More gaps than this do not fit into the window."""
NEVER: Final = -(1 << 60)
"""Before every time there is, in milliseconds; far enough that adding a jump of the clock keeps it so."""


class Proof:
    """When something was last proven, and the short gaps before that. O(1) a sample, bounded."""

    __slots__ = ("_gaps", "ok")

    def __init__(self) -> None:
        self.ok = NEVER
        """The last proof, Unix ms."""
        self._gaps: list[tuple[int, int]] = []
        """At most `GAPS_KEPT_MAX`. A list: most have none, and each of a device's three empty deques was 0.6 kB."""

    @property
    def flapped(self) -> bool:
        """Whether there were short gaps lately: then a loss may come (and pass) at any moment."""
        return bool(self._gaps)

    def prove(self, now: int) -> None:
        """It works at ``now``. After a loss of 3 s the count of short gaps starts anew: that one was told."""
        gap = now - self.ok
        if gap > GAP_MS:
            if gap >= LOSS_MS:
                self._gaps.clear()
            else:
                self._gaps.append((self.ok + CADENCE_MS, now))
                del self._gaps[:-GAPS_KEPT_MAX]
        if gap > 0:
            self.ok = now

    def lost(self, now: int) -> bool:
        """Whether this is a loss at ``now``, if nothing more is known than now."""
        return now - self.ok >= LOSS_MS or self.patchy(now)

    def patchy(self, now: int) -> bool:
        """Whether more than a quarter of the last 20 s was lost in short gaps, the one that is open now included."""
        if not self._gaps:
            return False
        start = now - WINDOW_MS
        missed = sum(end - max(begin, start) for begin, end in self._gaps if end > start)
        open_gap = now - self.ok
        if open_gap > GAP_MS:
            missed += open_gap - CADENCE_MS
        return missed > MISSED_MS_MAX

    def restart(self, now: int) -> None:
        """Begin anew at ``now``, as proven: after time in which nothing could have been heard."""
        self._gaps.clear()
        self.ok = now

    def shift(self, ms: int) -> None:
        """The clock jumped forward."""
        self.ok += ms
        self._gaps = [(begin + ms, end + ms) for begin, end in self._gaps]
