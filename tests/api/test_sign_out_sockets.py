"""Signing out closes the lesson's sockets of that session, and of no other; over real sockets and the real ticket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
import pytest
import websockets

from server.accounts.people import Person
from server.app import Serving, serving
from server.clock import SystemClock
from server.config import Config
from tests.api.service import FAMILY, MANAGER, NOW_OPEN, furnish

WAITS_S = 10


@pytest.fixture
async def server(config: Config) -> AsyncIterator[Serving]:
    clock = SystemClock()
    async with serving(msgspec.structs.replace(config, port=0), clock=clock) as running:
        await running.services.stores.write(lambda connection: furnish(connection, clock.now_ms()))
        assert await running.hosting.open(NOW_OPEN)
        yield running


class Browser:
    """Signed in over HTTP; its cookie is its session."""

    def __init__(self, server: Serving) -> None:
        self.server = server
        self.origin = server.services.config.url
        self.client = httpx2.AsyncClient(base_url=server.base_url)

    async def post(self, path: str, body: dict[str, object]) -> Any:
        answer = await self.client.post(path, json=body, headers={"origin": self.origin})
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.content else None

    async def ticket(self) -> str:
        return (await self.post(f"/api/lessons/{NOW_OPEN}/ticket", {}))["ticket"]

    @contextlib.asynccontextmanager
    async def joined(self, ticket: str) -> AsyncIterator[Any]:
        url = self.server.base_url.replace("http", "ws") + "/ws"
        async with websockets.connect(url, subprotocols=["lesson.v1.json"], origin=self.origin) as socket:
            await socket.send(json.dumps({"type": "join", "ticket": ticket, "device": "d"}))
            assert json.loads(await socket.recv())["type"] == "welcome"
            yield socket


@contextlib.asynccontextmanager
async def signed_in(server: Serving, person: Person) -> AsyncIterator[Browser]:
    browser = Browser(server)
    async with browser.client:
        await browser.post("/api/sign-in", {"token": await server.services.sign_in.link(person.id)})
        yield browser


async def closed(socket: Any) -> tuple[int, str]:
    with contextlib.suppress(websockets.ConnectionClosed):
        async with asyncio.timeout(WAITS_S):
            while True:
                await socket.recv()
    return socket.close_code, socket.close_reason


async def is_open(socket: Any) -> bool:
    await socket.send(json.dumps({"type": "beat", "t": 7}))
    async with asyncio.timeout(WAITS_S):
        while json.loads(await socket.recv())["type"] != "beat":
            pass
    return True


@pytest.mark.parametrize("who", [FAMILY, MANAGER], ids=["a family", "who watches"])
async def test_signing_out_closes_the_sockets_of_that_session(server: Serving, who: Person) -> None:
    async with signed_in(server, who) as browser, browser.joined(await browser.ticket()) as socket:
        await browser.post("/api/sign-out", {})
        assert await closed(socket) == (4403, "refused")


async def test_another_session_of_the_same_person_stays(server: Serving) -> None:
    async with (
        signed_in(server, MANAGER) as at_home,
        signed_in(server, MANAGER) as at_work,
        at_home.joined(await at_home.ticket()) as left,
        at_work.joined(await at_work.ticket()) as stays,
    ):
        await at_home.post("/api/sign-out", {})
        assert await closed(left) == (4403, "refused")
        assert await is_open(stays)


async def test_a_ticket_that_is_used_after_signing_out_lets_nobody_stay(server: Serving) -> None:
    async with signed_in(server, FAMILY) as browser:
        ticket = await browser.ticket()
        await browser.post("/api/sign-out", {})
        async with browser.joined(ticket) as socket:
            assert await closed(socket) == (4403, "refused")
