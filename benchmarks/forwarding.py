"""What forwarding costs in Python alone: plain RTP through a lesson's router, without SRTP, STUN or a socket.

    python -m benchmarks.forwarding

CPU time of this thread, the best of several rounds, so that a busy machine disturbs little.
"""

from __future__ import annotations

import random
import struct
import time
from dataclasses import dataclass

from signalling.relay.relay import LOOK_S
from signalling.relay.router import Router
from signalling.relay.streams import Published, Stream, Subscription

SECONDS = 20
"""Of media in one round."""
ROUNDS = 5
SIDES = ("teacher", "pupil")
SOUND_BYTES, PICTURE_BYTES = 80, 1_100
"""Payloads: 32 kbit/s of Opus, 200 kbit/s of VP8 in packets of an ordinary size."""
PICTURE_PACKETS_S, SOUND_PACKETS_S, FRAMES_S, KEYFRAME_FRAMES = 30, 50, 15, 30


@dataclass(frozen=True)
class Cost:
    """One shape of lesson."""

    observers: int
    packets_in: int
    packets_out: int
    cpu_s: float

    @property
    def us_in(self) -> float:
        """Microseconds a packet that came, all its copies included."""
        return self.cpu_s * 1e6 / self.packets_in

    @property
    def us_out(self) -> float:
        """Microseconds a forwarded packet; all that the lesson costs, divided by what went out."""
        return self.cpu_s * 1e6 / max(1, self.packets_out)


def film() -> list[tuple[float, str, bytes]]:
    """When, from whom, and a packet: two sides' legs as a page sends them."""
    out = []
    for side in SIDES:
        sound = random.Random(1).randbytes(SOUND_BYTES)
        for number in range(SECONDS * SOUND_PACKETS_S):
            head = struct.pack("!BBHLL", 0x80, 111, number & 0xFFFF, number * 960, 1)
            out.append((number / SOUND_PACKETS_S, side, head + sound))
        for number in range(SECONDS * PICTURE_PACKETS_S):
            frame, part = divmod(number, PICTURE_PACKETS_S // FRAMES_S)
            keyframe = b"\x90\x80\x80\x01\x10\x00\x00\x9d\x01\x2a"
            begins = keyframe if frame % KEYFRAME_FRAMES == 0 else b"\x90\x80\x80\x01\x11\x00\x00"
            body = b"\x80\x80\x80\x01" if part else begins
            head = struct.pack("!BBHLL", 0x80, 96, number & 0xFFFF, frame * 6_000, 2)
            out.append((number / PICTURE_PACKETS_S, side, head + body + bytes(PICTURE_BYTES)))
    return sorted(out, key=lambda packet: packet[0])


def forwarding(observers: int, packets: list[tuple[float, str, bytes]]) -> Cost:
    """One lesson's media through a router, watched by so many."""
    router = Router(random.Random(1).randbytes)
    streams = (Stream(kind="audio", ssrc=1, payload_type=111), Stream(kind="video", ssrc=2, payload_type=96))
    for side in SIDES:
        router.publish(side, Published(streams=streams))
    wanted = [
        Subscription(side=side, kind=stream.kind, ssrc=100 + 10 * at + stream.ssrc, payload_type=stream.payload_type)
        for at, side in enumerate(SIDES)
        for stream in streams
    ]
    for number in range(observers):
        router.watch(f"watch-{number}", wanted, 0.0)
    sent, look_at = 0, 0.0
    start = time.thread_time()
    for now, side, packet in packets:
        sent += len(router.rtp(side, packet, now))
        if now >= look_at:  # as `relay` does
            look_at = now + LOOK_S
            due = router.next_tick()
            if due is not None and due <= now:
                router.tick(now)
    return Cost(observers, len(packets), sent, time.thread_time() - start)


def best(observers: int) -> Cost:
    """The cheapest of several rounds."""
    packets = film()
    return min((forwarding(observers, packets) for _ in range(ROUNDS)), key=lambda cost: cost.cpu_s)


if __name__ == "__main__":
    print("| observers | µs a packet in | µs a packet out | packets in | packets out |")
    print("|---|---|---|---|---|")
    for cost in map(best, (0, 1, 2, 4)):
        out = f"{cost.us_out:.2f}" if cost.packets_out else "–"
        print(f"| {cost.observers} | {cost.us_in:.2f} | {out} | {cost.packets_in:,} | {cost.packets_out:,} |")
