"""What bookings and accounts say to rooms: a lesson opens at its time, and ends where its teacher has left (A3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from rooms.commands import TeacherLeaves
from rooms.lesson import Actor, Role
from server.accounts.bookings import DUE_MAX, Bookings
from server.clock import Clock
from server.hosting import Hosting
from server.shelf import NotHosted
from server.store.port import StoreBusy, StoreDown

EVERY_S: Final = 2.0
"""How often bookings are looked through. Whoever joins opens a room at once, so only empty rooms wait for this; and a
teacher who has left, and whose every new request is refused already, is out of their room within this."""
OFFICE: Final = Actor(Role.OFFICE, "office", "The office")
"""Who took the teacher's account away is on the audit log; the lesson's log says no more than that it was."""

_OVER: Final = frozenset({"over", "not_open"})
"""It has ended already, or never opened and will not."""

_log = structlog.stdlib.get_logger("openings")


class Openings:
    """A task beside hosting. Each thing is said once by this process; hosting forgives a repeat by another."""

    def __init__(self, bookings: Bookings, hosting: Hosting, clock: Clock) -> None:
        self._bookings = bookings
        self._hosting = hosting
        self._clock = clock
        self._opened: set[str] = set()
        self._left: set[str] = set()
        """Lessons that were told that their teacher has left."""
        self._looked_back = False
        """Once a process: while it lives, what is due is opened in its time."""
        self._broken: set[str] = set()
        """Lessons that nothing could be done with, and that were reported once."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except (StoreBusy, StoreDown, NotHosted) as problem:
                _log.warning("bookings are looked through again soon", problem=type(problem).__name__)
            except Exception:
                # Without this task no empty lesson opens and nobody's leaving is noticed: it outlives its mistakes.
                _log.exception("bookings could not be looked through")
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """End what has lost its teacher, then open what is due now and was not opened yet, then what was missed."""
        await self._end_without_teacher()
        due = set(await self._bookings.due(self._clock.now_ms()))
        self._opened &= due
        self._broken &= due
        await self._each(due - self._opened, self._open)
        if not self._looked_back:
            missed = await self._bookings.missed(self._clock.now_ms())
            await self._each(set(missed), self._open_late)
            self._looked_back = len(missed) < DUE_MAX

    async def _open_late(self, lesson: str) -> None:
        """The service was away for all of it: it comes to C7, and everybody is told."""
        if await self._hosting.open(lesson, late=True):
            _log.warning("a lesson passed while the service was down", lesson=lesson)

    async def _open(self, lesson: str) -> None:
        if await self._hosting.open(lesson):
            self._opened.add(lesson)

    async def _end_without_teacher(self) -> None:
        lost = set(await self._bookings.without_teacher(self._clock.now_ms()))
        self._left &= lost
        await self._each(lost - self._left, self._end)

    async def _end(self, lesson: str) -> None:
        answer = await self._hosting.command(lesson, TeacherLeaves(by=OFFICE))
        if answer.ok or answer.code in _OVER:
            self._left.add(lesson)

    async def _each(self, lessons: set[str], do: Callable[[str], Awaitable[None]]) -> None:
        """One after the other; a lesson that nothing can be done with holds back no other."""
        for lesson in sorted(lessons):
            try:
                await do(lesson)
            except (StoreBusy, StoreDown, NotHosted):
                raise
            except Exception:
                if lesson not in self._broken:
                    self._broken.add(lesson)
                    _log.exception("a booked lesson could not be dealt with", lesson=lesson)
