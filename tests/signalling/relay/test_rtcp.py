"""Compounds read within bounds, against aiortc's own reader and writer."""

from __future__ import annotations

import struct

import pytest
from aiortc import rtp as theirs
from hypothesis import given, settings
from hypothesis import strategies as st

from signalling.relay import rtcp

ssrcs = st.integers(0, 0xFFFF_FFFF)


def test_reports_are_written_as_aiortc_reads_them() -> None:
    block = rtcp.Block(
        ssrc=5, fraction_lost=12, lost=-3, highest=70_000, jitter=44, last_report=0xABCD_EF01, delay=65_536
    )
    compound = rtcp.receiver_report(1, [block]) + rtcp.description(1, "relay")
    report, description = theirs.RtcpPacket.parse(compound)
    assert isinstance(report, theirs.RtcpRrPacket)
    [read] = report.reports
    assert (read.ssrc, read.fraction_lost, read.packets_lost, read.highest_sequence) == (5, 12, -3, 70_000)
    assert (read.jitter, read.lsr, read.dlsr) == (44, 0xABCD_EF01, 65_536)
    assert isinstance(description, theirs.RtcpSdesPacket)
    assert description.chunks[0].items == [(1, b"relay")]


@settings(deadline=None)
@given(st.text("abcdefgh", max_size=40))
def test_a_description_is_whole_words_whatever_the_names_length(name: str) -> None:
    packet = rtcp.description(9, name)
    assert len(packet) % 4 == 0
    [read] = theirs.RtcpPacket.parse(packet)
    assert isinstance(read, theirs.RtcpSdesPacket)
    assert read.chunks[0].items == [(1, name.encode())]


@settings(deadline=None)
@given(ssrcs, st.integers(1, 2**64 - 1), ssrcs)
def test_a_sender_report_is_read_as_written(ssrc: int, ntp: int, timestamp: int) -> None:
    packet = rtcp.sender_report(ssrc, ntp, timestamp, 3, 4)
    assert list(rtcp.read(packet)) == [rtcp.SenderReport(ssrc, ntp, timestamp)]
    [read] = theirs.RtcpPacket.parse(packet)
    assert isinstance(read, theirs.RtcpSrPacket)
    assert read.sender_info == theirs.RtcpSenderInfo(ntp, timestamp, 3, 4)


@settings(deadline=None)
@given(st.integers(0, 65_535), st.sets(st.integers(0, 300), min_size=1, max_size=200))
def test_a_nack_names_just_what_is_lost(start: int, offsets: set[int]) -> None:
    lost = [(start + offset) & 0xFFFF for offset in sorted(offsets)]
    packet = rtcp.nack(1, 2, lost)
    assert list(rtcp.read(packet)) == [rtcp.Nack(2, tuple(lost))]
    [read] = theirs.RtcpPacket.parse(packet)
    assert isinstance(read, theirs.RtcpRtpfbPacket)
    assert sorted(n & 0xFFFF for n in read.lost) == sorted(lost)  # aiortc lets its numbers run over


def test_a_nack_is_bounded_written_and_read() -> None:
    assert len(rtcp.nack(1, 2, range(0, 60_000, 20))) == 12 + 4 * rtcp.LOST_MAX
    flood = struct.pack("!BBHLL", 0x81, 205, 302, 1, 2) + b"\x00\x01\xff\xff" * 300
    [read] = rtcp.read(flood)
    assert isinstance(read, rtcp.Nack)
    assert len(read.lost) == rtcp.LOST_MAX


@pytest.mark.parametrize("bit_s", [0, 1, 30_000, 262_143, 262_144, 2_500_000, 2**40])
def test_remb_is_written_as_aiortc_reads_it(bit_s: int) -> None:
    packet = rtcp.remb(1, bit_s, [7, 8])
    [read] = theirs.RtcpPacket.parse(packet)
    assert isinstance(read, theirs.RtcpPsfbPacket)
    told, streams = theirs.unpack_remb_fci(read.fci)
    assert streams == [7, 8]
    assert 0 <= bit_s - told <= bit_s >> 17
    assert list(rtcp.read(packet)) == [rtcp.Estimate(told)]


def test_keyframe_requests_of_both_kinds_and_goodbyes_are_read() -> None:
    fir = struct.pack("!BBHLLLBxxx", 0x84, 206, 4, 1, 0, 77, 9)
    bye = struct.pack("!BBHLL", 0x82, 203, 2, 5, 6)
    compound = rtcp.receiver_report(1, []) + rtcp.pli(1, 66) + fir + bye
    assert list(rtcp.read(compound)) == [
        rtcp.KeyframeRequest(66), rtcp.KeyframeRequest(77), rtcp.Bye(5), rtcp.Bye(6),
    ]  # fmt: skip


@pytest.mark.parametrize("size", range(8, 20))
def test_a_short_remb_is_no_estimate(size: int) -> None:
    words = size // 4 - 1
    packet = (struct.pack("!BBHLL4s", 0x8F, 206, words, 1, 0, b"REMB") + bytes(8))[: 4 * (words + 1)]
    assert list(rtcp.read(packet)) == []


def test_transport_wide_feedback_and_unknown_kinds_are_skipped_over() -> None:
    twcc = struct.pack("!BBHLLLL", 0x8F, 205, 4, 1, 2, 3, 4)
    extended = struct.pack("!BBHLL", 0x80, 207, 2, 1, 2)
    assert list(rtcp.read(twcc + extended + rtcp.pli(1, 2))) == [rtcp.KeyframeRequest(2)]


def test_a_length_that_lies_ends_the_reading_and_keeps_what_came_before() -> None:
    good = rtcp.pli(1, 2)
    for words in (0, 3, 100, 65_535):
        lying = struct.pack("!BBHLL", 0x81, 206, words, 1, 3)
        assert list(rtcp.read(good + lying)) == [rtcp.KeyframeRequest(2)]


@pytest.mark.parametrize("padding", [0, 5, 255])
def test_padding_that_lies_ends_the_reading(padding: int) -> None:
    packet = bytearray(struct.pack("!BBHLL", 0xA1, 206, 2, 1, 3))
    packet[-1] = padding
    assert list(rtcp.read(bytes(packet))) == []


def test_a_compound_without_end_is_read_to_its_bound() -> None:
    assert len(list(rtcp.read(rtcp.pli(1, 2) * 100))) == rtcp.PACKETS_MAX


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_whatever_comes_is_read_without_raising(compound: bytes) -> None:
    items = list(rtcp.read(compound))
    assert len(items) <= rtcp.PACKETS_MAX * 31


whole = st.one_of(
    st.builds(rtcp.pli, ssrcs, ssrcs),
    st.builds(rtcp.nack, ssrcs, ssrcs, st.lists(st.integers(0, 65_535), max_size=40)),
    st.builds(rtcp.remb, ssrcs, st.integers(0, 2**40), st.lists(ssrcs, max_size=4)),
    st.builds(rtcp.sender_report, ssrcs, st.integers(0, 2**64 - 1), ssrcs, ssrcs, ssrcs),
)


@settings(deadline=None)
@given(st.lists(whole, max_size=6), st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=4))
def test_a_compound_with_bytes_changed_is_read_without_raising(
    packets: list[bytes], changes: list[tuple[int, int]]
) -> None:
    compound = bytearray(b"".join(packets))
    for at, value in changes:
        if at < len(compound):
            compound[at] = value
    for item in rtcp.read(bytes(compound)):
        if isinstance(item, rtcp.Nack):
            assert len(item.lost) <= rtcp.LOST_MAX


def test_rtcp_is_told_from_rtp() -> None:
    assert rtcp.is_rtcp(rtcp.pli(1, 2))
    assert not rtcp.is_rtcp(bytes([0x80, 96]))
    assert not rtcp.is_rtcp(bytes([0x80, 0x80 | 111]))
    assert not rtcp.is_rtcp(b"")
