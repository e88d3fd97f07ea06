"""What a test asks of the network, and the two ways to have it: namespaces, or Chromium's own emulation."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, Protocol
from unittest import mock

import msgspec
import pytest
from playwright.async_api import Browser, Page, Playwright

from server.config import Config
from tests.browser.chromium import FLAGS, executable
from tests.browser.house import FAMILY, IN_THE_ROOM, LESSON, TEACHER, House, Seated, house
from tests.networks.namespaces import PORT, RELAY_PORT, SERVER, Town, Way, What, why_not

ORIGIN: Final = f"http://{SERVER}:{PORT}"
FORCE: Final = "LESSONROOM_NETWORKS"
"""Set to `emulated`, these tests run as on a machine without namespaces."""
PEOPLE: Final = {"teacher": TEACHER, "sam": FAMILY}
WHOLE: Final = {"offline": False, "latency": 1, "downloadThroughput": -1, "uploadThroughput": -1, "packetLoss": 0.0}
"""Chromium's emulation has to be there before a peer connection is; with 1 ms of latency it is, and changes nothing."""


class Net(Protocol):
    """The ways of both sides; `side` is ``teacher`` or ``sam``."""

    only: str
    """Why some cases cannot be had; empty where all can."""

    def served(self, folder: Path, **options: Any) -> contextlib.AbstractAsyncContextManager[House]:
        """A house whose people are on these networks."""
        ...

    async def cut(self, side: str, *what: What, way: Way = "both") -> None:
        """Drop all packets of these kinds, at once."""
        ...

    async def lose(self, side: str, share: float) -> None:
        """Lose this share of the media that comes in."""
        ...

    async def heal(self, side: str) -> None:
        """All is whole again."""
        ...


async def emulate(page: Page, wanted: dict[str, Any]) -> None:
    """Change what Chromium's own emulation does to a page, on a session that stays with the page."""
    session = getattr(page, "line", None)
    if session is None:
        session = await page.context.new_cdp_session(page)
        page.line = session  # type: ignore[attr-defined]
        await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", {**WHOLE, **wanted})


async def enter(home: House, side: str, *, armed: bool = False) -> Seated:
    """A side in the room; ``armed``: with the page's emulation ready before there is a peer connection."""
    seated = await home.visit(PEOPLE[side])
    if armed:
        await emulate(seated.page, {})
    await seated.page.goto(f"{home.server.base_url}/lessons/{LESSON}")
    await seated.page.locator(IN_THE_ROOM).wait_for()
    return seated


class Cables:
    """Namespaces: a browser in each, packets dropped by rules in the side's own."""

    only = ""

    def __init__(self, town: Town, browsers: dict[str, Browser]) -> None:
        self.town = town
        self.browsers = browsers

    @contextlib.asynccontextmanager
    async def served(self, folder: Path, **options: Any) -> AsyncIterator[House]:
        """The server listens in a namespace; its process stays where it is, so that its clock can be jumped.

        ``relay_addresses=(SERVER,)`` in the options: with its media relay, in the same namespace.
        """

        def bind(config: Config) -> tuple[Any, Config]:
            return self.town.hub.listen((SERVER, PORT)), msgspec.structs.replace(config, host=SERVER, port=PORT)

        def bind_relay(config: Config) -> tuple[list[socket.socket], Config]:
            if not config.relay_addresses:
                return [], config
            made = self.town.hub.listen((SERVER, RELAY_PORT), socket.SOCK_DGRAM)
            return [made], msgspec.structs.replace(config, relay_port=RELAY_PORT)

        for side in self.town.sides.values():
            side.home()
        options.setdefault("public_url", ORIGIN)
        with mock.patch("server.app.bind", bind), mock.patch("server.app.bind_relay", bind_relay):
            async with house(self.browsers["teacher"], folder, **options) as home:
                home.browsers[FAMILY.id] = self.browsers["sam"]
                try:
                    yield home
                finally:
                    # The pages are closed after this, and a server that is not told waits for them.
                    for side in self.town.sides.values():
                        side.home()

    async def cut(self, side: str, *what: What, way: Way = "both") -> None:
        await asyncio.to_thread(self.town.sides[side].cut, *what, way=way)

    async def lose(self, side: str, share: float) -> None:
        await asyncio.to_thread(self.town.sides[side].lose, share)

    async def heal(self, side: str) -> None:
        await asyncio.to_thread(self.town.sides[side].heal)


class Emulated:
    """One ordinary network, and Chromium told to treat it badly: both ways at once only, and no other addresses."""

    def __init__(self, browser: Browser, only: str) -> None:
        self.browser = browser
        self.only = only
        self.home: House | None = None

    @contextlib.asynccontextmanager
    async def served(self, folder: Path, **options: Any) -> AsyncIterator[House]:
        async with house(self.browser, folder, **options) as home:
            self.home = home
            yield home

    def _page(self, side: str) -> Page:
        assert self.home is not None
        return self.home.seated[list(PEOPLE).index(side)].page

    async def cut(self, side: str, *what: What, way: Way = "both") -> None:
        if way != "both" or not {*what} <= {"media", "control"}:
            pytest.skip(f"one direction, or one of several ways alone, cannot be emulated ({self.only})")
        # On a page whose emulation was not there before its media, `offline` cuts the control line alone.
        await emulate(self._page(side), {"offline": True} if "control" in what else {"packetLoss": 100})

    async def lose(self, side: str, share: float) -> None:
        await emulate(self._page(side), {"packetLoss": share * 100})

    async def heal(self, side: str) -> None:
        await emulate(self._page(side), {})


def in_namespace(command: list[str], program: str, folder: Path) -> Path:
    """An executable that runs a program by way of this command."""
    script = folder / f"browser-{command[3]}"
    script.write_text(f'#!/bin/sh\nexec {shlex.join([*command, program])} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


@contextlib.asynccontextmanager
async def opened(playwright: Playwright, folder: Path) -> AsyncIterator[Net]:
    """The best that this machine can do, and all of it gone at the end."""
    program = executable()
    only = "emulation was asked for" if os.environ.get(FORCE) == "emulated" else await asyncio.to_thread(why_not)
    if only:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield Emulated(browser, only)
        finally:
            await browser.close()
        return
    town = Town()
    browsers: dict[str, Browser] = {}
    try:
        for name, side in town.sides.items():
            wrapper = in_namespace(side.command(), program, folder)
            args = [*FLAGS, f"--unsafely-treat-insecure-origin-as-secure={ORIGIN}"]
            browsers[name] = await playwright.chromium.launch(executable_path=wrapper, args=args)
        yield Cables(town, browsers)
    finally:
        for browser in browsers.values():
            await browser.close()
        town.close()
