"""What came of one published stream and what is missing (RFC 3550, A.1, A.3 and A.8).

Sequence numbers are *extended* to integers that only rise. Every number between the first and the highest was either
taken or is in the list of the missing: so a packet that comes late is told from one that comes twice without keeping
the packets. The list is bounded; what falls out of it counts as lost for good.
"""

from __future__ import annotations

from typing import Final

from signalling.relay.rtcp import Block

AHEAD_MAX: Final = 3_000
"""RFC 3550's MAX_DROPOUT: 10 s of a full picture. A greater jump is taken only when the next packet confirms it."""
BEHIND_MAX: Final = 1_000
"""How far a packet may come late, for being told from a jump."""
MISSING_MAX: Final = 256
"""Kept as missing: half a second of a full picture. A hole beyond that is mended by the next keyframe."""
REORDER_S: Final = 0.02
"""A missing packet is asked for only after this: by then one that was overtaken has come."""
RETRY_S: Final = 0.1
"""Between two requests for one packet: over the round trip of nearly every line in the country."""
TRIES_MAX: Final = 5
"""Then it is given up: the picture has waited 0.5 s."""


class Reception:
    """One stream."""

    def __init__(self, clock_hz: int) -> None:
        self._clock_hz = clock_hz
        self.highest = -1
        """Extended sequence number; -1 before the first packet."""
        self.total = 0
        """Packets taken since the stream began."""
        self.restarts = 0
        """Jumps of the sequence that were taken: what follows belongs to another count."""
        self.due: float | None = None
        """When packets are to be asked for (again)."""
        self._base = 0
        self._received = 0
        self._jumped_to = -1
        self._missing: dict[int, tuple[int, float]] = {}
        self._jitter = 0.0
        self._transit: float | None = None
        self.timestamp = -1
        """The highest packet's."""
        self._expected_before = 0
        self._received_before = 0
        self._report = 0
        self._report_at = 0.0

    def take(self, sequence: int, timestamp: int, now: float) -> int:
        """Count a packet in: its extended sequence number, or -1 for one that is not to be forwarded.

        Not forwarded are duplicates, what comes too late, and the first packet of a jump.
        """
        highest = self.highest
        ahead = (sequence - highest) & 0xFFFF
        if ahead == 1 and highest >= 0:
            extended = highest + 1
        elif highest < 0:
            # One round above nought, so that what came before the first is never negative.
            self._base = extended = 0x1_0000 + sequence
        elif 0 < ahead < AHEAD_MAX:
            extended = highest + ahead
            self._miss(highest + 1, extended, now)
        elif ahead == 0 or ahead > 0x1_0000 - BEHIND_MAX:
            extended = highest - (-ahead & 0xFFFF)
            if self._missing.pop(extended, None) is None:
                return -1
            self._received += 1
            self.total += 1
            return extended
        elif sequence == self._jumped_to:
            extended = highest + ahead
            self._restart(extended)
        else:
            self._jumped_to = (sequence + 1) & 0xFFFF
            return -1
        self.highest = extended
        self._received += 1
        self.total += 1
        if timestamp != self.timestamp:
            self.timestamp = timestamp
            transit = now * self._clock_hz - timestamp
            if self._transit is not None:
                off = abs(transit - self._transit)
                if off < self._clock_hz * 10:  # else the timestamp wrapped or jumped
                    self._jitter += (off - self._jitter) / 16
            self._transit = transit
        return extended

    def _miss(self, start: int, end: int, now: float) -> None:
        due = now + REORDER_S
        for extended in range(max(start, end - MISSING_MAX), end):
            self._missing[extended] = (0, due)
        while len(self._missing) > MISSING_MAX:
            del self._missing[next(iter(self._missing))]
        if self.due is None:
            self.due = due

    def _restart(self, extended: int) -> None:
        self.restarts += 1
        self._base = extended
        self._received = self._expected_before = self._received_before = 0
        self._jumped_to = -1
        self._missing.clear()
        self._transit = None
        self.due = None

    def missing(self, now: float) -> list[int]:
        """Sequence numbers that are to be asked for now, in order. Each comes `TRIES_MAX` times at most."""
        if self.due is None or now < self.due:
            return []
        asked = []
        for extended, (tries, due) in list(self._missing.items()):
            if due > now:
                continue
            if tries == TRIES_MAX:
                del self._missing[extended]
                continue
            self._missing[extended] = (tries + 1, now + RETRY_S)
            asked.append(extended & 0xFFFF)
        self.due = min((due for _, due in self._missing.values()), default=None)
        return asked

    def reported(self, ntp: int, now: float) -> None:
        """The sender's report came: the next block names it."""
        self._report = ntp >> 16 & 0xFFFF_FFFF
        self._report_at = now

    def block(self, ssrc: int, now: float) -> Block:
        """This stream's block of the next receiver report; the fraction lost is that since the last."""
        expected = self.highest - self._base + 1
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self._received - self._received_before)
        self._expected_before, self._received_before = expected, self._received
        return Block(
            ssrc=ssrc,
            fraction_lost=min(255, (lost_now << 8) // expected_now) if expected_now > 0 and lost_now > 0 else 0,
            lost=expected - self._received,
            highest=self.highest - 0x1_0000,
            jitter=int(self._jitter),
            last_report=self._report,
            delay=int((now - self._report_at) * 0x1_0000) if self._report else 0,
        )
