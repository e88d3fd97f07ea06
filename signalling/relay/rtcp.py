"""RTCP: what the relay reads of it, bounded, and what it writes (RFC 3550, 4585, 5104; REMB).

Everything read here was authenticated by SRTCP, which says who wrote it, not that it is well formed: any length may
lie. A compound is read up to the first packet that does not fit; what follows that is dropped, and nothing raises.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

PACKETS_MAX: Final = 16
"""Read of one compound: browsers put a report, its description and two or three feedbacks into one."""
LOST_MAX: Final = 256
"""Sequence numbers taken from one NACK: Chromium asks for what misses of a list bounded at 1,000, and seldom for 50."""
BLOCKS_MAX: Final = 31
"""Report blocks in one report: the count has five bits."""

SR: Final = 200
RR: Final = 201
SDES: Final = 202
BYE: Final = 203
RTPFB: Final = 205
PSFB: Final = 206

_HEADER: Final = struct.Struct("!BBHL")
_SENDER: Final = struct.Struct("!BBHLLLLLL")
_BLOCK: Final = struct.Struct("!LLLLLL")
_FEEDBACK: Final = struct.Struct("!BBHLL")
_PAIR: Final = struct.Struct("!HH")
_TEXT_BYTES_MAX: Final = 255
"""Of a CNAME: its length has one byte."""


class SenderReport(NamedTuple):
    """How a sender's RTP timestamps lie in its own wall time."""

    ssrc: int
    ntp: int
    """64 bits: seconds and their fractions by the sender's clock."""
    timestamp: int
    """The RTP timestamp of the same moment."""


class Nack(NamedTuple):
    """Packets that a receiver asks for again."""

    media: int
    """SSRC of the stream that they miss of."""
    lost: tuple[int, ...]
    """Sequence numbers as asked for: at most `LOST_MAX`, possibly more than once."""


class KeyframeRequest(NamedTuple):
    """PLI or FIR."""

    media: int


class Bye(NamedTuple):
    """A stream's end, as its sender says."""

    ssrc: int


class Estimate(NamedTuple):
    """REMB."""

    bit_s: int


Item = SenderReport | Nack | KeyframeRequest | Bye | Estimate


class Block(NamedTuple):
    """One report block of a receiver (RFC 3550, 6.4.1)."""

    ssrc: int
    fraction_lost: int
    """Of the packets expected since the last report, in 1/256."""
    lost: int
    """Since the beginning; may be negative, with duplicates."""
    highest: int
    """Extended highest sequence number."""
    jitter: int
    """In units of the RTP clock."""
    last_report: int
    """Middle 32 bits of the last sender report's wall time, 0 without one."""
    delay: int
    """Since then, in 1/65,536 s."""


def is_rtcp(packet: bytes) -> bool:
    """Whether a packet of a muxed transport is RTCP (RFC 5761, 4)."""
    return len(packet) > 1 and 192 <= packet[1] <= 223


def read(compound: bytes) -> Iterator[Item]:
    """What concerns the relay in a compound: reports of receivers, descriptions and unknown packets are skipped."""
    at = 0
    for _ in range(PACKETS_MAX):
        if at + 8 > len(compound) or compound[at] >> 6 != 2:
            return
        end = at + 4 * (1 + int.from_bytes(compound[at + 2 : at + 4], "big"))
        if end > len(compound) or end < at + 8:
            return
        body = compound[at:end]
        if body[0] & 0x20:  # padding: its length is in the last byte
            padding = body[-1]
            if padding == 0 or padding > len(body) - 8:
                return
            body = body[:-padding]
        yield from _item(body[1], body[0] & 31, body)
        at = end


def _item(kind: int, count: int, body: bytes) -> Iterator[Item]:
    if kind == SR and len(body) >= 28:
        _, _, _, ssrc, high, low, timestamp, _, _ = _SENDER.unpack_from(body)
        yield SenderReport(ssrc, high << 32 | low, timestamp)
    elif kind == BYE:
        for at in range(4, min(len(body) - 3, 4 + 4 * count), 4):
            yield Bye(int.from_bytes(body[at : at + 4], "big"))
    elif len(body) < 12:
        return
    elif kind == RTPFB and count == 1:
        yield Nack(int.from_bytes(body[8:12], "big"), tuple(_lost(body)))
    elif kind == PSFB and count == 1:
        yield KeyframeRequest(int.from_bytes(body[8:12], "big"))
    elif kind == PSFB and count == 4 and len(body) >= 20:
        yield KeyframeRequest(int.from_bytes(body[12:16], "big"))
    elif kind == PSFB and count == 15 and len(body) >= 20 and body[12:16] == b"REMB":
        yield Estimate(((body[17] & 3) << 16 | int.from_bytes(body[18:20], "big")) << (body[17] >> 2))


def _lost(body: bytes) -> Iterator[int]:
    room = LOST_MAX
    for at in range(12, len(body) - 3, 4):
        first, following = _PAIR.unpack_from(body, at)
        for sequence in (first, *((first + 1 + bit) & 0xFFFF for bit in range(16) if following >> bit & 1)):
            if room == 0:
                return
            room -= 1
            yield sequence


def receiver_report(ssrc: int, blocks: Sequence[Block]) -> bytes:
    """A receiver's report; at most `BLOCKS_MAX` blocks go in."""
    blocks = blocks[:BLOCKS_MAX]
    parts = [_HEADER.pack(0x80 | len(blocks), RR, 1 + 6 * len(blocks), ssrc)]
    for block in blocks:
        lost = max(-0x80_0000, min(0x7F_FFFF, block.lost)) & 0xFF_FFFF
        parts.append(
            _BLOCK.pack(
                block.ssrc,
                (block.fraction_lost & 0xFF) << 24 | lost,
                block.highest & 0xFFFF_FFFF,
                min(block.jitter, 0xFFFF_FFFF),
                block.last_report & 0xFFFF_FFFF,
                min(block.delay, 0xFFFF_FFFF),
            )
        )
    return b"".join(parts)


def sender_report(ssrc: int, ntp: int, timestamp: int, packets: int, octets: int) -> bytes:
    """A sender's report without blocks: the relay's streams to observers."""
    return _SENDER.pack(
        0x80, SR, 6, ssrc, ntp >> 32 & 0xFFFF_FFFF, ntp & 0xFFFF_FFFF, timestamp & 0xFFFF_FFFF,
        packets & 0xFFFF_FFFF, octets & 0xFFFF_FFFF,
    )  # fmt: skip


def description(ssrc: int, cname: str) -> bytes:
    """SDES with a CNAME, which every compound has after its report (RFC 3550, 6.1)."""
    text = cname.encode()[:_TEXT_BYTES_MAX]
    chunk = struct.pack("!LBB", ssrc, 1, len(text)) + text
    chunk += bytes(4 - len(chunk) % 4)  # at least one zero ends the list
    return struct.pack("!BBH", 0x81, SDES, len(chunk) // 4) + chunk


def pli(ssrc: int, media: int) -> bytes:
    """A request for a keyframe (RFC 4585, 6.3.1)."""
    return _FEEDBACK.pack(0x81, PSFB, 2, ssrc, media)


def nack(ssrc: int, media: int, lost: Iterable[int]) -> bytes:
    """A request for packets (RFC 4585, 6.2.1): sequence numbers in order; at most `LOST_MAX` go in."""
    entries: list[tuple[int, int]] = []
    for count, sequence in enumerate(lost):
        if count == LOST_MAX:
            break
        after = (sequence - entries[-1][0] - 1) & 0xFFFF if entries else 16
        if after < 16:
            entries[-1] = (entries[-1][0], entries[-1][1] | 1 << after)
        else:
            entries.append((sequence & 0xFFFF, 0))
    head = _FEEDBACK.pack(0x81, RTPFB, 2 + len(entries), ssrc, media)
    return head + b"".join(_PAIR.pack(*entry) for entry in entries)


def remb(ssrc: int, bit_s: int, streams: Sequence[int]) -> bytes:
    """An upper bound for all streams together (draft-alvestrand-rmcat-remb-03): 18 bits and an exponent of two."""
    exponent = max(0, bit_s.bit_length() - 18)
    head = _FEEDBACK.pack(0x8F, PSFB, 4 + len(streams), ssrc, 0)
    body = struct.pack(
        "!4sBBH", b"REMB", len(streams), exponent << 2 | bit_s >> exponent >> 16, bit_s >> exponent & 0xFFFF
    )
    return head + body + b"".join(stream.to_bytes(4, "big") for stream in streams)
