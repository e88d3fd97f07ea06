"""Opens each confirmed lesson at its time, so that it also runs to its end, and outcome, if nobody comes."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from server.accounts.bookings import Bookings
from server.clock import Clock
from server.hosting import Hosting
from server.shelf import NotHosted
from server.store.port import StoreBusy, StoreDown

EVERY_S: Final = 5.0
"""How often bookings are looked through: whoever joins opens a room at once, so only empty rooms wait for this."""

_log = structlog.stdlib.get_logger("openings")


class Openings:
    """A task beside hosting. A lesson is opened once by this process; hosting forgives a repeat by another."""

    def __init__(self, bookings: Bookings, hosting: Hosting, clock: Clock) -> None:
        self._bookings = bookings
        self._hosting = hosting
        self._clock = clock
        self._opened: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except (StoreBusy, StoreDown, NotHosted) as problem:
                _log.warning("bookings are looked through again soon", problem=type(problem).__name__)
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Open what is due now and was not opened yet."""
        due = set(await self._bookings.due(self._clock.now_ms()))
        self._opened &= due
        for lesson in sorted(due - self._opened):
            if await self._hosting.open(lesson):
                self._opened.add(lesson)
