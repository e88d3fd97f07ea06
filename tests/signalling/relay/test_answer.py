"""Real browsers' offers are answered with as little as will do; everything else is refused with a code."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from pathlib import Path

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from hypothesis import given, settings
from hypothesis import strategies as st

from signalling.relay.answer import Local, observer_answer, parse_offer, published, publisher_answer, subscriptions
from signalling.relay.offer import LINES_MAX, OFFER_CHARS_MAX, SECTIONS_MAX
from signalling.relay.port import Refused
from signalling.relay.streams import RELAY_SSRC

OFFERS = {path.stem: path.read_bytes().decode() for path in (Path(__file__).parent / "offers").glob("*.sdp")}
"""As Chromium 156 and aiortc 1.16 wrote them: two senders, and an observer's four receivers."""
PUBLISH = OFFERS["chromium_publish"]
WATCH = OFFERS["chromium_watch"]
LOCAL = Local(
    ufrag="relayufrag", pwd="relay-pwd-of-24-letters.", fingerprint=":".join(["A5"] * 32),
    addresses=(("192.0.2.9", 3_479), ("2001:db8::9", 3_479)),
)  # fmt: skip
SIDES = ("teacher", "sam")


def entropy(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def watched(text: str, seed: int = 1) -> str:
    offer = parse_offer(text)
    return observer_answer(offer, subscriptions(offer, SIDES, random.Random(seed).randbytes), LOCAL)


def refused(text: str, *, sides: tuple[str, ...] | None = None) -> str:
    try:
        offer = parse_offer(text)
        taken = published(offer) if sides is None else subscriptions(offer, sides, random.Random(1).randbytes)
    except Refused as refusal:
        return refusal.code
    raise AssertionError(f"taken: {taken}")


def sections(text: str) -> list[list[str]]:
    return [("m=" + block).split("\r\n")[:-1] for block in text.split("m=")[1:]]


@pytest.mark.parametrize("browser", ["chromium", "aiortc"])
def test_a_publishers_offer_says_what_it_will_send(browser: str) -> None:
    text = OFFERS[f"{browser}_publish"]
    sound, picture = published(parse_offer(text)).streams
    assert (sound.kind, picture.kind) == ("audio", "video")
    rtpmap = dict(re.findall(r"a=rtpmap:(\d+) (\S+)", text))
    assert (rtpmap[str(sound.payload_type)], rtpmap[str(picture.payload_type)]) == ("opus/48000/2", "VP8/90000")
    # The picture's own SSRC, not that of its retransmissions.
    [group] = re.findall(r"a=ssrc-group:FID (\d+) (\d+)", text)
    assert picture.ssrc == int(group[0])
    assert str(sound.ssrc) in re.findall(r"a=ssrc:(\d+)", text)


def test_a_publisher_is_answered_with_what_the_relay_itself_uses_and_no_more() -> None:
    answer = publisher_answer(parse_offer(PUBLISH), LOCAL)
    assert "a=ice-lite\r\n" in answer
    assert "a=group:BUNDLE 0 1\r\n" in answer
    sound, picture = sections(answer)
    assert sound[0] == "m=audio 9 UDP/TLS/RTP/SAVPF 111"
    assert picture[0] == "m=video 9 UDP/TLS/RTP/SAVPF 96"
    for section in (sound, picture):
        assert {"a=recvonly", "a=setup:passive", "a=rtcp-mux", "a=end-of-candidates"} <= set(section)
        assert "a=ice-ufrag:relayufrag" in section
        assert sum(line.startswith("a=candidate:") for line in section) == 2
    assert [line for line in sound if line.startswith("a=rtcp-fb")] == []
    assert [line[13:] for line in picture if line.startswith("a=rtcp-fb")] == ["nack", "nack pli", "goog-remb"]
    for absent in ("transport-cc", "rtx", "a=extmap", "a=ssrc", "a=msid", "H264", "red/"):
        assert absent not in answer


def test_an_observer_is_answered_with_the_relays_ssrcs_and_streams_that_bear_the_sides_names() -> None:
    answer = watched(WATCH)
    blocks = sections(answer)
    assert len(blocks) == 4
    ssrcs = [re.findall(r"a=ssrc:(\d+) cname", "\n".join(block)) for block in blocks]
    assert len({ssrc for [ssrc] in ssrcs}) == 4
    for block, side, kind in zip(blocks, ("teacher", "teacher", "sam", "sam"), ("audio", "video") * 2, strict=True):
        assert f"a=msid:{side} {side}-{kind}" in block
        assert {"a=sendonly", "a=setup:passive"} <= set(block)
        assert f"cname:relay-{side}" in "\n".join(block), "one name for a side's both streams: lips in step"
    assert "goog-remb" not in answer, "it would be swallowed"
    assert watched(WATCH, seed=2) != answer


def test_music_mode_is_answered_with_the_line_that_brings_true_stereo() -> None:
    music = PUBLISH.replace("minptime=10;useinbandfec=1", "minptime=10;useinbandfec=1;stereo=1")
    assert "stereo=1;sprop-stereo=1;maxaveragebitrate=256000;usedtx=0" in publisher_answer(parse_offer(music), LOCAL)
    assert "stereo" not in publisher_answer(parse_offer(PUBLISH), LOCAL)


def test_a_page_without_a_camera_publishes_sound_alone() -> None:
    silent = PUBLISH.split("m=video")[0].replace("BUNDLE 0 1", "BUNDLE 0")
    assert [stream.kind for stream in published(parse_offer(silent)).streams] == ["audio"]
    audio, video = PUBLISH.split("m=video")
    off = audio + "m=video" + video.replace("a=sendonly", "a=inactive")
    assert [stream.kind for stream in published(parse_offer(off)).streams] == ["audio"]
    assert "a=inactive" in publisher_answer(parse_offer(off), LOCAL)


async def test_aiortc_takes_both_answers() -> None:
    for text, publishes in (("publisher", True), ("observer", False)):
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        if publishes:
            peer.addTransceiver(AudioStreamTrack(), "sendonly")
            peer.addTransceiver(VideoStreamTrack(), "sendonly")
        else:
            for _ in SIDES:
                peer.addTransceiver("audio", "recvonly")
                peer.addTransceiver("video", "recvonly")
        await peer.setLocalDescription(await peer.createOffer())
        offer = peer.localDescription.sdp
        answer = publisher_answer(parse_offer(offer), LOCAL) if publishes else watched(offer)
        await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        directions = {transceiver.currentDirection for transceiver in peer.getTransceivers()}
        assert directions == {"sendonly" if publishes else "recvonly"}, text
        await asyncio.wait_for(peer.close(), 10)


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "bad_offer"),
            ("v=0\r\n", "bad_offer"),
            ("nonsense", "bad_offer"),
            ("v=0\r\n" + "a=x\r\n" * LINES_MAX, "too_long"),
            ("v=0\r\na=" + "x" * 2_000, "too_long"),
            ("v=0" + " " * OFFER_CHARS_MAX, "too_long"),
            (PUBLISH + "a=\x00\r\n", "bad_offer"),
            (PUBLISH + "a=\u00e9\r\n", "bad_offer"),
            (PUBLISH + "\r\r\n", "bad_offer"),
            (PUBLISH + "no type\r\n", "bad_offer"),
            (PUBLISH.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), "bad_offer"),
            (PUBLISH.replace("a=rtcp-mux\r\n", ""), "bad_offer"),
            (PUBLISH.replace("a=setup:actpass", "a=setup:passive"), "bad_offer"),
            (PUBLISH.replace("a=setup:actpass\r\n", ""), "bad_offer"),
            (PUBLISH.replace("a=fingerprint:sha-256", "a=fingerprint:sha-1"), "bad_offer"),
            (PUBLISH.replace("a=ice-ufrag:", "a=ice-ufrag:<"), "bad_offer"),
            (re.sub(r"a=ice-pwd:.*", "a=ice-pwd:short\r", PUBLISH), "bad_offer"),
            (PUBLISH.replace("a=sendonly", "a=recvonly"), "bad_offer"),
            (PUBLISH.replace("a=sendonly", "a=inactive"), "bad_offer"),
            (PUBLISH.replace("a=sendonly", "a=sendonly\r\na=recvonly"), "bad_offer"),
            (re.sub(r"a=ssrc.*\r\n", "", PUBLISH), "bad_offer"),
            (re.sub(r"a=ssrc:\d+", "a=ssrc:99999999999", PUBLISH), "bad_offer"),
            (re.sub(r"a=ssrc:\d+", "a=ssrc:-1", PUBLISH), "bad_offer"),
            (PUBLISH.replace("a=mid:1", "a=mid:0"), "not_bundled"),
            (PUBLISH.replace("a=mid:1\r\n", ""), "not_bundled"),
            (PUBLISH.replace("a=mid:1", "a=mid:1 2"), "not_bundled"),
            (PUBLISH.replace("BUNDLE 0 1", "BUNDLE 0"), "not_bundled"),
            (PUBLISH.replace("a=ice-ufrag:", "a=ice-ufrag:A", 1), "not_bundled"),
            (PUBLISH.replace("opus/48000/2", "speex/16000"), "no_codec"),
            (PUBLISH.replace("VP8/90000", "VP7/90000"), "no_codec"),
            (PUBLISH.replace(" 96 97", " 72 97").replace("a=rtpmap:96", "a=rtpmap:72"), "no_codec"),
            (PUBLISH.replace("m=video", "m=application"), "bad_offer"),
            (PUBLISH.replace("m=video", "m="), "bad_offer"),
            (OFFERS["chromium_h264"], "no_codec"),
            (OFFERS["chromium_simulcast"], "too_many_streams"),
            (WATCH, "too_many_streams"),
        ],
    )  # fmt: skip
    def test_what_a_publisher_may_not_offer(self, text: str, code: str) -> None:
        assert refused(text) == code

    def test_two_pictures_from_a_publisher(self) -> None:
        _, _, picture = PUBLISH.partition("m=video")
        second = "m=video" + re.sub(r"(a=ssrc:|FID )(\d)", r"\g<1>1\g<2>", picture.replace("a=mid:1", "a=mid:2"))
        second = re.sub(r"a=ssrc.*\r\n", "", second) + "a=ssrc:5 cname:x\r\n"
        assert refused(PUBLISH.replace("BUNDLE 0 1", "BUNDLE 0 1 2") + second) == "too_many_streams"

    def test_sections_without_end(self) -> None:
        _, _, picture = WATCH.partition("m=video")
        one = "m=video" + picture.split("m=")[0]
        assert refused("v=0\r\n" + one * 5) == "not_bundled"
        short = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
        assert refused("v=0\r\n" + short * (SECTIONS_MAX + 1)) == "too_many_streams"

    def test_streams_that_share_an_ssrc_with_each_other_or_with_the_relay(self) -> None:
        ssrcs = re.findall(r"a=ssrc:(\d+) cname", PUBLISH)
        assert refused(PUBLISH.replace(ssrcs[0], ssrcs[1])) == "bad_offer"
        assert refused(PUBLISH.replace(ssrcs[0], str(RELAY_SSRC))) == "bad_offer"
        assert refused(PUBLISH.replace(ssrcs[0], "0")) == "bad_offer"

    def test_several_streams_in_one_section(self) -> None:
        assert refused(PUBLISH + "a=ssrc:77 cname:x\r\n") == "too_many_streams"
        assert refused(PUBLISH + "a=ssrc-group:SIM 1 2 3\r\n") == "too_many_streams"
        assert refused(PUBLISH + "".join(f"a=ssrc:{n} cname:x\r\n" for n in range(20))) == "too_long"

    def test_what_an_observer_may_not_offer(self) -> None:
        assert refused(PUBLISH, sides=SIDES) == "bad_offer"
        assert refused(WATCH, sides=("teacher",)) == "bad_offer"
        assert refused(WATCH, sides=("teacher", "teacher")) == "too_many_streams"
        assert refused(WATCH, sides=tuple(map(str, range(9)))) == "too_many_streams"
        assert refused(WATCH.replace("a=recvonly", "a=sendonly", 1), sides=SIDES) == "bad_offer"
        assert refused(WATCH.replace("a=recvonly", "a=inactive", 1), sides=SIDES) == "bad_offer"
        assert refused(WATCH, sides=("teacher", "sam\r\na=x")) == "bad_offer"

    def test_an_observers_ssrcs_never_collide_and_a_source_that_repeats_itself_is_not_waited_for(self) -> None:
        offer = parse_offer(WATCH)
        with pytest.raises(Refused):
            subscriptions(offer, SIDES, bytes)
        repeated = iter([b"\x00\x00\x00\x01", b"\x00\x00\x00\x01", RELAY_SSRC.to_bytes(4, "big")])
        rest = random.Random(1)
        drawn = subscriptions(offer, SIDES, lambda size: next(repeated, rest.randbytes(size)))
        assert len({stream.ssrc for stream in drawn}) == 4
        assert RELAY_SSRC not in {stream.ssrc for stream in drawn}


LINES = sorted({line for text in OFFERS.values() for line in text.split("\r\n")})


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(OFFERS)),
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["drop", "double", "swap", "cut", "join"]),
                       st.sampled_from(LINES) | st.text(max_size=20)), max_size=6),
)  # fmt: skip
def test_a_real_offer_with_lines_changed_is_answered_or_refused(name: str, changes: list[tuple[int, str, str]]) -> None:
    lines = OFFERS[name].split("\r\n")
    for at, change, line in changes:
        at %= len(lines)
        if change == "drop" and len(lines) > 1:
            del lines[at]
        elif change == "double":
            lines.insert(at, lines[at])
        elif change == "swap":
            lines[at] = line
        elif change == "cut":
            lines[at] = lines[at][: len(line)]
        else:
            lines[at] += line
    answer_or_refuse("\r\n".join(lines))


@settings(deadline=None)
@given(st.text(max_size=300) | st.text("v=0\r\nma:sdp 19", max_size=300).map("v=0\r\n".__add__))
def test_whatever_comes_is_answered_or_refused(text: str) -> None:
    answer_or_refuse(text)


def answer_or_refuse(text: str) -> None:
    """Never anything but an answer of whole lines, or `Refused`."""
    try:
        offer = parse_offer(text)
        published(offer)
        answers = [publisher_answer(offer, LOCAL)]
    except Refused:
        answers = []
    with contextlib.suppress(Refused):
        answers.append(watched(text))
    for answer in answers:
        assert answer.endswith("\r\n")
        assert all(re.fullmatch(r"[a-z]=[\x20-\x7e]+", line) for line in answer[:-2].split("\r\n"))
        assert len(answer) < 30_000
