"""What is kept of a picture: bounded in packets, bytes and age, and read from a keyframe on."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from signalling.relay.cache import AGE_S_MAX, BYTES_MAX, PACKETS_MAX, Cache
from signalling.relay.rtp import Received


def packet(body: bytes = b"x") -> Received:
    return Received(0x80, 0, 96, 0, 0, body)


def test_it_is_read_in_order_from_the_last_keyframe_on_whatever_the_order_of_arrival() -> None:
    cache = Cache()
    for at, keyframe in ((9, True), (10, False), (12, True), (14, False), (13, False), (11, False)):
        cache.put(at, packet(b"%d" % at), 0.0, keyframe=keyframe)
    assert [(at, kept.body) for at, kept in cache.from_keyframe()] == [(12, b"12"), (13, b"13"), (14, b"14")]


def test_a_keyframe_that_comes_late_does_not_displace_a_later_one() -> None:
    cache = Cache()
    cache.put(5, packet(), 0.0, keyframe=True)
    cache.put(3, packet(), 0.0, keyframe=True)
    assert [at for at, _ in cache.from_keyframe()] == [5]


def test_nothing_is_begun_with_when_the_keyframes_first_packet_is_gone() -> None:
    cache = Cache()
    cache.put(0, packet(), 0.0, keyframe=True)
    for at in range(1, PACKETS_MAX):
        cache.put(at, packet(), 0.0, keyframe=False)
    assert len(list(cache.from_keyframe())) == PACKETS_MAX
    cache.put(PACKETS_MAX, packet(), 0.0, keyframe=False)
    assert list(cache.from_keyframe()) == []
    assert cache.get(0) is None
    assert cache.get(1) is not None


def test_what_is_too_old_is_let_go() -> None:
    cache = Cache()
    cache.put(1, packet(), 0.0, keyframe=True)
    cache.put(2, packet(), 1.0, keyframe=False)
    cache.trim(AGE_S_MAX)
    assert len(cache) == 2
    cache.trim(AGE_S_MAX + 0.5)
    assert list(cache.from_keyframe()) == []
    assert (len(cache), cache.size) == (1, 1)
    cache.trim(AGE_S_MAX + 1.5)
    assert (len(cache), cache.size) == (0, 0)


def test_while_nobody_watches_it_holds_five_seconds_all_the_same() -> None:
    cache = Cache()
    for at in range(1_000):
        cache.put(at, packet(), at / 30, keyframe=at % 60 == 0)
    assert len(cache) == round(AGE_S_MAX * 30) + 1
    # A leg that was at full quality, and is at a leg's usual rate again, does not keep what it held.
    for at in range(1_000, 1_900):
        cache.put(at, packet(), 33.3 + (at - 1_000) / 300, keyframe=False)
    for at in range(1_900, 2_200):
        cache.put(at, packet(), 36.3 + (at - 1_900) / 30, keyframe=False)
    assert len(cache) == round(AGE_S_MAX * 30) + 1


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(1_000, 200_000))
def test_it_stays_within_its_bounds_and_counts_what_it_holds(steps: list[int], size: int) -> None:
    cache, at = Cache(), 0
    for count, step in enumerate(steps):
        at += 1 + step
        cache.put(at, packet(bytes(size)), float(count), keyframe=step == 0)
        assert cache.size <= BYTES_MAX
        assert len(cache) <= PACKETS_MAX
        assert cache.size == len(cache) * size
        kept = [number for number, _ in cache.from_keyframe()]
        assert kept == sorted(kept)
    # What was put in last is there, unless it alone breaks a bound.
    assert cache.get(at) is not None
