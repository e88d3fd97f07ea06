"""The last seconds of one published picture, for what an observer missed and for whoever comes anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from signalling.relay.rtp import Received

PACKETS_MAX: Final = 1_024
"""Two seconds between keyframes at 2.5 Mbit/s are 520 packets of 1,200 bytes; a leg's usual 200 kbit/s are 60."""
BYTES_MAX: Final = 1_250_000
"""Payload of one stream: the same two seconds twice. Usually 125 kB, five seconds of a leg's 200 kbit/s."""
AGE_S_MAX: Final = 5.0
"""Older ones no observer asks for again, and a picture older than that is no beginning for anybody."""


class Cache:
    """Packets by extended sequence number. Bounded in packets, bytes and age; the oldest arrival goes first."""

    def __init__(self) -> None:
        self._packets: dict[int, Received] = {}
        self._arrivals: deque[tuple[int, float]] = deque()
        self._bytes = 0
        self._keyframe = -1
        self._highest = -1

    def put(self, extended: int, packet: Received, now: float, *, keyframe: bool) -> None:
        """Keep a packet that is not yet in."""
        self._packets[extended] = packet
        self._arrivals.append((extended, now))
        self._bytes += len(packet.body)
        if keyframe and extended > self._keyframe:
            self._keyframe = extended
        if extended > self._highest:
            self._highest = extended
        if now - self._arrivals[0][1] > AGE_S_MAX:
            self.trim(now)
        if len(self._arrivals) > PACKETS_MAX or self._bytes > BYTES_MAX:
            self._drop()

    def get(self, extended: int) -> Received | None:
        """A packet, or None if it never came or is no longer kept."""
        return self._packets.get(extended)

    def trim(self, now: float) -> None:
        """Let go of what is too old."""
        while self._arrivals and now - self._arrivals[0][1] > AGE_S_MAX:
            self._drop()

    def from_keyframe(self) -> Iterator[tuple[int, Received]]:
        """What is there from the last keyframe's first packet on, in order; nothing if that packet is not kept."""
        if self._keyframe not in self._packets:
            return
        for extended in range(self._keyframe, self._highest + 1):
            found = self._packets.get(extended)
            if found is not None:
                yield extended, found

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def size(self) -> int:
        """Payload kept, in bytes."""
        return self._bytes

    def _drop(self) -> None:
        oldest = self._packets.pop(self._arrivals.popleft()[0])
        self._bytes -= len(oldest.body)
