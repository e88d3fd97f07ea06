"""People managers who watch (Q1): kept beside the room, on record, and in nothing that a participant receives."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from rooms.lesson import Actor
from server.house import PolicyClock, Records
from server.store.port import StoreBusy, StoreDown

OBSERVERS_MAX: Final = 8
"""Of one lesson: the whole small team (A6) may look at once; more is a mistake or worse."""
RECORD_TRIES_MAX: Final = 600
"""How often the end of a visit is written before it is given up, once a second: a store that is away for ten minutes.
The visit's beginning is on record before it begins, so none is ever unseen."""
RECORD_WAIT_S: Final = 1.0
VISIT_BYTES: Final = 12

_log = structlog.stdlib.get_logger("observers")


class Visits:
    """Writes drop-ins down. Their ids are not drawn from the host's own randomness, which participants share."""

    def __init__(
        self, records: Records, clock: PolicyClock, spawn: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self._records = records
        self._clock = clock
        self._spawn = spawn

    async def begin(self, by: Actor, lesson: str) -> str:
        """On record before the first frame; returns the visit's id.

        Raises:
            StoreBusy, StoreDown: then nobody watches.
        """
        visit = secrets.token_hex(VISIT_BYTES)
        await self._records.visit_began(by, lesson, visit, self._clock.now_ms())
        return visit

    def end(self, by: Actor, lesson: str, visit: str) -> None:
        """The visit is over now."""
        self._spawn(self._end(by, lesson, visit, self._clock.now_ms()))

    async def _end(self, by: Actor, lesson: str, visit: str, at: int) -> None:
        for _ in range(RECORD_TRIES_MAX):
            try:
                await self._records.visit_ended(by, lesson, visit, at)
                return
            except (StoreBusy, StoreDown):
                await asyncio.sleep(RECORD_WAIT_S)
        _log.error("the end of a visit could not be recorded", lesson=lesson, visit=visit, at=at)
