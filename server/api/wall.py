"""The live wall of people managers: what can be known of every live lesson without a visit (Q1, A6)."""

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
    """The live lessons, but those that the caller is booked in (A6)."""
    services, who = call.services, call.person
    seen = await services.hosting.wall.look()
    own = await services.bookings.involving(who.id, [one.lesson for one in seen])
    tiles = [one.tile for one in seen if one.lesson not in own]
    now = services.clock.now_ms()
    following = None
    if not tiles:
        found = await services.bookings.next_start(now, but=who.id)
        following = None if found is None else Next(*found)
    return WallBody(tiles, following, now)
