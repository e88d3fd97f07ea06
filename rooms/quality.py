"""Whether a connection is weak: shown in words, on no clock. Worse after 3 s, better after 10 s (PAGES.md)."""

from __future__ import annotations

from typing import Final

import msgspec

LOST_PERMILLE_WEAK: Final = 50
"""Above 5 % of packets lost speech begins to break up."""
RTT_MS_WEAK: Final = 400
"""Above this two people talk over one another (ITU-T G.114 gives 400 ms as the limit for planning)."""
KBPS_OUT_WEAK: Final = 250
"""Below this there is no picture worth having beside the sound. 0 means: the browser does not say."""
WORSE_AFTER_MS: Final = 3_000
BETTER_AFTER_MS: Final = 10_000


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One second as a browser reports it, from getStats. It speaks only of its own devices, sending and receiving."""

    camera: str
    """``on off blocked missing in_use ended``; ``off`` is the person's own choice, the others are the device's."""
    microphone: str
    sent: int
    """RTP packets sent so far, audio and video, to all its peers."""
    received: int
    """RTP packets received so far, from all its peers."""
    frames: int = 0
    """Frames decoded so far."""
    lost_permille: int = 0
    """Of what it sent in the last second, as the far end says."""
    rtt_ms: int = 0
    kbps_out: int = 0
    """What congestion control allows it to send; 0 where the browser does not say."""
    connected: bool = False
    """Its peer connection is *connected*."""


class Quality:
    """One device's connection, with hysteresis."""

    __slots__ = ("_seen", "_since", "weak")

    def __init__(self) -> None:
        self.weak = False
        self._seen = False
        self._since = 0

    def sample(self, sample: Sample, now: int) -> None:
        """Take in one second."""
        bad = (
            sample.lost_permille > LOST_PERMILLE_WEAK
            or sample.rtt_ms > RTT_MS_WEAK
            or 0 < sample.kbps_out < KBPS_OUT_WEAK
        )
        if bad == self.weak and bad == self._seen:
            return
        if bad != self._seen:
            self._seen = bad
            self._since = now
        if bad != self.weak and now - self._since >= (WORSE_AFTER_MS if bad else BETTER_AFTER_MS):
            self.weak = bad

    def shift(self, ms: int) -> None:
        """The clock jumped forward."""
        self._since += ms
