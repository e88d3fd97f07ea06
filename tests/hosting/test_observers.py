from __future__ import annotations

import asyncio

from rooms.events import EndPressed
from rooms.lesson import Actor, Role
from rooms.shown import Closing, Message
from server.frames import Beat, BeatBack, EndFrame, PeersFrame, SayFrame, WarnFrame, Welcome
from server.observers import OBSERVERS_MAX
from tests.hosting.stage import MO, SAM, TESS, Stage


async def test_Q1_an_observer_sees_chat_and_clocks_and_leaves_no_trace_with_the_others():
    stage = await Stage().boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    await asyncio.sleep(1)
    before = len(teacher.frames), len(pupil.frames), len(stage.events())
    observer = await stage.enter(MO)
    stage.does(observer, Beat(t=7))
    stage.hosting.left((await stage.enter(MO, "other")).seat)
    await asyncio.sleep(1)
    assert (len(teacher.frames), len(pupil.frames), len(stage.events())) == before
    assert observer.frames[0].you.role == "observer"
    assert observer.of(BeatBack)[0].t == 7
    assert not observer.of(PeersFrame)
    assert observer.status.can == ("end",)
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    await asyncio.sleep(1)
    assert [event.text for event in observer.shown(Message)] == ["hello"]
    assert observer.frames[0].ice_servers == ()


async def test_Q1_each_visit_is_on_record_from_begin_to_end():
    stage = await Stage().boot()
    await stage.enter(TESS)
    observer = await stage.enter(MO)
    await asyncio.sleep(60)
    stage.hosting.left(observer.seat)
    await asyncio.sleep(1)
    (began, who, visit, begin), (ended, _, same, end) = stage.log.visits
    assert (began, ended, who) == ("began", "ended", "p-mo")
    assert visit == same
    assert end - begin == 60_000


async def test_Q1_nobody_watches_unrecorded():
    stage = await Stage().boot()
    await stage.enter(TESS)
    stage.log.down = True
    tab, answer = await stage.join(MO)
    assert answer.code == "try_again"
    assert tab.closed.resumable
    assert not tab.of(Welcome)


async def test_Q1_an_observer_opens_no_room():
    stage = await Stage().boot()
    _, answer = await stage.join(MO)
    assert answer.code == "not_open"
    assert stage.log.lessons() == []


async def test_D9_an_observer_ends_the_lesson_and_both_read_one_neutral_sentence():
    stage = await Stage().boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    observer = await stage.enter(MO)
    stage.does(observer, EndFrame(action="stop"))
    assert teacher.halted
    assert pupil.halted
    await asyncio.sleep(20)
    assert observer.ack("stop").ok
    assert stage.events(EndPressed)[0].by == MO
    for tab in (teacher, pupil):
        assert [event.how for event in tab.shown(Closing)] == ["neutral"]
        assert "p-mo" not in repr(tab.frames)


async def test_Q1_an_observer_can_do_nothing_else():
    stage = await Stage().boot()
    teacher = await stage.enter(TESS)
    observer = await stage.enter(MO)
    before = len(stage.events())
    stage.does(observer, SayFrame(action="a1", text="hello"))
    stage.does(observer, WarnFrame(action="a2", reason="other people coming in"))
    await asyncio.sleep(1)
    assert [observer.ack(action).code for action in ("a1", "a2")] == ["not_yours", "not_yours"]
    assert len(stage.events()) == before
    assert not teacher.shown(Message)


async def test_Q1_observers_of_one_lesson_are_bounded():
    stage = await Stage().boot()
    await stage.enter(TESS)
    for number in range(OBSERVERS_MAX):
        await stage.enter(Actor(Role.MANAGER, f"m{number}", "M"))
    _, answer = await stage.join(MO)
    assert answer.code == "full"
