"""Our relay as it is run beside a server: `lessonroom relay`, asked over its control channel as hosts ask it.

A thread of the benchmark is the host: it holds the channel, and passes on what pages of real browsers ask, over a
WebSocket of the benchmark's own. Behind it are no accounts and no rooms.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import tempfile
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from benchmarks.media_peer import Peer
from server.relay_channel import ChannelAddress
from server.relay_link import RelayLink, linked
from signalling.relay.port import LegId

HEARD_S = 30.0
"""Until the relay is there, or has answered."""


class Ours:
    """How to start it, and how it is asked."""

    name = "ours"
    receivers_control = True

    def __init__(self, address: str) -> None:
        self._address = address
        self._folder = tempfile.TemporaryDirectory(prefix="bench-relay-")
        self._channel = ChannelAddress(path=str(Path(self._folder.name) / "relay.sock"))
        self._epochs = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._link: RelayLink | None = None

    def command(self, port: int) -> list[str]:
        program = Path(sys.executable).with_name("lessonroom")
        settings = {"RELAY": self._channel, "RELAY_ADDRESS": self._address, "RELAY_PORT": port, "LOG_LEVEL": "warning"}
        return ["env", *(f"{name}={value}" for name, value in settings.items()), str(program), "relay"]

    def open(self, port: int) -> None:
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._host(port),), daemon=True)
        self._thread.start()
        if not self._ready.wait(HEARD_S):
            raise TimeoutError("lessonroom relay did not start")

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()
        self._folder.cleanup()

    def publish(self, lesson: int, side: int, offer: str) -> str:
        return self._answer(self._asked({"lesson": f"l{lesson}", "who": f"s{side}", "sides": [], "sdp": offer}))

    def watch(self, lesson: int, who: str, sides: list[int], peer: Peer) -> None:
        names = [f"s{side}" for side in sides]
        asked = {"lesson": f"l{lesson}", "who": f"watch-{who}", "sides": names, "sdp": peer.offer(len(sides))}
        peer.take(self._answer(self._asked(asked)))

    def _answer(self, asking: Coroutine[Any, Any, str]) -> str:
        return asyncio.run_coroutine_threadsafe(asking, self._loop).result(HEARD_S)

    async def _asked(self, asked: dict[str, Any]) -> str:
        assert self._link is not None
        leg = LegId(asked["lesson"], asked["who"], next(self._epochs))
        if asked["sides"]:
            return await self._link.watch(leg, asked["sides"], asked["sdp"])
        return await self._link.publish(leg, asked["sdp"])

    async def _host(self, port: int) -> None:
        async def page(connection: ServerConnection) -> None:
            async for text in connection:
                await connection.send(json.dumps({"sdp": await self._asked(json.loads(text))}))

        async with linked(self._channel, b"") as self._link, serve(page, "127.0.0.1", port, compression=None):
            await self._link.heard()
            self._ready.set()
            await self._stop.wait()
