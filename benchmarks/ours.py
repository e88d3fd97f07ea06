"""The server under test: the real store, hosting and gateway, for lessons that exist only here.

Two things differ from production, both said in the table: how much one client may send, of anything, is raised, so that
400 sockets can fill a core, and sign-in is left out (tickets are made by the load generator with the same key).
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import uvicorn

from benchmarks.load import Client, mark
from benchmarks.peers import SDP, chat_text
from moderation.pipeline import Draft, Pipeline
from rooms.lesson import TEACHER, Actor, Kind, Lesson, Pupil, Role
from rooms.verdict import Ruling, Verdict
from server.app import bind, uvicorn_config
from server.clock import SystemClock
from server.config import Config
from server.connection import Limits, Rate
from server.entropy import EntropyPool
from server.frames import ClientFrame, Description, Join, Report, SayFrame, SignalFrame
from server.garbage import look_rarely
from server.gateway import Gateway
from server.hosting import Hosting
from server.seat import Admission
from server.spool import Spool
from server.store import open_store
from server.store.migration import migrate
from server.tickets import Tickets
from signalling import negotiation

SECRET = b"benchmark: not a secret of anything"
ORIGIN = "http://localhost"
STARTS_IN_MS = 600_000
UNBOUNDED = Rate(1e9, 1e9)
UNBOUNDED_COUNT = 1 << 62
FREE = Limits(say=UNBOUNDED, act=UNBOUNDED, beat=UNBOUNDED, report=UNBOUNDED, signal=UNBOUNDED, volume=UNBOUNDED)
ALLOWED = Verdict(Ruling.ALLOW)


def bench_tickets() -> Tickets:
    """A ticket office whose key is the same in the server and in the load generator."""
    first = True

    def entropy(size: int) -> bytes:
        nonlocal first
        if first:
            first = False
            return bytes(size)
        return secrets.token_bytes(size)

    return Tickets(SECRET, time.monotonic, entropy)


def actor(client: int) -> Actor:
    """Even: the room's teacher; odd: its pupil side."""
    if client % 2 == 0:
        return Actor(Role.TEACHER, f"t{client}", "Ms Patel", TEACHER)
    return Actor(Role.PUPIL_SIDE, f"p{client}", "Alex Hall", "sam")


class BenchBookings:
    """Every lesson named ``bench-N`` is booked, to start in ten minutes."""

    def __init__(self, now_ms: int) -> None:
        self._starts_at = now_ms + STARTS_IN_MS

    async def lesson(self, lesson: str) -> Lesson | None:
        return Lesson(
            id=lesson, kind=Kind.INDIVIDUAL, subject="Violin", teacher_name="Ms Patel",
            pupils=(Pupil("sam", "Sam", 17),), starts_at=self._starts_at, ends_at=self._starts_at + 1_800_000,
        )  # fmt: skip

    async def may_watch(self, person_id: str, lesson: str) -> bool:
        """Nobody's scope is less than all."""
        return True


class Ours:
    """Our dialect, and how to start us."""

    def __init__(self, review: bool) -> None:
        self.name = "ours_with_review" if review else "ours"
        self._review = review
        self._tickets = bench_tickets()
        self._encoder = msgspec.msgpack.Encoder()
        self._actions = 0
        self._packets = 0
        self._generations: dict[int, int] = {}

    def command(self, port: int) -> list[str]:
        return [sys.executable, "-m", "benchmarks.ours", str(port), *(["--review"] if self._review else [])]

    def request(self, client: int) -> tuple[str, dict[str, str]]:
        return "/ws", {"Origin": ORIGIN, "Sec-WebSocket-Protocol": "lesson.v1.msgpack"}

    def _frame(self, frame: ClientFrame) -> tuple[bytes, bool]:
        return self._encoder.encode(frame), False

    def opened(self, client: Client) -> None:
        ticket = self._tickets.issue(Admission(f"bench-{client.index // 2}", actor(client.index)))
        client.send(*self._frame(Join(ticket=ticket, device=f"d{client.index}")))

    def received(self, client: Client, payload: bytes, text: bool) -> None:
        if b"\xa5peers" in payload[:40]:
            peers = msgspec.msgpack.decode(payload)["peers"]
            if peers:
                self._generations[client.index] = peers[0]["generation"]
            client.joined()
        elif b"\xa5error" in payload[:40]:
            raise ConnectionError(f"ours: {payload!r}")

    def offer(self, sender: int) -> tuple[bytes, bool]:
        body = Description(sdp_type="offer", sdp=SDP + "a=mark:" + mark(sender) + "\r\n")
        to = "sam" if sender % 2 == 0 else TEACHER
        return self._frame(SignalFrame(to=to, generation=self._generations[sender], body=body))

    def alive(self) -> tuple[tuple[bytes, bool], ...]:
        """One frame, as a page sends it: a report of working devices with packets both ways, which carries the beat."""
        self._packets += 50
        report = Report(
            camera="on", microphone="on", sent=self._packets, received=self._packets, frames=self._packets,
            rtt_ms=40, kbps_out=900, connected=True, t=self._packets,
        )  # fmt: skip
        return (self._frame(report),)

    def chat(self, sender: int) -> tuple[bytes, bool]:
        self._actions += 1
        return self._frame(SayFrame(action=f"a{self._actions}", text=chat_text(sender)))


def _allow(draft: Draft) -> Verdict:
    return ALLOWED


async def serve(port: int, review: Callable[[Draft], Verdict]) -> None:
    """Serve until ended."""
    # 200 descriptions from one side in one generation are a lesson's; a full core passes that within seconds, and what
    # is dropped then would be missing from the figure.
    vars(negotiation)["DESCRIPTIONS_MAX"] = UNBOUNDED_COUNT
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.sqlite3"
        migrate(url)
        stores = open_store(url)
        clock = SystemClock()
        hosting = Hosting(
            log=stores.log, bookings=BenchBookings(clock.now_ms()), clock=clock, review=review,
            entropy=EntropyPool(), spool=Spool(Path(folder) / "spool"),
            call_later=asyncio.get_running_loop().call_later, records=stores,
        )  # fmt: skip
        await hosting.start()
        look_rarely()
        gateway = Gateway(hosting, bench_tickets(), frozenset({ORIGIN}), limits=FREE, per_address_max=100_000)
        listener, config = bind(Config(port=port))
        await uvicorn.Server(uvicorn_config(gateway, config)).serve(sockets=[listener])


if __name__ == "__main__":
    import uvloop

    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--review", action="store_true")
    arguments = parser.parse_args()
    uvloop.run(serve(arguments.port, Pipeline().review if arguments.review else _allow))
