"""`kill -9` in the middle of a lesson: the browsers come back by themselves, to the same lesson, chat and clock."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser

from rooms.events import Event, PlatformChanged
from server.accounts.sign_in import SignIn
from server.clock import SystemClock
from server.store.migration import migrate
from server.store.stores import open_store
from tests.browser.chromium import until
from tests.browser.house import (
    DESKTOP,
    FAMILY,
    IN_THE_ROOM,
    LESSON,
    SECOND_MS,
    TEACHER,
    WATCH_MEDIA,
    Seated,
    furnish,
    past_the_check,
)


class Process:
    """`lessonroom serve` on one database and one port, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"sqlite:///{folder / 'lessonroom.db'}"
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        environment = {
            **os.environ,
            "DATABASE_URL": self.url,
            "PORT": str(self.port),
            "MAIL_DIR": str(self.folder / "mail"),
            "SPOOL_DIR": str(self.folder / "spool"),
            "SECRET_FILE": str(self.folder / "secret"),
        }
        command = [str(Path(sys.executable).parent / "lessonroom"), "serve"]
        with open(self.folder / "server.log", "ab") as log:  # noqa: ASYNC230 - a test's own file
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self.folder)  # noqa: ASYNC220
        await until("an answer", self._answers, 20)

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    async def gap(self) -> tuple[PlatformChanged, PlatformChanged]:
        """The time that the platform was away, once the server that came back has written it down."""

        async def written() -> list[PlatformChanged]:
            gaps = [event for event in await self.events() if isinstance(event, PlatformChanged)]
            return gaps if len(gaps) >= 2 else []

        down, up = (await until("the platform's absence in the log", written, 20))[:2]
        assert (down.up, up.up) == (False, True)
        return down, up

    async def events(self) -> list[Event]:
        """The lesson's log, as another process reads it."""
        stores = open_store(self.url)
        try:
            log = await stores.log.load(LESSON)
        finally:
            await asyncio.to_thread(stores.close)
        return [] if log is None else list(log.events)


@contextlib.asynccontextmanager
async def crashing(browser: Browser, folder: Path, starts_in_s: float) -> AsyncIterator[tuple[Process, Seated, Seated]]:
    """Teacher and family in the room of a server that can be killed."""
    process = Process(folder)
    migrate(process.url)
    clock = SystemClock()
    stores = open_store(process.url)
    await stores.write(furnish(17, clock.now_ms() + round(starts_in_s * SECOND_MS)))
    sign_in = SignIn(stores, clock, os.urandom)
    links = [await sign_in.link(person.id) for person in (TEACHER, FAMILY)]
    await asyncio.to_thread(stores.close)
    await process.start()
    seats: list[Seated] = []
    try:
        for link, into in zip(links, ("Open room", "Join lesson"), strict=True):
            context = await browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
            await context.add_init_script(WATCH_MEDIA)
            seated = Seated(await context.new_page())
            seats.append(seated)
            await seated.page.goto(f"http://localhost:{process.port}/in#{link}")
            await seated.page.get_by_role("link", name=into).click()
            await past_the_check(seated.page)
            await seated.page.locator(IN_THE_ROOM).wait_for()
        yield process, seats[0], seats[1]
    finally:
        for seated in seats:
            await seated.page.context.close()
        process.kill()


async def test_a_killed_server_loses_nothing_and_its_absence_is_platform_time(browser: Browser, tmp_path: Path) -> None:
    async with crashing(browser, tmp_path, starts_in_s=600) as (process, teacher, family):
        await teacher.page.get_by_role("button", name="Start now").click()
        await teacher.sees("live")
        await family.sees("live")
        await teacher.say("before the crash")
        await family.hears("before the crash")
        process.kill()
        await asyncio.sleep(2)
        frames = (await family.stats())["frames"]
        await asyncio.sleep(1)
        # Picture and sound never went through the server: they go on.
        assert (await family.stats())["frames"] > frames
        await process.start()

        async def back() -> bool:
            return all([await seated.state() in ("live", "before", "settling") for seated in (teacher, family)])

        await until("both back by themselves", back, 40)
        await family.say("after the crash")
        await teacher.hears("after the crash")
        await teacher.hears("before the crash")
        down, up = await process.gap()
        assert up.at - down.at >= 2_000


async def test_C7_before_started_the_platforms_absence_is_nobodys_clock(browser: Browser, tmp_path: Path) -> None:
    async with crashing(browser, tmp_path, starts_in_s=8) as (process, teacher, family):
        await family.page.get_by_role("button", name="Leave").click()  # so that a clock runs: the pupil's
        await teacher.sees("other_clock")
        process.kill()
        await asyncio.sleep(4)
        await process.start()
        await teacher.sees("other_clock", "nobodys_clock")
        down, up = await process.gap()
        assert up.at - down.at >= 4_000
        await teacher.press("End lesson")
        await teacher.sees("ended_by_you")

        async def outcome() -> object:
            from rooms.events import PartEnded

            return next((event for event in await process.events() if isinstance(event, PartEnded)), None)

        part = await until("an outcome", outcome, 20)
        assert part.outcome.clocks.nobody >= up.at - down.at - 100  # type: ignore[attr-defined]
