"""D9: an observer leaves no trace with a publisher. Every byte that publishers are sent, observed and unobserved."""

from __future__ import annotations

import random
from typing import NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from signalling.relay import rtcp
from signalling.relay.publisher import CAP_BIT_S, KEYFRAME_RETRY_S, KEYFRAME_S
from signalling.relay.router import Router
from signalling.relay.streams import RELAY_SSRC
from tests.signalling.relay.packets import (
    AUDIO,
    FRAME,
    VIDEO,
    delta,
    key,
    more,
    published,
    rtp,
    seen,
    sound,
    subscribed,
)  # fmt: skip

TICK_S = 0.01


class Sent(NamedTuple):
    at: float
    who: str
    packet: bytes


def lesson(seed: int, observers: random.Random | None, seconds: float = 9.0) -> tuple[list[Sent], int]:
    """Two sides on a bad line; all that they are sent, and how many packets observers were."""
    line = random.Random(seed)
    sides = ("teacher", "sam")
    relay = Router(random.Random(7).randbytes)
    films = {side: _Film(line.randrange(65_536)) for side in sides}
    for side in sides:
        relay.publish(side, published())
    control: list[Sent] = []
    crowd = _Crowd(relay, observers) if observers is not None else None
    step, shown = 0, 0
    while step * TICK_S < seconds:
        now = step * TICK_S
        for side in sides:
            for packet in films[side].packets(step, line):
                is_control = rtcp.is_rtcp(packet)
                out = relay.rtcp(side, packet, now) if is_control else relay.rtp(side, packet, now)
                assert not {who for who, _ in out} & set(sides), "a publisher is sent something out of turn"
                shown += len(out)
                if crowd is not None:
                    crowd.saw(out)
        if crowd is not None:
            shown += crowd.stir(now)
        if line.random() < 0.001:  # a reload
            relay.publish(side, published())
            films[side] = _Film(line.randrange(65_536))
        due = relay.next_tick()
        if due is not None and due <= now:
            control += (Sent(now, *out) for out in relay.tick(now))
        step += 1
    return control, shown


class _Film:
    """A side's picture at 15 fps and its sound."""

    def __init__(self, start: int) -> None:
        self._video = self._audio = start
        self._frame = 0
        self._late: list[bytes] = []

    def packets(self, step: int, line: random.Random) -> list[bytes]:
        out = self._late
        self._late = []
        if step % 2 == 0:
            self._audio += 1
            out.append(sound(self._audio, self._audio * 960))
        if step % 7 == 0:
            for part in range(3):
                self._video += 1
                first = key() if self._frame % 30 == 0 else delta()
                out.append(rtp(self._video, self._frame * FRAME, more() if part else first, marker=part == 2))
            self._frame += 1
        if step % 50 == 7:
            out.append(rtcp.sender_report(VIDEO, (step + 1) << 30, self._frame * FRAME, 1, 1))
            out.append(rtcp.sender_report(AUDIO, (step + 1) << 30, self._audio * 960, 1, 1))
        arrived = []
        for packet in out:
            fate = line.random()
            if fate < 0.05:
                continue
            (self._late if fate < 0.1 else arrived).append(packet)
        return arrived


class _Crowd:
    """Observers who come, go, and ask without end."""

    def __init__(self, relay: Router, chance: random.Random) -> None:
        self._relay = relay
        self._chance = chance
        self._there: set[str] = set()
        self._numbers: list[int] = []

    def saw(self, out: list[tuple[str, bytes]]) -> None:
        self._numbers += (seen(packet).sequence for _, packet in out if not rtcp.is_rtcp(packet))
        del self._numbers[:-200]

    def stir(self, now: float) -> int:
        shown = 0
        if self._chance.random() < 0.1:
            who = f"watch-{self._chance.randrange(4)}"
            if who in self._there:
                self._relay.unwatch(who)
                self._there.remove(who)
            else:
                shown += len(self._relay.watch(who, [*subscribed("teacher"), *subscribed("sam", 0x0B00_0000)], now))
                self._there.add(who)
        for who in sorted(self._there):
            out = self._relay.rtcp(who, self._flood(), now)
            assert {to for to, _ in out} <= {who}
            shown += len(out)
            # An observer that sends media is not heard either.
            assert self._relay.rtp(who, rtp(1, 1, key()), now) == []
        return shown

    def _flood(self) -> bytes:
        chance = self._chance
        media = chance.choice([0x0A00_0002, 0x0B00_0002, VIDEO, AUDIO, chance.getrandbits(32)])
        return b"".join((
            rtcp.receiver_report(5, [rtcp.Block(media, 255, 1_000, 70_000, 9_999, 1, 1)]),
            rtcp.pli(5, media),
            rtcp.nack(5, media, [chance.choice(self._numbers or [1]) for _ in range(20)]),
            rtcp.remb(5, chance.choice([0, 30_000, 2**40]), [media]),
            rtcp.sender_report(media, chance.getrandbits(64), 1, 1, 1),
            chance.randbytes(chance.randrange(40)),
        ))  # fmt: skip


@settings(
    max_examples=5, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)  # a seed has no shorter form; each is nine seconds at a hundred ticks
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_D9_publishers_are_sent_the_same_bytes_at_the_same_moments_observed_or_not(seed: int, observers: int) -> None:
    unobserved, nothing = lesson(seed, None)
    observed, shown = lesson(seed, random.Random(observers))
    assert (nothing, shown > 100) == (0, True)
    assert observed == unobserved
    # And they are sent everything that could differ.
    kinds = {(packet[1], packet[0] & 31) for _, _, packet in unobserved}
    assert {(rtcp.RTPFB, 1), (rtcp.PSFB, 1), (rtcp.RR, 2)} <= kinds


def control_of(out: list[tuple[str, bytes]]) -> list[rtcp.Item]:
    return [item for _, packet in out for item in rtcp.read(packet)]


def plis(relay: Router, start: float, seconds: float, feed: bool = True) -> list[float]:
    """When keyframes are asked for, while pictures come that are none."""
    asked = []
    for step in range(round(seconds / TICK_S)):
        now = start + step * TICK_S
        if feed and step % 7 == 0:
            relay.rtp("teacher", rtp(1_000 + step // 7, step, delta()), now)
        if any(isinstance(item, rtcp.KeyframeRequest) for item in control_of(relay.tick(now))):
            asked.append(now)
    return asked


def test_keyframes_are_asked_for_on_a_fixed_cadence_from_the_first_on() -> None:
    relay = Router(random.Random(1).randbytes)
    relay.publish("teacher", published())
    relay.rtp("teacher", rtp(999, 0, key()), 5.0)
    asked = plis(relay, 5.0, 7.0)
    assert asked == pytest.approx([5.0 + KEYFRAME_S * n for n in (1, 2, 3)], abs=TICK_S)


def test_until_there_is_a_keyframe_it_is_asked_for_more_often() -> None:
    relay = Router(random.Random(1).randbytes)
    relay.publish("teacher", published())
    asked = plis(relay, 5.0, 1.8)
    assert asked == pytest.approx([5.0 + KEYFRAME_RETRY_S * n for n in range(4)], abs=TICK_S)


def test_nothing_is_sent_before_something_came() -> None:
    relay = Router(random.Random(1).randbytes)
    relay.publish("teacher", published())
    assert relay.next_tick() is None
    assert relay.tick(100.0) == []


def test_a_late_tick_is_one_report_and_no_volley() -> None:
    relay = Router(random.Random(1).randbytes)
    relay.publish("teacher", published())
    relay.rtp("teacher", rtp(1, 0, key()), 0.0)
    relay.tick(0.0)
    assert len(relay.tick(60.0)) == 2  # a keyframe request, a report
    assert relay.tick(60.1) == []


def test_the_bit_rates_cap_is_always_the_same_and_comes_with_the_first_report() -> None:
    relay = Router(random.Random(1).randbytes)
    relay.publish("teacher", published())
    relay.rtp("teacher", sound(1, 0), 0.0)
    told = [
        item.bit_s for n in range(5) for item in control_of(relay.tick(float(n))) if isinstance(item, rtcp.Estimate)
    ]
    assert len(told) == 5
    assert set(told) == {told[0]}
    assert 0 <= CAP_BIT_S - told[0] < CAP_BIT_S / 100_000


def test_what_the_relay_misses_it_asks_for_itself() -> None:
    relay = Router(random.Random(1).randbytes)
    relay.publish("teacher", published())
    for number in (65_534, 65_535, 2, 3):
        relay.rtp("teacher", rtp(number, 0, key()), 0.0)
        relay.rtp("teacher", sound(number, 0), 0.0)
    relay.tick(0.0)
    asked = [(packet[4:8], item) for _, packet in relay.tick(0.05) for item in rtcp.read(packet)]
    # The picture's only: browsers do not send sound again.
    assert asked == [(RELAY_SSRC.to_bytes(4, "big"), rtcp.Nack(VIDEO, (0, 1)))]
