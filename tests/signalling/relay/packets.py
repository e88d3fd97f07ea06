"""Plain packets as a browser makes them, for tests; and how an observer reads what it is sent."""

from __future__ import annotations

import struct
from typing import NamedTuple

from signalling.relay.streams import Published, Stream, Subscription

VIDEO, AUDIO = 0x1111_1111, 0x2222_2222
"""A publisher's SSRCs."""
VP8, OPUS = 96, 111
FRAME = 6_000
"""RTP clock ticks of a picture at 15 fps."""


def rtp(
    sequence: int, timestamp: int, body: bytes, ssrc: int = VIDEO, payload_type: int = VP8, marker: int = 0
) -> bytes:
    return (
        struct.pack("!BBHLL", 0x80, marker << 7 | payload_type, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, ssrc) + body
    )


def sound(sequence: int, timestamp: int, body: bytes = b"opus", ssrc: int = AUDIO) -> bytes:
    return rtp(sequence, timestamp, body, ssrc, OPUS)


def key(text: bytes = b"") -> bytes:
    """The first packet of a keyframe: a 15-bit picture id, as Chromium writes it."""
    return b"\x90\x80\x81\x23" + b"\x10\x02\x00\x9d\x01\x2a" + text


def delta(text: bytes = b"") -> bytes:
    """The first packet of any other picture."""
    return b"\x90\x80\x81\x24" + b"\x11\x02\x00" + text


def more(text: bytes = b"") -> bytes:
    """A picture's second or later packet."""
    return b"\x80\x80\x81\x24" + text


def published(video: int = VIDEO, audio: int = AUDIO) -> Published:
    return Published(
        streams=(
            Stream(kind="audio", ssrc=audio, payload_type=OPUS),
            Stream(kind="video", ssrc=video, payload_type=VP8),
        )
    )


def subscribed(side: str = "teacher", base: int = 0x0A00_0000) -> tuple[Subscription, Subscription]:
    return (
        Subscription(side=side, kind="audio", ssrc=base + 1, payload_type=109),
        Subscription(side=side, kind="video", ssrc=base + 2, payload_type=120),
    )


class Seen(NamedTuple):
    """An RTP packet as an observer reads it."""

    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    body: bytes


def seen(packet: bytes) -> Seen:
    first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHLL", packet)
    assert first & 0xDF == 0x80, "no extension, no CSRC"
    return Seen(bool(second & 0x80), second & 0x7F, sequence, timestamp, ssrc, packet[12:])
