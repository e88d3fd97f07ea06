"""What a side sends: sound and picture as packets in time, small as a leg's or full as a lesson's own."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["audio", "video"]

PAYLOAD_TYPES: dict[Kind, int] = {"audio": 111, "video": 96}
SOUND_S = 0.02
"""One Opus packet."""
CYCLE_S = 2.0
"""From keyframe to keyframe; everything repeats after it."""
PACKET_BYTES_MAX = 1_100
"""Of a picture: what Chromium's packets come to."""
STAMP = struct.Struct("!Q")
"""At the start of each sound's payload: when it was sent, ns."""
_NTP_1970 = 2_208_988_800
_KEYFRAME = b"\x90\x80\x80\x01\x10\x02\x00\x9d\x01\x2a\x40\x01\xb4\x00"
_PICTURE = b"\x90\x80\x80\x01\x11\x02\x00"
_MORE = b"\x80\x80\x80\x01"


def is_rtcp(datagram: bytes) -> bool:
    """Tell RTCP from RTP, sealed or plain."""
    return 192 <= datagram[1] <= 223


@dataclass(frozen=True)
class Quality:
    """How much one side sends."""

    name: str
    sound_bytes: int
    pictures_s: int
    picture_bytes_s: int
    keyframe_bytes: int


LEG = Quality("a leg: 15 pictures/s, 200 kbit/s; speech, 32 kbit/s", 80, 15, 25_000, 10_000)
"""As `web/media/publishing.ts` bounds it."""
FULL = Quality("full: 30 pictures/s, 1,500 kbit/s; sound, 64 kbit/s", 160, 30, 187_500, 40_000)
"""A lesson between two browsers on a good line."""


class Packet(NamedTuple):
    """One of a cycle."""

    at: float
    """Since the cycle's begin, s."""
    kind: Kind
    ticks: int
    """RTP time since the cycle's begin."""
    last: bool
    body: bytes


def cycle(quality: Quality) -> list[Packet]:
    """All packets of `CYCLE_S`, in order of time."""
    noise = random.Random(1).randbytes
    out = [
        Packet(number * SOUND_S, "audio", number * 960, False, noise(quality.sound_bytes))
        for number in range(round(CYCLE_S / SOUND_S))
    ]
    pictures = round(CYCLE_S * quality.pictures_s)
    each = round((CYCLE_S * quality.picture_bytes_s - quality.keyframe_bytes) / (pictures - 1))
    for number in range(pictures):
        size = each if number else quality.keyframe_bytes
        at, ticks = number / quality.pictures_s, round(number * 90_000 / quality.pictures_s)
        parts = -(-size // PACKET_BYTES_MAX)
        for part in range(parts):
            head = _MORE if part else _PICTURE if number else _KEYFRAME
            out.append(Packet(at, "video", ticks, part == parts - 1, head + noise(size // parts - len(head))))
    return sorted(out, key=lambda packet: packet.at)


class Film:
    """One publisher's packets without an end: numbers, timestamps, SSRCs of its own."""

    def __init__(self, packets: list[Packet], ssrcs: dict[Kind, int], begins: float) -> None:
        self._packets, self._ssrcs = packets, ssrcs
        self._sequence: dict[Kind, int] = {"audio": 0, "video": 0}
        self._sent: dict[Kind, int] = {"audio": 0, "video": 0}
        self._octets: dict[Kind, int] = {"audio": 0, "video": 0}
        self._stamp: dict[Kind, int] = {"audio": 0, "video": 0}
        self._begins = begins
        self._all = self._endless()
        self.due, self._next = next(self._all)
        """When the next packet is to be sent."""

    def take(self, now_ns: int) -> bytes:
        """The next packet, plain; a sound carries when it left."""
        sequence, stamp, packet = self._next
        kind = packet.kind
        body = packet.body
        if kind == "audio":
            body = STAMP.pack(now_ns) + body[STAMP.size :]
        self._sent[kind] += 1
        self._octets[kind] += len(body)
        self._stamp[kind] = stamp
        self.due, self._next = next(self._all)
        second = PAYLOAD_TYPES[kind] | (0x80 if packet.last else 0)
        return struct.pack("!BBHLL", 0x80, second, sequence, stamp, self._ssrcs[kind]) + body

    def reports(self, wall_s: float) -> list[bytes]:
        """A sender report and a name for each stream."""
        ntp = int((wall_s + _NTP_1970) * (1 << 32))
        out = []
        for kind, ssrc in self._ssrcs.items():
            head = struct.pack("!BBHL", 0x80, 200, 6, ssrc)
            body = struct.pack("!QLLL", ntp, self._stamp[kind], self._sent[kind], self._octets[kind])
            out.append(head + body + struct.pack("!BBHLBB9sB", 0x81, 202, 4, ssrc, 1, 9, b"benchmark", 0))
        return out

    def put_off(self, by: float) -> None:
        """All that is still to come comes later: the machine has no time for it now."""
        self._begins += by
        self.due += by

    def _endless(self) -> Iterator[tuple[float, tuple[int, int, Packet]]]:
        sequence: dict[Kind, int] = {"audio": 1, "video": 1}
        hertz: dict[Kind, int] = {"audio": 48_000, "video": 90_000}
        turn = 0
        while True:
            for packet in self._packets:
                kind = packet.kind
                stamp = (round(turn * CYCLE_S * hertz[kind]) + packet.ticks) & 0xFFFF_FFFF
                yield self._begins + turn * CYCLE_S + packet.at, (sequence[kind] & 0xFFFF, stamp, packet)
                sequence[kind] += 1
            turn += 1


def receiver_report(reporter: int) -> bytes:
    """Of nobody's stream: what keeps a receiver's end alive costs one packet a second."""
    return struct.pack("!BBHL", 0x80, 201, 1, reporter)
