"""A lesson's log read again, after memory and the disk went apart: under our epoch, or not at all."""

from __future__ import annotations

import asyncio
from typing import Final

from server.store.port import Log, LogStore, StoreDown

RELOADS_MAX: Final = 240
"""How often a log is asked for before people are sent away to come back: some 4 minutes of a store that is gone."""
RELOAD_WAIT_S: Final = 1.0


class Reread:
    """Reads one lesson's log for the room that holds it."""

    def __init__(self, store: LogStore, lesson_id: str) -> None:
        self._store = store
        self._lesson = lesson_id
        self._claiming = False
        """A claim went out and did not come back: another epoch in the log may be ours."""

    async def under(self, epoch: int, *, anew: bool) -> Log | None:
        """The log as it stands under our epoch; None where another host has the lesson, or the store is gone for long.

        ``anew``: what we sent may still become durable, so the lesson is claimed again before its log is read for good.
        """
        for _ in range(RELOADS_MAX):
            try:
                return await self._read(epoch, anew)
            except StoreDown:
                await asyncio.sleep(RELOAD_WAIT_S)
        return None

    async def _read(self, epoch: int, anew: bool) -> Log | None:
        log = await self._store.load(self._lesson)
        if log is None or (log.epoch != epoch and not self._claiming):
            return None
        if anew:
            # A new epoch shuts out what we sent. A claim that broke off may have been ours: then it is claimed once
            # more, an epoch too many is harmless.
            self._claiming = True
            claimed = await self._store.claim(self._lesson)
            self._claiming = False
            log = await self._store.load(self._lesson)
            if log is None or log.epoch != claimed:
                return None
        return log
