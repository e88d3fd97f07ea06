"""Play one seed, or many; on a failure say the one command that plays it again."""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.simulation.checks import check, summary
from tests.simulation.world import World
from tests.virtual_loop import VirtualLoop


class Broken(AssertionError):
    """A seed whose lesson went wrong."""


def play(seed: int, *, observer: bool = False, keep_bytes: bool = False) -> World:
    """The world of a seed, at its end."""
    loop = VirtualLoop()
    asyncio.set_event_loop(None)
    try:
        return loop.run_until_complete(_play(seed, observer=observer, keep_bytes=keep_bytes))
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def _play(seed: int, *, observer: bool, keep_bytes: bool) -> World:
    world = World(seed, observer=observer, keep_bytes=keep_bytes)
    await world.run()
    return world


def verify(seeds: range) -> Counter:
    """Play each and check it.

    Raises:
        Broken: for the first that is wrong, with the command that replays it.
    """
    seen: Counter = Counter()
    for seed in seeds:
        try:
            world = play(seed)
        except Exception as error:
            raise Broken(f"replay: python -m tests.simulation --seed {seed}\n{error!r}") from error
        wrong = check(world)
        if wrong:
            listed = "\n".join(wrong[:20])
            raise Broken(f"replay: python -m tests.simulation --seed {seed}\n{listed}")
        seen += summary(world)
    return seen
