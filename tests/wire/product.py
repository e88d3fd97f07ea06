"""The product's own server side for tests over real sockets, and a client that follows the protocol."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from moderation.pipeline import Pipeline
from rooms.lesson import Lesson
from server.clock import SystemClock
from server.codec import Codec
from server.config import Config
from server.connection import Limits
from server.gateway import Gateway
from server.hosting import Hosting
from server.relay_link import RelayLink
from server.relay_socket import bind_relay, open_relay
from server.seat import Admission
from server.spool import Spool
from server.store import migrate, open_store
from server.tickets import Tickets
from tests.wire.clients import frame, pack, unpack
from tests.wire.memory_wire import LESSON
from tests.wire.served import ORIGIN, TEST_S_MAX, Served, listening


class Booking:
    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson

    async def lesson(self, lesson: str) -> Lesson | None:
        return self._lesson if lesson == self._lesson.id else None

    async def may_watch(self, person_id: str, lesson: str) -> bool:
        return True


@asynccontextmanager
async def product(folder: Path, *relay_addresses: str, elsewhere: RelayLink | None = None) -> AsyncIterator[Served]:
    """As server/app.py puts it together, with a lesson that starts in ten minutes.

    Without an address there is no relay but the one ``elsewhere``, if there is one.
    """
    url = f"sqlite:///{folder}/lessons.db"
    await asyncio.to_thread(migrate, url)
    stores, clock, loop = open_store(url), SystemClock(), asyncio.get_running_loop()
    start = clock.now_ms() + 600_000
    lesson = msgspec.structs.replace(LESSON, id="l", starts_at=start, ends_at=start + 1_800_000)
    spool = Spool(folder / "spool")
    sockets, config = bind_relay(Config(relay_addresses=relay_addresses))
    relay = open_relay(config, sockets)
    hosting = Hosting(
        log=stores.log, bookings=Booking(lesson), clock=clock, review=Pipeline().review, entropy=os.urandom,
        spool=spool, call_later=loop.call_later, records=stores,
        relay=elsewhere or relay,
    )  # fmt: skip
    tickets = Tickets(b"s" * 32, loop.time, os.urandom)
    limits = Limits(silent_s_max=TEST_S_MAX)  # these clients send no beats
    gateway = Gateway(hosting, tickets, frozenset({ORIGIN}), limits=limits)
    await hosting.start()
    async with listening(gateway) as port:
        yield Served(gateway, hosting, tickets, port, relay)
        gateway.stop()
        await hosting.drain()
    await hosting.close()
    if relay is not None:
        relay.stop()
    await asyncio.to_thread(spool.close)
    await asyncio.to_thread(stores.close)


class Browser:
    """A client that follows the protocol on one socket at a time."""

    def __init__(self, server: Served, admission: Admission, codec: Codec, device: str = "") -> None:
        self._server = server
        self._admission = admission
        self._codec = codec
        self._device = device or admission.actor.person
        self.socket: Any = None
        self.shown: list[Any] = []

    async def join(self) -> dict[str, Any]:
        self.socket = await self._server.connect(self._codec)
        resume = {"projection": 1, "n": len(self.shown)} if self.shown else None
        ticket = self._server.tickets.issue(self._admission)
        await self.send("join", ticket=ticket, device=self._device, resume=resume, take_over=False)
        return await self.receive("welcome", "elsewhere", "error")

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(pack(self._codec, frame(kind, **fields)))

    async def receive(self, *kinds: str) -> dict[str, Any]:
        """The next frame of one of these types; events on the way are kept."""
        while True:
            got = unpack(await self.socket.recv())
            if got["type"] == "event":
                assert got["n"] == len(self.shown) + 1
                self.shown.append(got["event"])
            if got["type"] in kinds:
                return got

    def texts(self) -> list[str]:
        return [one["text"] for one in self.shown if one["shown"] == "message"]
