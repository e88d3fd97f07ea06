"""One client, whatever it sends: a stable answer, its own socket closed at most, and never an exception."""

from __future__ import annotations

import random
import sys
import tracemalloc
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server import errors
from server.codec import CODECS, FRAME_BYTES_MAX, JSON, MSGPACK, Codec
from server.connection import Connection, Limits, Rate, State, Wrong
from server.frames import Ack, Beat, ClientFrame, ErrorFrame, Join, LegFrame, LegRefused, SayFrame
from tests.wire.clients import EVERY_FRAME, frame, messages, pack

CODES = {error.code for error in errors.WIRE_ERRORS}
CLIENT_FRAMES = get_args(ClientFrame)
FUZZED = 100_000
"""Frames in all, over both subprotocols."""
EXAMPLES = 500
A_RUN = 100
"""Frames in one example: those that were drawn, then mangled ones."""
PATIENT = Limits(strikes=Rate(1e9, 1e9), volume=Rate(1e12, 1e12))
"""So that the fuzz goes on behind the twentieth wrong frame."""


def joined(codec: Codec = MSGPACK, limits: Limits | None = None) -> Connection:
    connection = Connection(codec, limits or Limits(), 0.0)
    assert isinstance(connection.receive(pack(codec, frame("join")), 0.0), Join)
    return connection


def send(connection: Connection, kind: str, now: float = 1.0, **changed: object) -> ClientFrame | Wrong:
    return connection.receive(pack(connection.codec, frame(kind, **changed)), now)


def code_of(answer: ClientFrame | Wrong) -> str:
    assert isinstance(answer, Wrong)
    assert isinstance(answer.answer, ErrorFrame | Ack | LegRefused)
    return answer.answer.code


def test_the_first_frame_has_to_be_a_join() -> None:
    connection = Connection(MSGPACK, Limits(), 0.0)
    answer = send(connection, "say")
    assert code_of(answer) == "join_first"
    assert answer.closes == errors.BAD_FRAMES
    assert connection.state is State.CLOSED


@pytest.mark.parametrize("garbage", [b"\xc1", b"", "text", b"\x81\xa4type\xa4nope"])
def test_a_stranger_has_no_second_try(garbage: bytes | str) -> None:
    answer = Connection(MSGPACK, Limits(), 0.0).receive(garbage, 0.0)
    assert isinstance(answer, Wrong)
    assert answer.closes == errors.BAD_FRAMES


def test_a_second_join_is_refused_and_nothing_else_happens() -> None:
    connection = joined()
    answer = send(connection, "join")
    assert code_of(answer) == "already_joined"
    assert answer.closes is None
    assert isinstance(send(connection, "beat"), Beat)


@pytest.mark.parametrize(("codec", "other"), [(MSGPACK, JSON), (JSON, MSGPACK)])
def test_the_other_codec_is_refused_but_does_not_close_at_once(codec: Codec, other: Codec) -> None:
    answer = joined(codec).receive(pack(other, frame("beat")), 1.0)
    assert code_of(answer) == "wrong_codec"
    assert answer.closes is None


def test_a_leg_above_its_rate_is_refused_by_its_own_number_and_goes_on_later() -> None:
    connection = joined()
    asked = [send(connection, "leg", n=n) for n in range(13)]
    assert all(isinstance(one, LegFrame) for one in asked[:12])
    late = asked[12]
    assert isinstance(late, Wrong)
    assert late.answer == LegRefused(n=12, code="too_fast", text=errors.FRAME_TOO_FAST.text)
    assert late.closes is None
    assert isinstance(send(connection, "leg", now=3.0, n=13), LegFrame)


def test_oversize_closes() -> None:
    connection = joined()
    answer = connection.receive(b"\xc0" * (FRAME_BYTES_MAX + 1), 1.0)
    assert code_of(answer) == "too_large"
    assert answer.closes == errors.TOO_LARGE
    assert send(connection, "beat") == Wrong(None, None)


def test_the_largest_description_fits_in_both_codecs() -> None:
    line = "a=candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host generation 0 ufrag abcd network-id 1\r\n"
    sdp = (line * 200)[:16_384]
    for codec in CODECS:
        body = {"kind": "description", "sdp_type": "offer", "sdp": sdp}
        assert not isinstance(send(joined(codec), "signal", body=body), Wrong)
        assert not isinstance(send(joined(codec), "leg", sdp=sdp), Wrong)


def test_chat_above_its_rate_is_answered_by_its_own_ack_and_goes_on_a_moment_later() -> None:
    connection = joined()
    said = [send(connection, "say", action=f"a{i}") for i in range(11)]
    assert all(isinstance(one, SayFrame) for one in said[:10])
    late = said[10]
    assert isinstance(late, Wrong)
    assert late.answer == Ack(action="a10", ok=False, code="too_fast", text=errors.FRAME_TOO_FAST.text)
    assert late.closes is None
    assert isinstance(send(connection, "say", now=1.2, action="a10"), SayFrame)
    assert isinstance(send(connection, "say", now=1.2, action="a11"), Wrong)


@pytest.mark.parametrize(
    ("kind", "rate"),
    [("say", Limits().say), ("start", Limits().act), ("beat", Limits().beat), ("report", Limits().report),
     ("signal", Limits().signal), ("leg", Limits().leg)],
)  # fmt: skip
def test_each_class_has_its_own_bucket(kind: str, rate: Rate) -> None:
    connection = joined()
    for _ in range(int(rate.burst)):
        assert not isinstance(send(connection, kind), Wrong)
    assert code_of(send(connection, kind)) == "too_fast"
    other = "beat" if kind != "beat" else "report"
    assert not isinstance(send(connection, other), Wrong)
    assert not isinstance(send(connection, kind, now=1.0 + 1 / rate.per_s), Wrong)


def test_bytes_are_bounded_whatever_the_frames() -> None:
    connection = joined()
    body = {"kind": "description", "sdp_type": "offer", "sdp": "x" * 16_000}
    taken = 0
    for _ in range(60):
        taken += not isinstance(send(connection, "signal", body=body), Wrong)
    assert taken * 16_000 <= Limits().volume.burst


def test_a_client_that_floods_is_closed_and_hears_nothing_more() -> None:
    connection = joined()
    answers = [send(connection, "beat") for _ in range(200)]
    closes = [one.closes for one in answers if isinstance(one, Wrong) and one.closes is not None]
    assert closes == [errors.TOO_FAST]
    assert answers[-1] == Wrong(None, None)


def test_repeated_garbage_closes_but_an_odd_frame_now_and_then_does_not() -> None:
    connection = joined()
    answers = [connection.receive(b"\xc1", 1.0) for _ in range(21)]
    assert [one.closes for one in answers if isinstance(one, Wrong)] == [None] * 20 + [errors.BAD_FRAMES]
    patient = joined()
    for minute in range(200):
        answer = patient.receive(b"\xc1", 1.0 + 6 * minute)
        assert isinstance(answer, Wrong)
        assert answer.closes is None


def test_no_join_in_5_s_and_silence_of_12_s_are_overdue() -> None:
    connection = Connection(MSGPACK, Limits(), 100.0)
    assert connection.next_check() == 105.0
    assert connection.overdue(104.999) is None
    assert connection.overdue(105.0) == errors.JOIN_LATE
    connection.receive(pack(MSGPACK, frame("join")), 104.0)
    assert connection.overdue(115.999) is None
    assert connection.overdue(116.0) == errors.SILENT
    send(connection, "beat", now=115.0)
    assert connection.overdue(116.0) is None
    connection.close()
    assert connection.overdue(1_000.0) is None


def check(connection: Connection, answer: ClientFrame | Wrong) -> None:
    """What holds of every answer to every message."""
    if not isinstance(answer, Wrong):
        assert isinstance(answer, CLIENT_FRAMES)
        return
    if answer.closes is not None:
        assert connection.state is State.CLOSED
        assert answer.closes in errors.CLOSE_REASONS
    if answer.answer is not None:
        assert isinstance(answer.answer, ErrorFrame | Ack)
        assert answer.answer.code in CODES
        assert len(connection.codec.encode(answer.answer)) < 400


def mangled(message: bytes | str, dice: random.Random) -> bytes | str:
    """The message with a byte changed, a piece cut out, doubled, or put elsewhere."""
    if not message:
        return message
    at, until = sorted((dice.randrange(len(message)), dice.randrange(len(message) + 1)))
    piece = message[at:until]
    match dice.randrange(4):
        case 0 if isinstance(message, str):
            return message[:at] + chr(dice.randrange(0x250)) + message[at + 1 :]
        case 0:
            return bytes(message[:at]) + bytes([dice.randrange(256)]) + bytes(message[at + 1 :])
        case 1:
            return message[:at] + message[until:]
        case 2:
            return message[:until] + piece + message[until:]  # type: ignore[operator]
        case _:
            return piece + message[:at] + message[until:]  # type: ignore[operator]


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.subprotocol)
def test_fuzz_100_000_frames(codec: Codec) -> None:
    """Hypothesis draws the material, each is mangled; all goes to a stranger's, a person's and a patient socket."""
    dice = random.Random(codec.subprotocol)
    good = [pack(codec, frame(kind)) for kind in EVERY_FRAME]
    sent: set[bytes | str] = set()
    count = 0
    understood = 0

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(messages(codec), min_size=4, max_size=20))
    def run(drawn: list[bytes | str]) -> None:
        nonlocal count, understood
        quick = joined(codec)
        patient = joined(codec, PATIENT)
        for number in range(A_RUN):
            message = drawn[number % len(drawn)]
            if number >= len(drawn):
                message = dice.choice(good) if number % 8 == 0 else mangled(dice.choice([*good, message]), dice)
            now = 1.0 + number
            for connection in (Connection(codec, Limits(), now), quick, patient):
                answer = connection.receive(message, now)
                check(connection, answer)
            understood += not isinstance(answer, Wrong)
            count += 1
            sent.add(message)
            if patient.state is State.CLOSED:
                assert len(message) > FRAME_BYTES_MAX
                patient = joined(codec, PATIENT)

    run()
    assert count >= FUZZED // 2
    assert len(sent) > FUZZED // 4
    assert understood > count // 20, "most of it was garbage that no client ever sends"


def test_a_connection_does_not_grow_with_what_it_is_sent() -> None:
    connection = joined(limits=PATIENT)
    bad = [b"\xc1", pack(MSGPACK, {"type": "nope"}), "text", pack(MSGPACK, frame("say", text="x" * 900))]

    def flood(turns: int) -> None:
        for turn in range(turns):
            for message in bad:
                connection.receive(message, 1.0 + turn / 10)

    flood(100)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        flood(5_000)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 2_000
    assert sys.getsizeof(connection) < 500
