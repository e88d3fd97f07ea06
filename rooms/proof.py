"""One thing that has to be proven again and again: a line that is heard, packets that come. C: what a loss is.

A loss is 3 s without proof, or more than a quarter of the last 20 s lost. It dates from the last proof. Silence
overstates it, as proofs come once a second and over TCP: so a loss is told only once it is certain (`SILENT_MS`).
"""

from __future__ import annotations

from typing import Final

LOSS_MS: Final = 3_000
"""C: this long without is a loss."""
SILENT_MS: Final = LOSS_MS + 1_500
"""Silence for so long is a loss of 3 s for certain. After a cut of 2 s the first beat arrives up to 3.0 s after it was
sent (TCP tries again after 0.2, 0.6, 1.4 and 3.0 s), and so 4.0 s after the one before it, or 4.25 s where that was
early: Wi-Fi that goes for 2 s is to be noticed by nobody."""
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
FOREVER: Final = -NEVER
"""After every time there is: what will not come by itself."""


class Proof:
    """When something was last proven, and the short gaps before that. O(1) a sample, bounded."""

    __slots__ = ("gaps", "ok")

    def __init__(self) -> None:
        self.ok = NEVER
        """The last proof, Unix ms."""
        self.gaps: list[tuple[int, int]] = []
        """At most `GAPS_KEPT_MAX`, the latest last; what the window has left behind counts for nothing. A list: most
        have none, and each of a device's three empty deques was 0.6 kB."""

    def prove(self, now: int) -> None:
        """It works at ``now``. After a loss that was told the count of short gaps starts anew: that one was told."""
        gap = now - self.ok
        if gap > GAP_MS:
            if gap >= SILENT_MS:
                self.gaps.clear()
            else:
                self.gaps.append((self.ok + CADENCE_MS, now))
                del self.gaps[:-GAPS_KEPT_MAX]
        if gap > 0:
            self.ok = now

    def lost(self, now: int) -> bool:
        """Whether this is a loss at ``now``, if nothing more is known than now."""
        return now - self.ok >= SILENT_MS or self.patchy(now)

    def patchy(self, now: int) -> bool:
        """Whether more than a quarter of the last 20 s was lost in short gaps, the one that is open now included."""
        if not self.gaps:
            return False
        missed = self._missed(now)
        open_gap = now - self.ok
        if open_gap > GAP_MS:
            missed += open_gap - CADENCE_MS
        return missed > MISSED_MS_MAX

    def patchy_from(self, now: int) -> int:
        """Before this, time alone does not make it `patchy`; ``now`` where it is, and may cease to be at any moment."""
        if self.patchy(now):
            return now
        # As the window moves on, what was missed before only becomes less: it is the gap now open that could do it.
        return self.ok + max(GAP_MS, CADENCE_MS + MISSED_MS_MAX - self._missed(now)) + 1

    def _missed(self, now: int) -> int:
        """How much of the window the short gaps that have closed come to."""
        start = now - WINDOW_MS
        missed = 0
        for begin, end in reversed(self.gaps):
            if end <= start:
                break
            missed += end - (begin if begin > start else start)
        return missed

    def restart(self, now: int) -> None:
        """Begin anew at ``now``, as proven: after time in which nothing could have been heard."""
        self.gaps.clear()
        self.ok = now

    def shift(self, ms: int) -> None:
        """The clock jumped forward."""
        self.ok += ms
        self.gaps = [(begin + ms, end + ms) for begin, end in self.gaps]
