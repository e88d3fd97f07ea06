"""One stream as one observer is sent it: SSRC, sequence numbers and timestamps of the relay's own.

Theory of operation
===================
A rewrite is *anchored* at a packet of what is published: from there on, number and timestamp are those of the publisher
plus a constant. So holes stay holes, which the observer's decoder must know of, and lip sync holds. When the publisher
begins anew (a reload, a new SSRC, a jump of its numbers), the rewrite is anchored anew behind all that it has sent: the
next number, and a timestamp later by the time that passed.

A picture is anchored only at a keyframe's first packet: a newcomer's at the last one that the cache has, and all that
follows it there goes out at once, with the times at which it was made. Chromium plays such a volley as fast as it comes
and does not lag behind it afterwards (measured), so that nothing is done about the times.

What a number stands for never changes: a packet that is asked for again is, byte for byte, the one that was sent. This
is not only tidy: SRTP under one number with two contents would give away the key stream (RFC 3711, 9.1).
"""

from __future__ import annotations

from typing import Final

from signalling.relay.rtcp import description, sender_report
from signalling.relay.rtp import HEADER, Received
from signalling.relay.streams import CLOCK_HZ, CNAME, Subscription

_STEP_S: Final = 0.02
"""Least time between the last packet before an anchor and the first behind it: one Opus frame."""


class Rewrite:
    """The way of one subscription."""

    def __init__(self, subscription: Subscription, sequence: int, timestamp: int) -> None:
        """Begin without an anchor.

        Args:
            subscription: What the observer's answer says.
            sequence: Of the first packet: below 32,768, because a receiver that missed the first ones could not tell
                an early wrap from none (RFC 3711, 3.3.1).
            timestamp: Of the first packet.
        """
        self.subscription = subscription
        self.anchored = False
        self.packets = 0
        self.octets = 0
        self._payload_type = subscription.payload_type
        self._description = description(subscription.ssrc, f"{CNAME}-{subscription.side}")
        self._ssrc = subscription.ssrc
        self._clock_hz = CLOCK_HZ[subscription.kind]
        self._start = 0
        self._sequence_by = 0
        self._timestamp_by = 0
        self._top = -1
        self._next_sequence = sequence
        self._top_timestamp = timestamp
        self._top_at: float | None = None

    def lift(self) -> None:
        """The publisher is gone or begins anew: nothing passes until there is a new anchor."""
        self.anchored = False

    def anchor(self, extended: int, timestamp: int, now: float) -> None:
        """From this packet on; it becomes the next that the observer is sent."""
        after = self._top_timestamp
        if self._top_at is not None:
            after += int(max(_STEP_S, now - self._top_at) * self._clock_hz)
        self._sequence_by = self._next_sequence - extended
        self._timestamp_by = after - timestamp
        self._start = extended
        self._top = extended - 1
        self.anchored = True

    def packet(self, extended: int, came: Received, now: float) -> bytes | None:
        """The packet as it is sent; None for one from before the anchor."""
        if extended < self._start:
            return None
        first, marker, _, _, timestamp, body = came
        out_timestamp = (timestamp + self._timestamp_by) & 0xFFFF_FFFF
        if extended > self._top:
            self._top = extended
            self._next_sequence = (extended + self._sequence_by + 1) & 0xFFFF
            self._top_timestamp = out_timestamp
            self._top_at = now
        self.packets += 1
        self.octets += len(body)
        return (
            HEADER.pack(
                first,
                marker | self._payload_type,
                (extended + self._sequence_by) & 0xFFFF,
                out_timestamp,
                self._ssrc,
            )
            + body
        )

    def asked(self, sequence: int) -> int:
        """The extended sequence number that the observer knows by this one; -1 for one that it was not sent."""
        extended = self._top - ((self._top + self._sequence_by - sequence) & 0xFFFF)
        return extended if self.anchored and extended >= self._start else -1

    def report(self, ntp: int, timestamp: int) -> bytes:
        """A sender's report and description: the wall time given, of the publisher's timestamp given."""
        mapped = (timestamp + self._timestamp_by) & 0xFFFF_FFFF
        return sender_report(self._ssrc, ntp, mapped, self.packets, self.octets) + self._description
