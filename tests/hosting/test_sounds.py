"""T1 how each side sends its sound is told to the other side, and only by the side's own page."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from rooms.lesson import TEACHER
from tests.hosting.stage import KIT, MO, SAM, SHARED, TESS, Stage, well

TOLD_S = 0.5
"""On the virtual loop: more than a status waits for others to join it."""


def sounds(tab) -> dict[str, tuple[str, int]]:
    return {told.side: (told.sound, told.turn) for told in tab.status.sounds}


async def says(stage: Stage, tab, sound: str, turn: int = 0) -> None:
    tab.packets += 80
    stage.does(tab, replace(well(tab.packets, t=1), sound=sound, sound_turn=turn))
    await asyncio.sleep(TOLD_S)


async def test_T1_each_side_is_told_how_the_other_sends_its_sound():
    stage = await Stage().boot()
    teacher, sam = await stage.enter(TESS), await stage.enter(SAM)
    await asyncio.sleep(TOLD_S)
    assert sounds(sam) == {}, "nothing is told that no page has said"
    await says(stage, sam, "talking")
    await says(stage, teacher, "music", turn=7)
    assert sounds(teacher) == sounds(sam) == {TEACHER: ("music", 7), "sam": ("talking", 0)}
    told = len(sam.frames)
    await says(stage, teacher, "music", turn=7)
    assert len(sam.frames) == told, "the same again is no news"


async def test_T1_a_pupil_side_sets_nobody_elses_sound_and_sees_no_other_pupil():
    stage = await Stage(SHARED).boot()
    teacher, sam, kit = await stage.enter(TESS), await stage.enter(SAM), await stage.enter(KIT)
    await says(stage, sam, "music", turn=99)
    await says(stage, kit, "talking")
    assert sounds(teacher) == {"sam": ("music", 0), "kit": ("talking", 0)}
    assert sounds(kit) == {"kit": ("talking", 0)}


async def test_T1_it_is_there_again_after_a_resume_and_after_a_crash():
    stage = await Stage().boot()
    teacher, sam = await stage.enter(TESS), await stage.enter(SAM)
    await says(stage, teacher, "music", turn=7)
    stage.hosting.left(sam.seat)
    again = await stage.enter(SAM, n=sam.seat.n)
    assert sounds(again) == {TEACHER: ("music", 7)}
    await stage.crash()
    await stage.boot()
    teacher, sam = await stage.enter(TESS), await stage.enter(SAM)
    await says(stage, teacher, "music", turn=7)
    assert sounds(sam) == {TEACHER: ("music", 7)}


async def test_T1_a_report_of_an_older_page_changes_nothing_and_an_observer_sees_both():
    stage = await Stage().boot()
    teacher, sam = await stage.enter(TESS), await stage.enter(SAM)
    await says(stage, teacher, "music", turn=7)
    await stage.live_on(2, teacher, sam)
    watching = await stage.enter(MO)
    assert sounds(sam) == sounds(watching) == {TEACHER: ("music", 7)}
