"""What one side may spend on its picture towards another, through the relay: lowered on loss, raised by and by.

The relay tells a sender a fixed bound and passes nothing on of how its receivers fare. So the receiver's page reports
what it loses, and the sender's page is told what to send. It is the picture's alone: sound keeps its bit rate, and
picture gives way before sound (T2).
"""

from __future__ import annotations

from typing import Final

import msgspec

KBPS_MAX: Final = 2_500
"""What Chromium sends a camera of 1280 by 720 with at most, and the relay's own bound for a leg, kbit/s."""
KBPS_FIRST: Final = 1_500
"""Fits a 2 Mbit/s line (T2) beside sound in music's quality, and headers."""
KBPS_MIN: Final = 100
"""Still a picture, of a few frames a second."""
LOST_PERMILLE_HIGH: Final = 100
LOST_PERMILLE_LOW: Final = 20
"""More than 10 % lost: less is sent. Under 2 %: more. As browsers' own control has it (draft-ietf-rmcat-gcc-02, 6)."""
LOWER: Final = 0.7
RAISE: Final = 1.25
RAISE_EVERY_MS: Final = 5_000
"""A step up has to prove itself for so long; from the first to the most takes three."""
LOWER_EVERY_MS: Final = 2_000
"""A step down takes a round trip to take effect, and a second until that is reported."""


class PictureRate(msgspec.Struct):
    """One direction of one pair. ``now`` is the policy clock's, Unix ms."""

    kbps: int = KBPS_FIRST
    changed_at: int = 0
    """When it last changed, or was last too lossy to be raised."""

    def begin(self, now: int) -> None:
        """Media begins to go through the relay."""
        self.kbps = KBPS_FIRST
        self.changed_at = now

    def lost(self, permille: int, now: int) -> None:
        """The receiver's last second: so much of what was to come through the relay was lost."""
        since = now - self.changed_at
        if permille > LOST_PERMILLE_HIGH:
            if since >= LOWER_EVERY_MS:
                self.kbps = max(KBPS_MIN, int(self.kbps * LOWER))
                self.changed_at = now
        elif permille >= LOST_PERMILLE_LOW:
            self.changed_at = max(self.changed_at, now - LOWER_EVERY_MS)
        elif since >= RAISE_EVERY_MS and self.kbps < KBPS_MAX:
            self.kbps = min(KBPS_MAX, int(self.kbps * RAISE))
            self.changed_at = now

    def shift(self, ms: int) -> None:
        """The clock jumped forward."""
        self.changed_at += ms
