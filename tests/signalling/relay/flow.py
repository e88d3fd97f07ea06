"""A lesson that never ends, through a router alone: what it keeps is its caches, and they are full after seconds.

    python -m tests.signalling.relay.flow --packets 1000000 [--rss]

One side sends sound and picture on a line that loses some and brings some late; one observer stays and asks again for
what it misses, others come and go. Python's heap is looked at after each tenth of the way; with ``--rss`` only the
process's peak, which is three times as quick.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import time
import tracemalloc
from typing import Final, NamedTuple

from signalling.relay import rtcp
from signalling.relay.router import Router
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

PACKET_S: Final = 1 / 80
"""30 packets of picture and 50 of sound a second, as a leg has them."""
PICTURE_PACKETS: Final = 2
"""Of one picture, 15 a second."""
KEYFRAME_PICTURES: Final = 30
LOST: Final = 0.02
LATE: Final = 0.02
"""Of the packets; a late one comes behind the next."""
WARM_S: Final = 25.0
"""Caches are full after 5 s, and after 21 s each observer has had its turn."""


class Flow(NamedTuple):
    """What came of a run."""

    packets: int
    sent: int
    """To observers."""
    heaps: list[int]
    """Bytes of Python's heap, at so many moments, less what it was after `WARM_S`."""
    rss_kb: int
    """Growth of the process's peak since then."""
    cached: int
    """Bytes of payload that the caches hold at the end."""
    seconds: float


class Line:
    """A publisher's packets as they arrive."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._sound = self._picture = self._video = 0
        self._late: list[bytes] = []

    def arrived(self, number: int) -> list[bytes]:
        """What comes in the ``number``-th of the moments that are `PACKET_S` apart."""
        made = self._pictures() if number % 8 in (0, 3, 5) else self._sounds()
        out, self._late = self._late, []
        fate = self._chance.random()
        if fate < LATE:
            self._late = [made]
        elif fate > LATE + LOST:
            out.append(made)
        return out

    def _sounds(self) -> bytes:
        self._sound += 1
        return sound(self._sound, self._sound * 960, self._chance.randbytes(60))

    def _pictures(self) -> bytes:
        self._video += 1
        frame, part = divmod(self._video, PICTURE_PACKETS)
        text = self._chance.randbytes(900)
        first = key(text) if frame % KEYFRAME_PICTURES == 0 else delta(text)
        return rtp(self._video, frame * FRAME, more(text) if part else first, marker=part == PICTURE_PACKETS - 1)


def run(packets: int, seed: int = 1, *, heap: bool = True, looks: int = 10) -> Flow:
    """Let them flow."""
    chance = random.Random(seed)
    router, line = Router(chance.randbytes), Line(chance)
    router.publish("teacher", published())
    router.watch("stays", subscribed(), 0.0)
    begun, sent, warm = time.monotonic(), 0, round(WARM_S / PACKET_S)
    heaps: list[int] = []
    base = peak = 0
    if heap:
        tracemalloc.start()
    for number in range(warm + packets):
        now = number * PACKET_S
        out = [each for packet in line.arrived(number) for each in router.rtp("teacher", packet, now)]
        sent += len(out)
        if number % 80 == 0:
            _second(router, number // 80, out, now)
        due = router.next_tick()
        if due is not None and due <= now:
            router.tick(now)
        if number >= warm and (number - warm) % max(1, packets // looks) == 0:
            held = _heap()
            if number == warm:
                base, peak = held, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            heaps.append(held - base)
    tracemalloc.stop()
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    return Flow(packets, sent, heaps, rss, _cached(router), time.monotonic() - begun)


def _second(router: Router, second: int, out: list[tuple[str, bytes]], now: float) -> None:
    """What observers and the publisher say once a second."""
    router.rtcp("teacher", rtcp.sender_report(VIDEO, second << 32, second * 90_000, 1, 1), now)
    router.rtcp("teacher", rtcp.sender_report(AUDIO, second << 32, second * 48_000, 1, 1), now)
    numbers = [seen(packet).sequence for who, packet in out if who == "stays" and not rtcp.is_rtcp(packet)]
    asks = [rtcp.nack(5, stream.ssrc, [number - 3 & 0xFFFF for number in numbers]) for stream in subscribed()]
    router.rtcp("stays", b"".join((rtcp.receiver_report(5, []), *asks)), now)
    who = f"watch-{second % 7}"
    if second % 3:
        router.unwatch(who)
    else:
        router.watch(who, subscribed(base=0x0B00_0000 + second), now)


def _heap() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else 0


def _cached(router: Router) -> int:
    tracks = [track for publisher in router._publishers.values() for track in publisher.tracks.values()]
    return sum(track.cache.size for track in tracks if track.cache is not None)


def main() -> None:
    """The command above."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--packets", type=int, default=1_000_000)
    arguments.add_argument("--rss", action="store_true")
    chosen = arguments.parse_args()
    print(run(chosen.packets, heap=not chosen.rss))


if __name__ == "__main__":
    main()
