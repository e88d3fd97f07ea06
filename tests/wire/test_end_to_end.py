"""The product's own server side, from a browser's socket to the disk: uvicorn, gateway, hosting, room, SQLite."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from rooms.events import MessageDelivered
from server.codec import CODECS, JSON, MSGPACK, Codec
from server.errors import OVER, REFUSED, RESTARTING
from tests.wire.product import Browser, product
from tests.wire.served import ADA, ANNA, on_uvloop

CROWD = 10
"""Messages from each side at once: as many as one may send without a pause."""


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
