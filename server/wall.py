"""The live wall: every lesson that goes on now at a glance, for people managers (A6). Looking is no visit (Q1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import msgspec

from server.house import PolicyClock
from server.live_room import LiveRoom

DRAW_ROOMS: Final = 10
"""Tiles made at a time, half a millisecond; then messages have their turn."""
DRAW_PAUSE_S: Final = 0.002
"""Between two of them: 500 lessons that have all changed take a tenth of a second."""


class Seen(NamedTuple):
    """One lesson of the wall."""

    lesson: str
    tile: msgspec.Raw
    """A `server.glance.Tile` as JSON."""


class Wall:
    """Reads the rooms' glances. Draws only those that nobody is told of, and never in one go."""

    def __init__(self, clock: PolicyClock, rooms: Callable[[], Iterable[LiveRoom]]) -> None:
        self._clock = clock
        self._rooms = rooms

    async def look(self) -> list[Seen]:
        """Every lesson that goes on now; at most as many as a process hosts (`server.shelf.LIVE_MAX`)."""
        made = 0
        for live in tuple(self._rooms()):
            if self._draw(live) or not live.glance.made:
                made += 0 if live.glance.tile is None else 1
                if made == DRAW_ROOMS:
                    made = 0
                    await asyncio.sleep(DRAW_PAUSE_S)
        tiles = ((live, live.glance.tile) for live in self._rooms() if not live.halted)
        return [Seen(live.id, tile) for live, tile in tiles if tile is not None]

    def _draw(self, live: LiveRoom) -> bool:
        """Draw it where nobody did; what is on nobody's screen yet is not on the wall either."""
        now = self._clock.now_ms()
        if live.halted or live.given_up or live.telling or not live.glance.stale(live.sequence, now):
            return False
        room = live.room
        live.glance.note(room.status(now), live.evidence.weak(now), room.holds_until(now), live.sequence)
        return True
