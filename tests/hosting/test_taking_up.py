"""What a process that starts, or a store that is too busy, must not forget."""

from __future__ import annotations

import asyncio

from rooms.events import EvidenceChanged, Interrupted, Opened, PartEnded, Resumed, Started
from server.frames import Beat, Report
from server.platform_marks import MARK_EVERY_S
from server.seat import Refused
from server.store.port import StoreBusy
from tests.hosting.stage import LESSON, MINUTE_MS, MO, SAM, TESS, Stage, T, Tab


def _camera_off(tab: Tab) -> Report:
    tab.packets += 80
    return Report(
        camera="off", microphone="on", sent=tab.packets, received=tab.packets, frames=tab.packets, connected=True
    )


async def test_C_own_camera_off_is_no_interruption_after_a_crash_either():
    stage = await Stage(at=T - 20_000).boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    await stage.live_on(120, teacher, pupil)
    assert stage.events(Started)
    await stage.crash()
    await stage.boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    await stage.live_on(20, teacher, pupil)
    assert len(stage.events(Resumed)) == 1
    before = len(stage.events(EvidenceChanged))
    for _ in range(20):
        stage.does(pupil, Beat(t=1))
        stage.does(pupil, _camera_off(pupil))
        await stage.live_on(1, teacher)
    assert len(stage.events(Interrupted)) == 1, "only the crash's"
    assert len(stage.events(EvidenceChanged)) == before


async def _busy(*_: object) -> None:
    raise StoreBusy


async def test_C7_a_mark_that_a_busy_store_turned_away_is_not_the_last_that_is_made():
    stage = await Stage().boot()
    stage.log.mark, mark = _busy, stage.log.mark
    await asyncio.sleep(3)
    stage.log.mark = mark
    await asyncio.sleep(30)
    marks = await stage.log.marks()
    assert stage.clock.now_ms() - marks["main"] <= 2_000 * MARK_EVERY_S


async def test_Q1_a_busy_store_lets_nobody_watch_unrecorded_and_forgets_no_end_of_a_visit():
    stage = await Stage().boot()
    await stage.enter(TESS)
    watching = await stage.enter(MO)
    stage.log.visit_began, began = _busy, stage.log.visit_began
    tab, answer = await stage.join(MO, "d2")
    assert isinstance(answer, Refused)
    assert tab.closed is not None
    assert tab.closed.resumable
    stage.log.visit_began = began
    stage.log.visit_ended, ended = _busy, stage.log.visit_ended
    stage.hosting.left(watching.seat)
    await asyncio.sleep(3)
    stage.log.visit_ended = ended
    await asyncio.sleep(3)
    assert [what for what, *_ in stage.log.visits] == ["began", "ended"]


async def test_C7_a_crash_while_a_missed_lesson_is_opened_late_loses_nothing_of_what_was_missed():
    stage = await Stage(at=T + 60 * MINUTE_MS).boot()
    assert await stage.hosting.open(LESSON.id, late=True)
    await stage.crash()
    assert [type(event) for event in stage.events()][:1] == [Opened]
    await asyncio.sleep(60)
    await stage.boot()
    await asyncio.sleep(5)
    (part,) = stage.events(PartEnded)
    assert (part.outcome.rule, part.outcome.charge, part.outcome.reschedule) == ("C7", "not_charged", True)
