"""The live wall, of people managers and administrators: what can be known of live lessons without a visit (Q1, A6)."""

from __future__ import annotations

import msgspec

from server.api.resource import Answered, Call


class Next(msgspec.Struct, frozen=True):
    """When lessons start next, where none goes on."""

    at: int
    """Unix ms."""
    lessons: int
    """How many start then."""


class WallBody(msgspec.Struct, frozen=True):
    """GET /api/wall."""

    tiles: list[msgspec.Raw]
    """`server.glance.Tile`."""
    next: Next | None
    now: int


async def wall(call: Call) -> Answered:
    """The live lessons within the caller's scope, but those that they are booked in (A6)."""
    services, who = call.services, call.person
    seen = await services.hosting.wall.look()
    theirs = await services.bookings.watchable(who.id, [one.lesson for one in seen])
    tiles = [one.tile for one in seen if one.lesson in theirs]
    now = services.clock.now_ms()
    following = None
    if not tiles:
        found = await services.bookings.next_start(now, watcher=who.id)
        following = None if found is None else Next(*found)
    return WallBody(tiles, following, now)
