from __future__ import annotations

import asyncio

from rooms.commands import AdultIn, Explain
from rooms.events import EvidenceChanged, Explained, Live, Opened, PartEnded, Shut, Started
from rooms.shown import Closing
from server.deadlines import Deadlines
from server.frames import Beat, BeatBack, EndFrame, LeaveFrame, SayFrame
from server.hosting import UNLOAD_AFTER_MS
from tests.hosting.stage import LESSON, SAM, TESS, Stage, T, well
from tests.virtual_loop import LoopClock


def _outcome(stage: Stage):
    return [event.outcome for event in stage.events(PartEnded)]


async def test_C3_a_pupil_who_never_comes_is_charged_after_300_s_of_a_ready_teacher():
    stage = await Stage(at=T - 20_000).boot()
    teacher = await stage.enter(TESS)
    await stage.live_on(340, teacher)
    (outcome,) = _outcome(stage)
    assert (outcome.rule, outcome.charge) == ("C3", "charged")
    assert stage.events(PartEnded)[0].at == T + 300_001
    assert [event.how for event in teacher.shown(Closing)] == ["C3"]
    assert teacher.halted


async def test_C2_a_teacher_who_never_comes_is_not_charged_to_the_family():
    stage = await Stage(at=T - 20_000).boot()
    pupil = await stage.enter(SAM)
    await stage.live_on(340, pupil)
    (outcome,) = _outcome(stage)
    assert (outcome.rule, outcome.charge, outcome.reschedule) == ("C2", "not_charged", True)


async def test_C2_a_room_that_was_opened_and_stays_empty_reaches_its_end():
    stage = await Stage().boot()
    assert await stage.hosting.open("l1")
    await asyncio.sleep(960)
    (outcome,) = _outcome(stage)
    assert outcome.rule == "C2"


async def test_C2_a_lesson_of_a_dead_host_reaches_its_end_on_the_next():
    stage = await Stage().boot()
    await stage.enter(TESS)
    await asyncio.sleep(2)
    await stage.crash()
    await asyncio.sleep(LESSON.ends_at / 1_000 - stage.clock.now_ms() / 1_000 + 60)
    await stage.boot()
    await asyncio.sleep(30)
    (outcome,) = _outcome(stage)
    assert outcome.rule == "C7"


async def test_C_two_ready_sides_go_live_and_start_by_their_reports_alone():
    stage = await Stage(at=T - 20_000).boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    await stage.live_on(120, teacher, pupil)
    assert stage.events(Live)[0].at == T
    assert stage.events(Started)[0].at == T + 60_000
    assert teacher.status.parts[0].phase == "live"


async def test_C_a_report_with_t_is_a_beat_and_is_answered_and_one_without_is_heard_as_well():
    stage = await Stage(at=T - 20_000).boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    for second in range(20):
        stage.does(teacher, well(80 * second, t=second))
        stage.does(pupil, well(80 * second))
        await asyncio.sleep(1)
    assert [back.t for back in teacher.of(BeatBack)] == list(range(20))
    assert [back.now for back in teacher.of(BeatBack)] == [T - 20_000 + 1_000 * second for second in range(20)]
    assert not pupil.of(BeatBack)
    assert [event for event in stage.events(EvidenceChanged) if event.evidence == "lost"] == []
    assert {side.evidence for side in teacher.status.sides} == {"ready"}


async def test_C_a_page_of_before_sends_beats_and_reports_apart_and_is_as_well():
    stage = await Stage(at=T - 20_000).boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    for second in range(120):
        for tab in (teacher, pupil):
            stage.does(tab, Beat(t=second))
            stage.does(tab, well(80 * second))
        await asyncio.sleep(1)
    assert [back.t for back in pupil.of(BeatBack)] == list(range(120))
    assert stage.events(Started)[0].at == T + 60_000
    assert teacher.status.parts[0].phase == "live"


async def test_C_beats_without_reports_keep_the_line_and_only_media_is_unknown():
    stage = await Stage(at=T - 20_000).boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    await stage.live_on(100, teacher, pupil)
    for second in range(10):
        stage.does(pupil, Beat(t=second))
        await stage.live_on(1, teacher)
    assert next(side.evidence for side in teacher.status.sides if side.side == "sam") == "unknown"
    assert [event for event in stage.events(EvidenceChanged) if event.at >= T and event.evidence == "lost"] == []


async def test_C_silence_is_found_within_seconds_and_dated_from_the_last_beat():
    stage = await Stage(at=T - 20_000).boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    await stage.live_on(100, teacher, pupil)
    last = stage.clock.now_ms() - 1_000
    await stage.live_on(6, teacher)
    lost = [e for e in stage.events(EvidenceChanged) if e.side == "sam" and e.evidence == "lost"]
    assert [event.at for event in lost] == [last]
    assert teacher.status.parts[0].phase == "interrupted"


async def test_C3_a_jump_of_the_policy_clock_plays_five_minutes_at_once():
    stage = await Stage(at=T - 20_000).boot()
    teacher = await stage.enter(TESS)
    await stage.live_on(60, teacher)
    stage.clock.jump(280_000)
    await stage.live_on(2, teacher)
    (outcome,) = _outcome(stage)
    assert (outcome.rule, outcome.charge) == ("C3", "charged")
    assert teacher.shown(Closing)


async def test_C_leave_is_away_at_once_and_one_can_come_back():
    stage = await Stage(at=T - 20_000).boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    await stage.live_on(40, teacher, pupil)
    stage.does(pupil, LeaveFrame(action="bye"))
    stage.hosting.left(pupil.seat, clean=True)
    await stage.live_on(2, teacher)
    assert next(s for s in teacher.status.sides if s.side == "sam").evidence == "lost"
    again = await stage.enter(SAM)
    await stage.live_on(15, teacher, again)
    assert next(s for s in teacher.status.sides if s.side == "sam").evidence == "ready"


async def test_B1_an_adult_can_check_in_before_anybody_is_in_the_room():
    stage = await Stage().boot()
    checked = AdultIn(by=SAM, action="in", pupil="sam", name="Alex", how="pin")
    assert (await stage.hosting.command("l1", checked)).ok
    assert isinstance(stage.events()[0], Opened)
    assert (await stage.hosting.command("l1", checked)).ok
    assert (await stage.hosting.command("nowhere", checked)).code == "not_open"


async def test_a_settled_empty_room_leaves_memory_and_still_takes_the_reason():
    stage = await Stage(at=T - 20_000).boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    await stage.live_on(120, teacher, pupil)
    stage.does(teacher, EndFrame(action="end"))
    await asyncio.sleep(20)
    for tab in (teacher, pupil):
        stage.hosting.left(tab.seat, clean=True)
    await asyncio.sleep(UNLOAD_AFTER_MS / 1_000 + 5)
    assert stage.hosting._all_live() == []
    explained = await stage.hosting.command("l1", Explain(by=TESS, action="why", because="other"))
    assert explained.ok
    assert len(stage.events(Explained)) == 1
    read = await stage.hosting.read("l1")
    assert read.room.status(stage.clock.now_ms()).parts[0].outcome.charge == "not_charged"


async def test_an_open_room_is_never_unloaded():
    stage = await Stage().boot()
    teacher = await stage.enter(TESS)
    stage.hosting.left(teacher.seat)
    await asyncio.sleep(120)
    assert [seen.lesson for seen in await stage.hosting.wall.look()] == ["l1"]


async def test_a_status_is_sent_on_change_and_a_few_times_a_second_at_most():
    stage = await Stage(at=T - 20_000).boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    await stage.live_on(60, teacher, pupil)
    before = len(teacher.frames)
    for number in range(30):
        stage.does(pupil, SayFrame(action=f"a{number}", text="hello"))
    await asyncio.sleep(1)
    kinds = [type(frame).__name__ for frame in teacher.frames[before:]]
    assert kinds.count("EventFrame") == 30
    assert kinds.count("StatusFrame") <= 1


async def test_deadlines_fire_once_in_order_and_stay_bounded():
    loop = asyncio.get_running_loop()
    clock = LoopClock(loop, 0)
    fired = []
    deadlines = Deadlines(clock, loop.call_later, lambda lesson: fired.append((lesson, clock.now_ms())))
    for at in range(5_000, 4_000, -1):
        deadlines.set("often", at)
    deadlines.set("later", 6_000)
    deadlines.set("never", 5_500)
    deadlines.set("never", None)
    assert len(deadlines._heap) < 100
    await asyncio.sleep(10)
    assert fired == [("often", 4_001), ("later", 6_000)]
    assert deadlines.of("often") is None


async def test_a_shut_room_says_so_to_both_only_once_it_is_durable():
    stage = await Stage(at=T - 20_000).boot()
    teacher = await stage.enter(TESS)
    await stage.live_on(300, teacher)
    assert not teacher.halted
    await stage.live_on(30, teacher)
    assert stage.events(Shut)
    assert teacher.halted
