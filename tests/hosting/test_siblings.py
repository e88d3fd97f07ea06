"""A6, one family's account in one shared lesson with two pupils: two sides, a device each."""

from __future__ import annotations

import asyncio

from rooms.events import Departed, Entered
from rooms.lesson import TEACHER, Actor, Role
from tests.hosting.stage import SHARED, TESS, Stage

ANNA_WITH_SAM = Actor(Role.PUPIL_SIDE, "p-anna", "Anna", "sam")
ANNA_WITH_KIT = Actor(Role.PUPIL_SIDE, "p-anna", "Anna", "kit")


def here(tab) -> dict[str, bool]:
    return {side.side: side.here for side in tab.status.sides}


async def test_A1_siblings_under_one_account_are_both_here_and_each_goes_alone():
    stage = await Stage(SHARED).boot()
    teacher = await stage.enter(TESS)
    sam = await stage.enter(ANNA_WITH_SAM, "laptop")
    kit = await stage.enter(ANNA_WITH_KIT, "tablet")
    await stage.live_on(2, teacher, sam, kit)
    assert (sam.closed, kit.closed) == (None, None)
    assert here(teacher) == {TEACHER: True, "sam": True, "kit": True}
    stage.hosting.left(kit.seat)
    await stage.live_on(10, teacher, sam)
    assert [event.by.side for event in stage.events(Departed)] == ["kit"]
    assert here(teacher) == {TEACHER: True, "sam": True, "kit": False}


async def test_A1_after_a_crash_neither_sibling_is_taken_for_here():
    stage = await Stage(SHARED).boot()
    await stage.enter(ANNA_WITH_SAM, "laptop")
    await stage.enter(ANNA_WITH_KIT, "tablet")
    await asyncio.sleep(1)
    await stage.crash()
    await stage.boot()
    await asyncio.sleep(1)
    assert sorted(event.by.side for event in stage.events(Entered)) == ["kit", "sam"]
    assert sorted(event.by.side for event in stage.events(Departed)) == ["kit", "sam"]
