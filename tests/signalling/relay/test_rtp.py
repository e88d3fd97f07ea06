"""Headers read within bounds, and where VP8 pictures begin."""

from __future__ import annotations

import struct

import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtp import RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from signalling.relay import srtp
from signalling.relay.rtp import PACKET_BYTES_MAX, parse, starts_keyframe, starts_picture
from tests.signalling.relay.packets import delta, key, more, rtp


def test_a_plain_packet_is_read() -> None:
    came = parse(rtp(65_535, 4_294_967_295, b"body", payload_type=127, marker=1))
    assert came is not None
    assert (came.first, came.marker, came.payload_type) == (0x80, 0x80, 127)
    assert (came.sequence, came.timestamp, came.body) == (65_535, 4_294_967_295, b"body")


@pytest.mark.parametrize("profile", [0xBEDE, 0x1000])
def test_contributors_and_header_extensions_stay_behind(profile: int) -> None:
    header = struct.pack("!BBHLL", 0x80 | 0x10 | 2, 96, 7, 8, 9)
    came = parse(header + b"csrc" * 2 + struct.pack("!HH", profile, 2) + b"\x10\xff\x00\x00" * 2 + b"body")
    assert came is not None
    assert (came.first, came.body) == (0x80, b"body")


def test_padding_stays_with_the_payload_and_is_said_to_be_there() -> None:
    packet = b"\xa0" + rtp(1, 2, b"body\x00\x00\x03")[1:]
    came = parse(packet)
    assert came is not None
    assert (came.first, came.body) == (0xA0, b"body\x00\x00\x03")


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x80",
        rtp(1, 2, b"")[:11],
        b"\x40" + rtp(1, 2, b"x")[1:],
        b"\x8f" + rtp(1, 2, b"x" * 59)[1:],
        b"\x90" + rtp(1, 2, b"\xbe\xde\x00")[1:],
        b"\x90" + rtp(1, 2, b"\xbe\xde\xff\xff" + b"x" * 100)[1:],
        b"\xa0" + rtp(1, 2, b"")[1:-1] + b"\x09",
        b"\xa0" + rtp(1, 2, b"x\x00")[1:],
        b"\xa0" + rtp(1, 2, b"xx\x04")[1:],
        rtp(1, 2, bytes(PACKET_BYTES_MAX - 11)),
    ],
)
def test_a_length_that_lies_is_refused(packet: bytes) -> None:
    assert parse(packet) is None


def test_what_is_read_can_be_sealed_again() -> None:
    assert PACKET_BYTES_MAX == srtp.PACKET_BYTES_MAX
    assert parse(rtp(1, 2, bytes(PACKET_BYTES_MAX - 12))) is not None


@settings(deadline=None)
@given(st.binary(max_size=1_600))
def test_whatever_comes_is_read_as_aiortc_reads_it_or_refused(packet: bytes) -> None:
    came = parse(packet)
    if came is None:
        return
    try:
        theirs = RtpPacket.parse(packet)
    except (ValueError, struct.error, IndexError):
        return  # it also reads the extensions' inside
    assert (came.sequence, came.timestamp, came.payload_type) == (
        theirs.sequence_number, theirs.timestamp, theirs.payload_type,
    )  # fmt: skip
    assert came.body[: len(came.body) - (came.body[-1] if came.first & 0x20 else 0)] == theirs.payload


def test_a_keyframes_first_packet_is_found() -> None:
    assert starts_keyframe(key())
    assert starts_picture(key())
    assert not starts_keyframe(delta(b"\x9d\x01\x2a"))
    assert starts_picture(delta())
    assert not starts_picture(more())
    assert not starts_keyframe(more(b"\x10\x02\x00\x9d\x01\x2a"))


@pytest.mark.parametrize("partition", range(1, 8))
def test_another_partition_begins_no_picture(partition: int) -> None:
    assert not starts_picture(bytes([0x10 | partition]) + key()[4:])


@settings(deadline=None)
@given(st.binary(max_size=12), st.booleans())
def test_the_descriptor_is_read_as_aiortc_reads_it(body: bytes, wrapped: bool) -> None:
    if wrapped:  # so that the descriptor is often whole
        body += b"\x10\x02\x00\x9d\x01\x2a"
    try:
        descriptor, rest = VpxPayloadDescriptor.parse(body)
    except ValueError:
        assert not starts_keyframe(body)
        return
    # aiortc takes the reserved bit above the partition's index for a part of it.
    begins = descriptor.partition_start == 1 and descriptor.partition_id & 7 == 0 and len(rest) > 0
    assert starts_picture(body) == begins
    assert starts_keyframe(body) == (begins and not rest[0] & 1 and rest[3:6] == b"\x9d\x01\x2a")
