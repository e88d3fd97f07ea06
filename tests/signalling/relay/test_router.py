"""What observers are sent: the relay's own numbers and times, continuous; first a keyframe; again what they miss."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalling.relay import rtcp
from signalling.relay.port import Refused
from signalling.relay.router import OBSERVERS_MAX, PUBLISHERS_MAX, RESENDS_S_MAX, SUBSCRIPTIONS_MAX, Router
from signalling.relay.rtp import starts_keyframe
from signalling.relay.streams import Subscription
from tests.signalling.relay import flow
from tests.signalling.relay.packets import (
    AUDIO,
    FRAME,
    VIDEO,
    Seen,
    delta,
    key,
    more,
    published,
    rtp,
    seen,
    sound,
    subscribed,
)  # fmt: skip

HEARD, WATCHED = subscribed()
HEAP_BYTES_MAX = 64 * 1_024
"""By which a lesson's heap may differ from one moment to another: five seconds of pictures are never quite as many."""


def router(seed: int = 1) -> Router:
    made = Router(random.Random(seed).randbytes)
    made.publish("teacher", published())
    return made


def pictures(out: list[tuple[str, bytes]], who: str = "watch") -> list[Seen]:
    """RTP of the picture that one observer is sent."""
    packets = [seen(packet) for to, packet in out if to == who and not rtcp.is_rtcp(packet)]
    return [packet for packet in packets if packet.ssrc == WATCHED.ssrc]


def filmed(count: int, start: int = 0, keyframes: int = 30, packets: int = 2) -> Iterator[bytes]:
    """A film of so many pictures, each of so many packets, with its number as text."""
    for number in range(count):
        text = b"%d" % number
        first = key(text) if number % keyframes == 0 else delta(text)
        for part in range(packets):
            body = first if part == 0 else more(text)
            yield rtp(start + number * packets + part, number * FRAME, body, marker=part == packets - 1)


def test_observers_are_sent_numbers_times_ssrc_and_payload_type_of_the_relays_own() -> None:
    relay = router()
    relay.watch("watch", [HEARD, WATCHED], 0.0)
    sent = list(filmed(60, start=65_500))
    got = pictures([out for packet in sent for out in relay.rtp("teacher", packet, 0.0)])
    assert [packet.body for packet in got] == [seen(packet).body for packet in sent]
    assert [packet.marker for packet in got] == [seen(packet).marker for packet in sent]
    assert {(packet.ssrc, packet.payload_type) for packet in got} == {(WATCHED.ssrc, 120)}
    first = got[0]
    assert [(p.sequence - first.sequence) & 0xFFFF for p in got] == list(range(120))
    assert [(p.timestamp - first.timestamp) & 0xFFFF_FFFF for p in got] == [FRAME * (n // 2) for n in range(120)]
    assert first.sequence != 65_500


def test_two_observers_have_numbers_of_their_own() -> None:
    relay = router()
    relay.watch("a", [WATCHED], 0.0)
    relay.watch("b", [WATCHED], 0.0)
    out = relay.rtp("teacher", rtp(9, 9, key()), 0.0)
    [(_, for_a), (_, for_b)] = out
    assert [who for who, _ in out] == ["a", "b"]
    assert seen(for_a).body == seen(for_b).body
    assert (seen(for_a).sequence, seen(for_a).timestamp) != (seen(for_b).sequence, seen(for_b).timestamp)


def test_a_side_is_sent_to_those_who_watch_it_only() -> None:
    relay = router()
    relay.publish("sam", published())
    relay.watch("watch", subscribed("sam"), 0.0)
    assert relay.rtp("teacher", rtp(1, 1, key()), 0.0) == []
    assert len(relay.rtp("sam", rtp(1, 1, key()), 0.0)) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 65_535), st.integers(1, 100), st.integers(2, 20), st.integers(1, 3), st.floats(0, 0.2),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_a_newcomers_pictures_begin_with_a_keyframes_first_packet_and_join_what_follows(
    start: int, before: int, keyframes: int, packets: int, loss: float, chance: random.Random
) -> None:
    relay = router()
    film = list(filmed(before + 40, start, keyframes, packets))
    for packet in film[: before * packets]:
        if chance.random() >= loss:
            relay.rtp("teacher", packet, 1.0)
    primed = pictures(relay.watch("watch", [HEARD, WATCHED], 1.0))
    after = [out for packet in film[before * packets :] for out in relay.rtp("teacher", packet, 1.0)]
    got = primed + pictures(after)
    assert got
    assert starts_keyframe(got[0].body)
    # Each packet stands where the film has it, counted from the first, over the join too.
    numbers = [(packet.sequence - got[0].sequence) & 0xFFFF for packet in got]
    bodies = [seen(packet).body for packet in film]
    at = bodies.index(got[0].body)
    assert [bodies[at + number] for number in numbers] == [packet.body for packet in got]
    assert numbers == sorted(set(numbers))
    times = [(packet.timestamp - got[0].timestamp) & 0xFFFF_FFFF for packet in got]
    assert times == [FRAME * ((at + number) // packets - at // packets) for number in numbers]


def test_a_newcomer_before_any_keyframe_waits_for_the_next() -> None:
    relay = router()
    relay.rtp("teacher", rtp(1, 0, delta()), 0.0)
    assert relay.watch("watch", [WATCHED], 0.0) == []
    assert relay.rtp("teacher", rtp(2, FRAME, delta()), 0.0) == []
    assert len(relay.rtp("teacher", rtp(3, 2 * FRAME, key()), 0.0)) == 1
    assert len(relay.rtp("teacher", rtp(4, 3 * FRAME, delta()), 0.0)) == 1


def test_a_picture_of_long_ago_is_no_beginning() -> None:
    relay = router()
    for packet in filmed(20):
        relay.rtp("teacher", packet, 0.0)
    assert relay.watch("watch", [WATCHED], 60.0) == []


def test_a_reload_goes_on_under_the_same_ssrc_with_the_next_number_and_a_time_later_by_what_passed() -> None:
    relay = router()
    relay.watch("watch", [HEARD, WATCHED], 0.0)
    before = pictures([out for packet in filmed(10, 500) for out in relay.rtp("teacher", packet, 1.0)])
    relay.publish("teacher", published(video=0x9999, audio=0x8888))
    assert relay.rtp("teacher", rtp(1, 1, key()), 2.0) == [], "the old stream's SSRC is not the new leg's"
    assert relay.rtp("teacher", rtp(60_000, 1, delta(), ssrc=0x9999), 2.9) == [], "a keyframe comes first"
    [again] = pictures(relay.rtp("teacher", rtp(60_001, 77, key(), ssrc=0x9999), 3.0))
    assert again.ssrc == before[-1].ssrc
    assert (again.sequence - before[-1].sequence) & 0xFFFF == 1
    assert (again.timestamp - before[-1].timestamp) & 0xFFFF_FFFF == 2 * 90_000
    [then] = pictures(relay.rtp("teacher", rtp(60_002, 77 + FRAME, delta(), ssrc=0x9999), 3.1))
    assert (then.sequence - again.sequence, then.timestamp - again.timestamp) == (1, FRAME)


def test_a_publisher_who_comes_after_the_observer_is_seen() -> None:
    relay = Router(random.Random(1).randbytes)
    relay.watch("watch", [HEARD, WATCHED], 0.0)
    relay.publish("teacher", published())
    assert len(relay.rtp("teacher", rtp(1, 1, key()), 0.0)) == 1
    relay.unpublish("teacher")
    assert relay.rtp("teacher", rtp(2, 1, key()), 0.0) == []


def test_a_jump_of_the_publishers_numbers_is_none_of_the_observers() -> None:
    relay = router()
    relay.watch("watch", [WATCHED], 0.0)
    last = pictures([out for packet in filmed(3) for out in relay.rtp("teacher", packet, 0.0)])[-1]
    assert relay.rtp("teacher", rtp(40_000, 0, delta()), 1.0) == []
    assert relay.rtp("teacher", rtp(40_001, 0, delta()), 1.0) == [], "there was a hole: a keyframe comes first"
    [after] = pictures(relay.rtp("teacher", rtp(40_002, 0, key()), 1.0))
    assert (after.sequence - last.sequence) & 0xFFFF == 1
    assert (after.timestamp - last.timestamp) & 0xFFFF_FFFF == 90_000


def test_a_hole_stays_a_hole_so_that_the_decoder_knows() -> None:
    relay = router()
    relay.watch("watch", [WATCHED], 0.0)
    film = list(filmed(10))
    got = pictures([o for n, p in enumerate(film) if n not in (7, 8) for o in relay.rtp("teacher", p, 0.0)])
    assert [(p.sequence - got[0].sequence) & 0xFFFF for p in got] == [n for n in range(20) if n not in (7, 8)]
    [late] = pictures(relay.rtp("teacher", film[7], 0.2))
    assert (late.sequence - got[0].sequence) & 0xFFFF == 7
    assert relay.rtp("teacher", film[7], 0.3) == [], "nor is it sent twice"


def test_sound_begins_at_once() -> None:
    relay = router()
    relay.rtp("teacher", sound(9, 960), 0.0)
    relay.watch("watch", [HEARD, WATCHED], 0.0)
    [(_, packet)] = relay.rtp("teacher", sound(10, 1_920), 0.02)
    assert (seen(packet).ssrc, seen(packet).payload_type, seen(packet).body) == (HEARD.ssrc, 109, b"opus")


class TestLipSync:
    def test_a_sender_report_is_of_the_same_moment_in_the_observers_numbers(self) -> None:
        relay = router()
        relay.watch("watch", [HEARD, WATCHED], 0.0)
        [(_, heard)] = relay.rtp("teacher", sound(1, 5_000), 0.0)
        [(_, watched)] = relay.rtp("teacher", rtp(1, 70_000, key()), 0.0)
        wall = 0xE000_0000 << 32
        [(_, first)] = relay.rtcp("teacher", rtcp.sender_report(AUDIO, wall, 4_000, 1, 1), 0.5)
        [(_, second)] = relay.rtcp("teacher", rtcp.sender_report(VIDEO, wall + (1 << 31), 79_000, 1, 1), 9.0)
        [of_sound] = rtcp.read(first)
        [of_picture] = rtcp.read(second)
        assert isinstance(of_sound, rtcp.SenderReport)
        assert isinstance(of_picture, rtcp.SenderReport)
        assert (of_sound.ssrc, of_picture.ssrc) == (HEARD.ssrc, WATCHED.ssrc)
        assert (of_sound.timestamp - seen(heard).timestamp) & 0xFFFF_FFFF == 0xFFFF_FFFF & -1_000
        assert (of_picture.timestamp - seen(watched).timestamp) & 0xFFFF_FFFF == 9_000
        # Half a second apart by the publisher's clock, however late the second came; and the clock is the relay's.
        assert of_picture.ntp - of_sound.ntp == 1 << 31
        assert of_sound.ntp == 1 << 31

    def test_a_newcomer_is_told_before_the_first_picture(self) -> None:
        relay = router()
        for count in range(3):
            relay.rtp("teacher", sound(count, 960 * count), count / 50)
            relay.rtp("teacher", rtp(count, FRAME * count, key() if count == 0 else delta()), count / 50)
            for ssrc, timestamp in ((AUDIO, 960 * count), (VIDEO, FRAME * count)):
                relay.rtcp("teacher", rtcp.sender_report(ssrc, count << 33, timestamp, 1, 1), count / 50)
        out = relay.watch("watch", [HEARD, WATCHED], 1.0)
        kinds = [rtcp.is_rtcp(packet) for _, packet in out]
        assert kinds == [True] * 4 + [False] * 3, "two reports of each, then the pictures"
        reports = [item for _, packet in out[:4] for item in rtcp.read(packet)]
        assert [report.ssrc for report in reports] == [HEARD.ssrc, HEARD.ssrc, WATCHED.ssrc, WATCHED.ssrc]
        newest = seen(out[-1][1])
        assert reports[3].timestamp == newest.timestamp, "the pictures keep their times"
        [(_, heard)] = relay.rtp("teacher", sound(3, 960 * 3), 1.0)
        assert (seen(heard).timestamp - reports[1].timestamp) & 0xFFFF_FFFF == 960

    def test_the_publishers_own_wall_clock_is_not_passed_on(self) -> None:
        relay = router()
        relay.watch("watch", [WATCHED], 0.0)
        relay.rtp("teacher", rtp(1, 0, key()), 0.0)
        [(_, first)] = relay.rtcp("teacher", rtcp.sender_report(VIDEO, 0xE000_0000 << 32, 0, 1, 1), 10.0)
        relay.publish("teacher", published(video=5))
        relay.rtp("teacher", rtp(1, 0, key(), ssrc=5), 20.0)
        [(_, second)] = relay.rtcp("teacher", rtcp.sender_report(5, 0x1000_0000 << 32, 0, 1, 1), 20.0)
        assert [item.ntp for packet in (first, second) for item in rtcp.read(packet)] == [10 << 32, 20 << 32]


class TestAskedForAgain:
    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 65_535), st.integers(0, 60), st.data())
    def test_what_a_number_stands_for_never_changes(self, start: int, joins: int, data: st.DataObject) -> None:
        """SRTP under one number with two contents would give away the key stream."""
        relay = router()
        film = list(filmed(40, start, keyframes=12))
        sent: dict[int, bytes] = {}

        def keep(out: list[tuple[str, bytes]]) -> None:
            for _, packet in out:
                if not rtcp.is_rtcp(packet):
                    assert sent.setdefault(seen(packet).sequence, packet) == packet

        for number, packet in enumerate(film):
            if number == joins:
                keep(relay.watch("watch", [WATCHED], 0.0))
            if number == 60:
                relay.publish("teacher", published())
            if number % 9 != 4:
                keep(relay.rtp("teacher", packet, number / 30))
        lost = data.draw(st.lists(st.sampled_from(sorted(sent)) | st.integers(0, 65_535), max_size=40))
        keep(relay.rtcp("watch", rtcp.nack(1, WATCHED.ssrc, lost), 3.0))
        for packet in film[4::9]:
            keep(relay.rtp("teacher", packet, 3.0))

    def test_an_observer_is_sent_again_what_it_asks_for_and_nobody_else(self) -> None:
        relay = router()
        relay.watch("watch", [WATCHED], 0.0)
        relay.watch("other", [WATCHED], 0.0)
        sent = [o for p in filmed(10) for o in relay.rtp("teacher", p, 0.0) if o[0] == "watch"]
        numbers = [seen(packet).sequence for _, packet in sent]
        assert relay.rtcp("watch", rtcp.nack(1, WATCHED.ssrc, numbers[3:7]), 0.1) == sent[3:7]
        assert relay.rtcp("watch", rtcp.nack(1, VIDEO, numbers[3:7]), 0.1) == [], "not its stream"
        assert relay.rtcp("nobody", rtcp.nack(1, WATCHED.ssrc, numbers[3:7]), 0.1) == []
        before = [(numbers[0] - n) & 0xFFFF for n in range(1, 5)]
        assert relay.rtcp("watch", rtcp.nack(1, WATCHED.ssrc, before), 0.1) == [], "never sent to it"

    def test_asking_without_end_is_bounded(self) -> None:
        relay = router()
        relay.watch("watch", [WATCHED], 0.0)
        sent = [o for p in filmed(100) for o in relay.rtp("teacher", p, 0.0)]
        ask = rtcp.nack(1, WATCHED.ssrc, [seen(packet).sequence for _, packet in sent])
        assert sum(len(relay.rtcp("watch", ask, 0.5)) for _ in range(1_000)) == RESENDS_S_MAX
        assert len(relay.rtcp("watch", ask, 1.6)) == 200, "and the next second it may ask again"

    def test_the_same_number_many_times_in_one_request_is_one_packet(self) -> None:
        relay = router()
        relay.watch("watch", [WATCHED], 0.0)
        [(_, packet)] = relay.rtp("teacher", rtp(1, 0, key()), 0.0)
        ask = rtcp.nack(1, WATCHED.ssrc, [seen(packet).sequence] * 200)
        assert relay.rtcp("watch", ask, 0.0) == [("watch", packet)]


class TestBounds:
    def test_packets_that_were_not_declared_leave_nothing_behind(self) -> None:
        relay = router()
        relay.watch("watch", [WATCHED], 0.0)
        for number in range(3_000):
            assert relay.rtp("teacher", rtp(number, 0, key(), ssrc=number), number / 100) == []
            assert relay.rtp("teacher", rtp(number, 0, key(), payload_type=97), number / 100) == []
            assert relay.rtp("sam", rtp(number, 0, key()), number / 100) == []
        assert relay.seen("teacher") == (0, 0, None)
        assert relay.next_tick() is None

    def test_a_flood_is_bounded_a_second_and_another_publisher_is_not_touched(self) -> None:
        relay = router()
        relay.publish("sam", published())
        relay.watch("watch", [WATCHED], 0.0)
        relay.watch("other", subscribed("sam"), 0.0)
        flood = sum(len(relay.rtp("teacher", rtp(n, 0, key(bytes(1_000))), 0.5)) for n in range(20_000))
        assert flood == 1_200
        assert len(relay.rtp("sam", rtp(1, 0, key()), 0.5)) == 1
        assert len(relay.rtp("teacher", rtp(1_201, 0, key()), 1.6)) == 1

    def test_places_are_bounded_and_free_again(self) -> None:
        relay = router()
        for number in range(PUBLISHERS_MAX - 1):
            relay.publish(f"pupil-{number}", published())
        with pytest.raises(Refused, match="lesson_full"):
            relay.publish("one more", published())
        relay.publish("teacher", published())
        for number in range(OBSERVERS_MAX):
            relay.watch(f"watch-{number}", [WATCHED], 0.0)
        with pytest.raises(Refused, match="lesson_full"):
            relay.watch("one more", [WATCHED], 0.0)
        relay.watch("watch-3", [WATCHED], 0.0)
        relay.unwatch("watch-3")
        relay.unwatch("watch-3")
        relay.watch("one more", [WATCHED], 0.0)
        assert len(relay.rtp("teacher", rtp(1, 0, key()), 0.0)) == OBSERVERS_MAX

    def test_subscriptions_are_bounded_and_their_ssrcs_distinct(self) -> None:
        relay = router()
        many = [
            Subscription(side="teacher", kind="video", ssrc=number, payload_type=96)
            for number in range(SUBSCRIPTIONS_MAX + 1)
        ]
        for wrong in (many, [WATCHED, WATCHED]):
            with pytest.raises(Refused, match="too_many_streams"):
                relay.watch("watch", wrong, 0.0)
        assert relay.rtp("teacher", rtp(1, 0, key()), 0.0) == []

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(["teacher", "watch", "nobody"]), st.booleans(), st.binary(max_size=80))))
    def test_nothing_that_comes_in_raises(self, packets: list[tuple[str, bool, bytes]]) -> None:
        relay = router()
        relay.watch("watch", [HEARD, WATCHED], 0.0)
        relay.rtp("teacher", rtp(1, 0, key()), 0.0)
        for number, (who, is_rtp, packet) in enumerate(packets):
            whole = rtp(number, number, packet) if number % 2 else packet
            out = relay.rtp(who, whole, number / 10) if is_rtp else relay.rtcp(who, packet, number / 10)
            assert len(out) <= RESENDS_S_MAX
            relay.tick(number / 10)


def test_a_lesson_keeps_its_caches_and_nothing_else_however_long_it_lasts() -> None:
    """Measured once by `flow`, over a million packets: what rises in a lesson's first minute is its caches."""
    flowed = flow.run(4_000, looks=3)
    assert flowed.sent > 4_000
    assert flowed.cached < 200_000
    assert max(flowed.heaps) <= HEAP_BYTES_MAX
