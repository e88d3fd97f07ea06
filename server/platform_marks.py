"""When this process was there: a mark a second in the store, and a machine that slept is noticed by its wall clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from server.house import PolicyClock, Records
from server.store.port import StoreBusy, StoreDown

MARK_EVERY_S: Final = 1.0
"""After a crash the platform was down from the last mark: this is how far that can be from the truth."""
DIVERGED_MS: Final = 1_000
"""The wall clock moved away from ours by more than this at once: the machine slept, or was set. Platform time."""

_log = structlog.stdlib.get_logger("platform_marks")


class PlatformMarks:
    """Marks while the process lives."""

    def __init__(
        self, records: Records, clock: PolicyClock, node: str, slept: Callable[[int], None], every_s: float
    ) -> None:
        """``slept(ms)``: this much time passed that the policy clock did not see."""
        self._every_s = every_s
        self._records = records
        self._clock = clock
        self._node = node
        self._slept = slept
        self._diverged_ms = clock.wall_divergence_ms()

    async def last(self) -> int | None:
        """When this node was last there, before this start. Unix ms."""
        return (await self._records.marks()).get(self._node)

    async def run(self) -> None:
        """Until cancelled. A mark that the store does not take is no mark: then it is the platform that is down."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                self.look_at_the_wall()
                await self._records.mark(self._node, self._clock.now_ms())
            except (StoreBusy, StoreDown):
                continue
            except Exception:
                # Marks that end in silence would turn the next crash into hours of platform time.
                _log.exception("this process could not mark that it is there")

    def look_at_the_wall(self) -> None:
        """Notice time that the policy clock slept through. A wall clock set back is not followed: ours never is."""
        diverged_ms = self._clock.wall_divergence_ms()
        moved_ms = diverged_ms - self._diverged_ms
        if abs(moved_ms) <= DIVERGED_MS:
            return
        self._diverged_ms = diverged_ms
        if moved_ms > 0:
            self._slept(moved_ms)
