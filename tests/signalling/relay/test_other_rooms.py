"""What one room's people, or strangers, send costs another room nothing: not a packet, not a byte of difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from signalling.relay import leg, rtcp
from signalling.relay.port import LegId, Source
from tests.signalling.relay.peer import AUDIO, VIDEO, Net, Peer, keyframe, receiver_report, relay, rtp

QUIET, QUIET_WATCH = ("198.51.100.1", 1), ("198.51.100.1", 2)
LOUD, LOUD_WATCH = ("198.51.100.2", 1), ("198.51.100.2", 2)
FLOOD = 2 * leg.PACKETS_A_WINDOW_MAX
STEPS = 12
STEP_S = 0.25


class Town(NamedTuple):
    """Two lessons, each watched: what is done to ``loud`` must not be seen in ``quiet``."""

    net: Net
    quiet: Peer
    quiet_watch: Peer
    loud: Peer
    loud_watch: Peer


def town() -> Town:
    net = Net(relay())
    made = [Peer("teacher", QUIET), Peer("watch-1", QUIET_WATCH, sides=("teacher",))]
    made += [Peer("teacher-2", LOUD), Peer("watch-2", LOUD_WATCH, sides=("teacher",))]
    ids = [LegId(lesson, who, 1) for lesson in ("quiet", "loud") for who in ("teacher", "watch-1")]
    for peer, one in zip(made, ids, strict=True):
        net.connect(peer, leg=one)
    return Town(net, *made)


def packets(town: Town, step: int) -> None:
    """More than a leg may send in a window."""
    for number in range(FLOOD):
        town.loud.send(rtp(AUDIO, (step * FLOOD + number) & 0x3FFF))


def other_ssrcs(town: Town, step: int) -> None:
    """Those that the quiet room's own streams have, and those that nobody announced."""
    for number in range(60):
        town.loud.send(rtp(0xABC0_0000 + step * 60 + number, number))
        town.loud.send(receiver_report(0xDEF0_0000 + step * 60 + number))
        town.loud.send(rtcp.pli(5, VIDEO))


def requests(town: Town, step: int) -> None:
    """All that an observer can ask for, in a room that is not its own, too."""
    for number in range(60):
        for media in (VIDEO, AUDIO, 0x0A00_0000 + number):
            town.loud_watch.send(rtcp.pli(5, media))
            town.loud_watch.send(rtcp.nack(5, media, range(17)))
            town.loud_watch.send(rtcp.remb(5, 1, [media]))


def as_if_from_there(town: Town, step: int) -> None:
    """The quiet room's addresses, invented, on packets that are authentic elsewhere, and on junk."""
    assert town.loud.out is not None
    for number in range(FLOOD):
        sealed = town.loud.out.protect(rtp(AUDIO, (step * FLOOD + number) & 0x3FFF))
        town.net.inject([sealed, rtp(AUDIO, number), b"\x80" + bytes(20)], QUIET)
        town.net.inject([sealed, b"\x16\xfe\xfd" + bytes(40)], QUIET_WATCH)


def checks(town: Town, step: int) -> None:
    """Authentic checks of one leg from the addresses of another, and some for it under a wrong key."""
    for _ in range(60):
        town.loud.check(source=QUIET)
        town.loud.check(source=QUIET_WATCH)
        town.quiet.check(source=LOUD, key="another-password-of-24-l")


def strangers(town: Town, step: int) -> None:
    """From everywhere."""
    for number in range(FLOOD):
        source: Source = (f"203.0.113.{number % 250 + 1}", 1_000 + number)
        town.net.inject([rtp(VIDEO, number), b"\x16\xfe\xfd" + bytes(40), bytes([0, 1, 0, 0]) + bytes(16)], source)


def lesson(does: Callable[[Town, int], None] | None) -> tuple[list[bytes], list[bytes], list[bytes], int]:
    """Three seconds of the quiet room: what its observer and its publisher are sent, and what the relay counted."""
    made = town()
    net = made.net
    for step in range(STEPS):
        net.now += STEP_S
        if step % 8 == 0:
            for peer in (made.quiet, made.quiet_watch, made.loud, made.loud_watch):
                peer.check()
        if does is not None:
            does(made, step)
        made.quiet.send(keyframe(VIDEO, step))
        made.quiet.send(rtp(AUDIO, step))
        net.run()
        net.relay.tick(net.now)
        net.run()
    view = net.relay.view("quiet", "teacher", net.now)
    assert view is not None
    assert view.connected
    return made.quiet_watch.rtp, made.quiet_watch.rtcp, made.quiet.rtcp, view.audio + view.video


@pytest.mark.parametrize("does", [packets, other_ssrcs, requests, as_if_from_there, checks, strangers])
def test_a_room_beside_one_that_is_flooded_is_sent_what_it_is_sent_alone(does: Callable[[Town, int], None]) -> None:
    alone, beside = lesson(None), lesson(does)
    assert len(alone[0]) == 2 * STEPS
    assert alone[3] == 2 * STEPS
    assert beside == alone
