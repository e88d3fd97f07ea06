"""The product's own server side, from a browser's socket to the disk: uvicorn, gateway, hosting, room, SQLite."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from moderation.pipeline import Pipeline
from rooms.events import MessageDelivered
from rooms.lesson import Lesson
from server.clock import SystemClock
from server.codec import CODECS, JSON, MSGPACK, Codec
from server.errors import OVER, REFUSED, RESTARTING
from server.gateway import Gateway
from server.hosting import Hosting
from server.seat import Admission
from server.spool import Spool
from server.store import migrate, open_store
from server.tickets import Tickets
from tests.wire.clients import frame, pack, unpack
from tests.wire.memory_wire import LESSON
from tests.wire.served import ADA, ANNA, ORIGIN, Served, listening, on_uvloop

CROWD = 10
"""Messages from each side at once: as many as one may send without a pause."""


class Booking:
    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson

    async def lesson(self, lesson: str) -> Lesson | None:
        return self._lesson if lesson == self._lesson.id else None


@asynccontextmanager
async def product(folder: Path) -> AsyncIterator[Served]:
    """As server/app.py puts it together, with a lesson that starts in ten minutes."""
    url = f"sqlite:///{folder}/lessons.db"
    await asyncio.to_thread(migrate, url)
    stores, clock, loop = open_store(url), SystemClock(), asyncio.get_running_loop()
    start = clock.now_ms() + 600_000
    lesson = msgspec.structs.replace(LESSON, id="l", starts_at=start, ends_at=start + 1_800_000)
    spool = Spool(folder / "spool")
    hosting = Hosting(
        log=stores.log, bookings=Booking(lesson), clock=clock, review=Pipeline().review, entropy=os.urandom,
        spool=spool, call_later=loop.call_later, records=stores,
    )  # fmt: skip
    tickets = Tickets(b"s" * 32, loop.time, os.urandom)
    gateway = Gateway(hosting, tickets, frozenset({ORIGIN}))
    await hosting.start()
    async with listening(gateway) as port:
        yield Served(gateway, hosting, tickets, port)
        gateway.stop()
        await hosting.drain()
    await hosting.close()
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


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.subprotocol)
@on_uvloop
async def test_a_lesson_over_real_sockets(codec: Codec, tmp_path: Path) -> None:
    async with product(tmp_path) as server:
        anna, ada = Browser(server, ANNA, codec), Browser(server, ADA, JSON)
        assert (await anna.join())["you"]["role"] == "teacher"
        assert (await ada.join())["you"] == {"role": "pupil_side", "side": "sam", "name": "Ada", "epoch": 1}
        await anna.send("say", action="s1", text="Grüße \U0001f3bb")
        assert (await anna.receive("ack"))["ok"]
        while not ada.texts():
            await ada.receive("event")
        # The line is lost; what is said meanwhile follows once.
        ada.socket.transport.abort()
        await anna.send("say", action="s2", text="Are you there?")
        assert (await anna.receive("ack"))["ok"]
        welcome = await ada.join()
        assert (welcome["resumed"], welcome["you"]["epoch"]) == (True, 2)
        await ada.send("say", action="s3", text="Yes!")
        assert (await ada.receive("ack"))["ok"]
        assert ada.texts() == ["Grüße \U0001f3bb", "Are you there?", "Yes!"]
        # One click.
        await anna.send("end", action="s4", because=None)
        for browser in (anna, ada):
            await browser.receive("halt")
        assert (await anna.receive("ack"))["ok"]
        while ada.shown[-1]["shown"] != "closing":
            await ada.receive("event")
        assert ada.shown[-1]["how"] == "neutral"
        late = Browser(server, ADA, codec, "another")
        assert (await late.join())["code"] == OVER.name
        await late.socket.wait_closed()
        assert late.socket.close_code == REFUSED.code


@on_uvloop
async def test_both_sides_at_once_read_the_same_conversation_and_a_restart_says_come_back(tmp_path: Path) -> None:
    async with product(tmp_path) as server:
        anna, ada = Browser(server, ANNA, MSGPACK), Browser(server, ADA, MSGPACK)
        await anna.join()
        await ada.join()

        async def talk(browser: Browser, name: str) -> None:
            for number in range(CROWD):
                await browser.send("say", action=f"{name}-{number}", text=f"{name} says a thing, {number}")

        async def listen(browser: Browser) -> None:
            while len(browser.texts()) < 2 * CROWD:
                await browser.receive("event")

        await asyncio.gather(talk(anna, "anna"), talk(ada, "ada"), listen(anna), listen(ada))
        assert anna.texts() == ada.texts()
        read = await server.room.read("l")
        assert read is not None
        assert len([event for event in read.events if isinstance(event, MessageDelivered)]) == 2 * CROWD
        server.gateway.stop()
        await server.room.drain()
        for browser in (anna, ada):
            await browser.socket.wait_closed()
            assert (browser.socket.close_code, browser.socket.close_reason) == (RESTARTING.code, RESTARTING.name)
