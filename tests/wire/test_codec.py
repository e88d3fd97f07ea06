"""The two subprotocols carry the same frames, and programs that know nothing of ours read them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, get_args

import msgpack
import msgspec
import pytest

from rooms.events import Clocks, Outcome
from rooms.shown import Closing, Happened, Held, Message, Result, Unsent
from rooms.status import PartStatus, SideStatus
from server import codec as codecs
from server import frames
from server.codec import CODECS, JSON, MSGPACK, Encoded, Unreadable
from tests.wire.clients import EVERY_FRAME, frame, pack, unpack

SHOWN = [
    Message(at=1, message="m", side="teacher", author="Anna Weber", text="Schön \U0001f3bb"),
    Message(at=2, message="m", side="sam", author="Ada", text=None),
    Held(
        at=3, message="m", side="sam", author="Ada", text="x", reason="personal details", releasable=True, until=60_003
    ),
    Unsent(at=4, message="m"),
    Happened(at=5, what="adult_in", side="sam", detail="Ada"),
    Closing(at=6, how="by_you", asks_why=True),
    Result(at=7, pupil="sam", outcome=Outcome(rule="C3", charge="charged", clocks=Clocks(1, 2, 3))),
]
SERVER_FRAMES = [
    frames.Welcome(
        you=frames.You(role="teacher", side="teacher", name="Anna", epoch=1),
        lesson=frames.LessonInfo(
            id="l", kind=frames.Kind.INDIVIDUAL, charged=True, subject="Violin", teacher_name="Anna",
            pupils=(frames.PupilInfo("sam", "Sam", "grown-up"),), starts_at=1, ends_at=2, start_limit_ms=3,
            keep_waiting_from_ms=4, interrupted_limit_ms=5, near_end_ms=6, time_zone="Europe/London",
        ),
        cursor=frames.Cursor(1, 0), resumed=False, now=2**45, beat_ms=1_000,
        ice_servers=(frames.IceServer(urls=("stun:x",)),), ice_life_s=600, relay=True,
    ),
    *(frames.EventFrame(n=n, event=shown) for n, shown in enumerate(SHOWN, 1)),
    frames.StatusFrame(
        now=1, platform_up=True, parts=(PartStatus(pupil="sam", phase="live"),),
        sides=(SideStatus(side="sam", evidence="lost", since=1, reasons=("camera",)),), weak=("sam",),
        sounds=(frames.SideSound(side="sam", sound="music", turn=0),), closes_at=2,
        phase="open", settled=False, can=("say", "end"),
    ),
    frames.PeersFrame(peers=(frames.Peer(side="sam", name="Sam", polite=True, generation=2, path="relay", kbps=900),)),
    frames.RelayedSignal(sender="sam", generation=2, body=frames.Candidate(candidate="", sdp_mid=None)),
    frames.LegAnswer(n=1, sdp="v=0"),
    frames.LegRefused(n=1, code="over", text="This lesson has ended."),
    frames.IceServersFrame(
        ice_servers=(frames.IceServer(urls=("turn:x",), username="u", credential="c"),), ice_life_s=600
    ),
    frames.Ack(action="a", ok=False, code="too_fast", text="Wait."),
    frames.ErrorFrame(code="unreadable", text="No."),
    frames.Halt(),
    frames.BeatBack(t=1, now=2),
    frames.Elsewhere(),
]  # fmt: skip


def test_every_server_frame_is_tried_here() -> None:
    assert {type(made) for made in SERVER_FRAMES} == set(get_args(frames.ServerFrame))


def test_every_client_frame_is_tried_here() -> None:
    assert {MSGPACK.decode(pack(MSGPACK, frame(kind))).__class__ for kind in EVERY_FRAME} == set(
        get_args(frames.ClientFrame)
    )


@pytest.mark.parametrize("kind", EVERY_FRAME)
def test_both_subprotocols_read_the_same_frame(kind: str) -> None:
    assert MSGPACK.decode(pack(MSGPACK, frame(kind))) == JSON.decode(pack(JSON, frame(kind)))


@pytest.mark.parametrize("made", SERVER_FRAMES, ids=lambda made: type(made).__name__)
def test_an_independent_decoder_reads_our_frames_and_both_say_the_same(made: frames.ServerFrame) -> None:
    binary, text = MSGPACK.encode(made), JSON.encode(made)
    assert isinstance(binary, bytes)
    assert isinstance(text, str)
    assert msgpack.unpackb(binary) == json.loads(text)
    assert msgspec.convert(unpack(binary), frames.ServerFrame) == made


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.subprotocol)
@pytest.mark.parametrize("n", [1, 127, 128, 65_536, 2**32, 2**53])
def test_an_event_from_stored_bytes_is_the_frame_itself(codec: codecs.Codec, n: int) -> None:
    for shown in SHOWN:
        assert Encoded(shown).frame(codec, n) == codec.encode(frames.EventFrame(n=n, event=shown))


def test_an_event_is_encoded_once_for_all_its_viewers(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for codec in CODECS:
        once = codec.encode_shown

        def counted(shown: Any, codec: Any = codec, once: Any = once) -> Any:
            calls.append(codec.subprotocol)
            return once(shown)

        monkeypatch.setattr(codec, "encode_shown", counted)
    encoded = Encoded(SHOWN[0])
    for n in range(1, 50):
        encoded.frame(MSGPACK, n)
    assert calls == ["lesson.v1.msgpack"]
    encoded.frame(JSON, 1)
    assert calls == ["lesson.v1.msgpack", "lesson.v1.json"]


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.subprotocol)
@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"type": "nope"}, "type"),
        ({"type": ""}, "type"),
        ({"type": 5}, "field"),
        ({"text": "no type"}, "field"),
        ([], "field"),
        (frame("say", text="x" * 1_001), "field"),
        (frame("say", text=" \n\t"), "field"),
        (frame("say", text="a\x00b"), "field"),
        (frame("say", sender="teacher"), "field"),
        (frame("say", by={"role": "teacher"}), "field"),
        (frame("say", action="a b"), "field"),
        (frame("say", action="é"), "field"),
        (frame("say", action=""), "field"),
        (frame("signal", generation=-1), "field"),
        (frame("signal", generation=2**53 + 1), "field"),
        (frame("signal", body={"kind": "nope"}), "field"),
        (frame("signal", body={"kind": "description", "sdp_type": "offer", "sdp": "x" * 16_385}), "field"),
        (frame("report", lost_permille=1_001), "field"),
        (frame("beat", t=1.5), "field"),
        (frame("beat", t=True), "field"),
    ],
)
def test_what_is_not_a_frame_is_told_apart(codec: codecs.Codec, value: object, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        codec.decode(pack(codec, value))
    assert refused.value.why == why


@pytest.mark.parametrize(
    "text", ["", "{", "nope", '{"type":"say","action":"a","text":"\\ud800"}', "[" * 19_999, '{"x":' * 3_000]
)
def test_what_is_not_json_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        JSON.decode(text)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\xdf\xff\xff\xff\xff",
        b"\x91" * 19_999,
        b"\x82\xa1x" + b"\x91" * 15_000,
        b"\x81\xa4type\xa2\xff\xff",
    ],
)
def test_what_is_not_messagepack_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        MSGPACK.decode(data)


def test_a_long_blank_text_is_refused_quickly() -> None:
    """The pattern that refuses it must not backtrack: 2,000 of the worst text take no time."""
    worst = pack(MSGPACK, frame("say", text="\u2003" * 999 + "\x00"))
    for _ in range(2_000):
        with pytest.raises(Unreadable):
            MSGPACK.decode(worst)


def test_random_bytes_never_raise_anything_else() -> None:
    dice = random.Random(20)
    for _ in range(20_000):
        data = dice.randbytes(dice.randrange(40))
        for read, message in ((MSGPACK.decode, data), (JSON.decode, data.decode("latin-1"))):
            try:
                read(message)
            except Unreadable:
                continue


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.subprotocol)
def test_D3_a_conduct_warning_carries_nobodys_own_words_past_the_review(codec: codecs.Codec) -> None:
    own = frame("warn") | {"reason": "Call me on 07700 900123"}
    with pytest.raises(Unreadable) as wrong:
        codec.decode(pack(codec, own))
    assert wrong.value.why == "field"


def test_D1_the_page_offers_every_reason_that_the_wire_takes() -> None:
    words = (Path(__file__).parents[2] / "web/words.ts").read_text(encoding="utf-8")
    listed = words.partition("export const WARNINGS = [")[2].partition("]")[0]
    assert [line.strip().strip("',") for line in listed.strip().splitlines()] == [
        reason.strip("'") for reason in get_args(frames.WarningReason)
    ]
