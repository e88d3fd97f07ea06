"""A browser without pages: keeps its cookie, sends its Origin, speaks to the application without a socket."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2

from server.accounts.people import Person
from server.app import Parts

Answer = httpx2.Response
T = TypeVar("T")
WAITS_S = 20
"""For evidence that is complete a second after a jump, and for mail that leaves a second after its cause."""


class Browser:
    """One person's."""

    def __init__(self, parts: Parts, address: str = "198.51.100.7") -> None:
        self.origin = parts.services.config.url
        transport = httpx2.ASGITransport(app=parts.app, client=(address, 40_000))
        self.client = httpx2.AsyncClient(transport=transport, base_url=self.origin)

    async def get(self, path: str) -> Answer:
        return await self.client.get(path)

    async def post(self, path: str, body: Any, **headers: str | None) -> Answer:
        given = {"origin": self.origin, "content-type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in given.items() if value is not None}
        if isinstance(body, bytes):
            return await self.client.post(path, content=body, headers=sent)
        return await self.client.post(path, json=body, headers=sent)

    async def sign_in(self, token: str) -> Answer:
        return await self.post("/api/sign-in", {"token": token})


class Browsers:
    """Opens them, and closes them all."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._made: list[Browser] = []

    async def __aenter__(self) -> Browsers:
        return self

    async def __aexit__(self, *_: object) -> None:
        for browser in self._made:
            await browser.client.aclose()

    def new(self, address: str = "198.51.100.7") -> Browser:
        browser = Browser(self._parts, address)
        self._made.append(browser)
        return browser

    async def signed_in(self, person: Person) -> Browser:
        browser = self.new()
        answer = await browser.sign_in(await self._parts.services.sign_in.link(person.id))
        assert answer.status_code == 200, answer.text
        return browser


def action() -> str:
    """A new action's id."""
    return str(uuid.uuid4())


def refusal(answer: Answer) -> tuple[int, str]:
    """Status and code, having checked the shape that every refusal has."""
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"code", "text"}
    assert body["text"].endswith(".")
    return answer.status_code, body["code"]


async def until(enough: Callable[[T], bool], look: Callable[[], Awaitable[T]]) -> T:
    """Look again and again: over HTTP and in a folder there is nothing to be woken by."""
    async with asyncio.timeout(WAITS_S):
        while True:
            if enough(seen := await look()):
                return seen
            await asyncio.sleep(0.1)
