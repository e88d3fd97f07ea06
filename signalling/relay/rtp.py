"""RTP headers read and written, and as much of VP8 as says where a picture begins. Nothing here decodes media.

What is forwarded is the payload under a header of the relay's own (RFC 3550, 5.1). CSRCs and header extensions
(RFC 8285) are left behind: none was settled with anybody, so nobody could read them rightly.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

PACKET_BYTES_MAX: Final = 1_356
"""What `srtp` can seal again; browsers send at most 1,200 bytes, so that no network has to cut a packet."""
HEADER_BYTES: Final = 12
HEADER: Final = struct.Struct("!BBHLL")
"""Version, padding, extension, CSRC count · marker and payload type · sequence · timestamp · SSRC."""
_START_CODE: Final = b"\x9d\x01\x2a"
"""Of every VP8 keyframe, after its three-byte frame tag (RFC 6386, 9.1)."""


class Received(NamedTuple):
    """A packet as its sender wrote it."""

    first: int
    """The first byte to send it on with: version and padding bit, no extension, no CSRC."""
    marker: int
    """0x80 or 0, in its place in the second byte."""
    payload_type: int
    sequence: int
    timestamp: int
    body: bytes
    """Payload, with its padding."""


def parse(packet: bytes) -> Received | None:
    """Read a packet; None for one that is malformed or longer than `PACKET_BYTES_MAX`. Never raises."""
    size = len(packet)
    if not HEADER_BYTES <= size <= PACKET_BYTES_MAX:
        return None
    first, second, sequence, timestamp, _ = HEADER.unpack_from(packet)
    start = HEADER_BYTES
    if first != 0x80:
        if first & 0xC0 != 0x80:
            return None
        start += 4 * (first & 15)
        if first & 0x10:
            if start + 4 > size:
                return None
            start += 4 + 4 * (packet[start + 2] << 8 | packet[start + 3])
        if start > size:
            return None
        if first & 0x20 and not 0 < packet[-1] <= size - start:
            return None
        first = 0x80 | first & 0x20
    return Received(first, second & 0x80, second & 0x7F, sequence, timestamp, packet[start:])


def starts_keyframe(body: bytes) -> bool:
    """Whether a VP8 payload is the first packet of a keyframe (RFC 7741, 4.2 and 4.3)."""
    at = _picture_at(body)
    # The lowest bit of a frame's tag is 0 for a keyframe.
    return at > 0 and len(body) >= at + 6 and not body[at] & 1 and body[at + 3 : at + 6] == _START_CODE


def starts_picture(body: bytes) -> bool:
    """Whether a VP8 payload is the first packet of any picture."""
    return _picture_at(body) > 0


def _picture_at(body: bytes) -> int:
    """Where the frame's own bytes begin behind the payload descriptor; 0 in a packet that does not begin a picture."""
    if not body or body[0] & 0x17 != 0x10:  # S set, partition index 0
        return 0
    at = 1
    if body[0] & 0x80:  # X
        if len(body) < 2:
            return 0
        extended = body[1]
        at = 2
        if extended & 0x80:  # I: a picture id of 7 bits, or of 15 with M
            if len(body) < 3:
                return 0
            at += 2 if body[2] & 0x80 else 1
        at += (extended >> 6 & 1) + (1 if extended & 0x30 else 0)  # L · T or K
    return at if at < len(body) else 0
