"""Two bots in one lesson of a house that is served for real; no browser is opened."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.accounts.people import Person
from server.bot.participant import Participant
from server.bot.way_in import WayIn
from tests.browser.chromium import until
from tests.browser.house import FAMILY, PIN, TEACHER, House, house

ENDS_S = 30
"""An outcome is settled 12 s after the end at most, and a bot without a line asks every 5 s."""


@dataclass
class Someone:
    """One bot, and what it said."""

    bot: Participant
    said: list[str] = field(default_factory=list)
    running: asyncio.Task[None] | None = None

    async def ends(self) -> None:
        """By itself, and well."""
        assert self.running is not None
        await asyncio.wait_for(asyncio.shield(self.running), ENDS_S)

    async def says(self, text: str, seconds: float = 15) -> None:
        async def said() -> bool:
            return any(text in line for line in self.said)

        await until(f"{text!r} among {self.said}", said, seconds)

    async def shown(self, kind: str, seconds: float = 15, **fields: Any) -> dict[str, Any]:
        """The first event of this kind with these fields."""

        async def look() -> dict[str, Any] | None:
            wanted = {"shown": kind, **fields}.items()
            return next((event for event in self.bot.events if wanted <= event.items()), None)

        return await until(f"{kind} {fields}", look, seconds)

    async def stands(self, phase: str, clock: str | None = None, seconds: float = 15) -> None:
        """The lesson is in this phase, under this clock."""

        async def look() -> bool:
            parts = self.bot.status.get("parts")
            return bool(parts) and (parts[0]["phase"], parts[0]["clock"]) == (phase, clock)

        await until(f"{phase} {clock}", look, seconds)


async def link(home: House, who: Person) -> str:
    return f"{home.server.base_url}/in#{await home.server.services.sign_in.link(who.id)}"


@contextlib.asynccontextmanager
async def present(home: House, who: Person, **options: Any) -> AsyncIterator[Someone]:
    """A bot in the room as this person; it leaves at the end, and nothing of it is left."""
    before = asyncio.all_tasks()
    way_in = WayIn(await link(home, who))
    await way_in.sign_in()
    said: list[str] = []
    bot = Participant(way_in, await way_in.place(), said.append, pin=PIN, **options)
    someone = Someone(bot, said)
    await bot.check_in()
    someone.running = asyncio.create_task(bot.run())
    try:
        yield someone
    finally:
        await bot.leave()
        await asyncio.wait_for(someone.running, ENDS_S)
    left = [task for task in asyncio.all_tasks() - before if "server/bot" in str(task.get_coro())]
    assert left == []


@contextlib.asynccontextmanager
async def lesson(folder: Path, **options: Any) -> AsyncIterator[tuple[House, Someone, Someone]]:
    """A house, a teacher and a pupil side, both ready, some seconds before the lesson's start."""
    async with (
        house(None, folder, **{"starts_in_s": 60, **options}) as home,  # type: ignore[arg-type]
        present(home, TEACHER) as teacher,
        present(home, FAMILY) as pupil,
    ):
        await home.ready("teacher", "sam", seconds=30)
        yield home, teacher, pupil


async def evidence(by: Someone, side: str, found: str, *reasons: str, seconds: float = 20) -> None:
    """Wait until the server tells this bot that a side stands so."""

    async def told() -> Any:
        return next((one for one in by.bot.status.get("sides", ()) if one["side"] == side), {})

    async def as_wanted() -> bool:
        one = await told()
        return (one.get("evidence"), tuple(one.get("reasons", ()))) == (found, reasons)

    try:
        await until(f"{side} {found} {reasons}", as_wanted, seconds)
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {await told()}") from None


async def live(home: House, *people: Someone) -> None:
    """At T + 15 the lesson is live; both were ready before T, so 10 s of settling are over."""
    home.jump_to(15)
    for someone in people:
        await someone.stands("live")
