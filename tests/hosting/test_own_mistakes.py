"""What goes wrong in the host itself stays in the one room, is said in the log, and is mended from the lesson's log."""

from __future__ import annotations

import asyncio

from rooms.audience import Message
from rooms.commands import Say
from rooms.events import MessageSubmitted
from rooms.room import Room
from server.errors import OVER
from server.frames import EndFrame, RemoveFrame, SayFrame
from server.live_room import LINGER_MS
from server.store.port import Appended, StoreDown
from tests.hosting.stage import KIT, SAM, SHARED, TESS, Stage, T
from tests.simulation.memory_log import NO_FAULT, Fault


def _at_first_message(fault: Fault):
    """This fault at the append of the first message, none at the others."""
    met = False

    def asked(append):
        nonlocal met
        if met or not any(isinstance(event, MessageSubmitted) for event in append.events):
            return NO_FAULT
        met = True
        return fault

    return asked


async def test_a_command_that_breaks_half_way_leaves_memory_as_the_log_has_it(monkeypatch):
    stage = await Stage().boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    decide = Room.decide

    def broken(room, command, now):
        if isinstance(command, Say):
            raise ZeroDivisionError
        return decide(room, command, now)

    monkeypatch.setattr(Room, "decide", broken)
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    await asyncio.sleep(1)
    assert pupil.ack("a1").code == "try_again"
    monkeypatch.setattr(Room, "decide", decide)
    stage.does(pupil, SayFrame(action="a2", text="hello again"))
    await asyncio.sleep(1)
    assert [shown.text for shown in teacher.shown(Message)] == ["hello again"]
    assert (teacher.closed, pupil.closed) == (None, None)


async def test_a_log_that_cannot_be_read_is_this_rooms_trouble_and_not_the_platforms(monkeypatch):
    stage = await Stage(fault=_at_first_message(Fault(0.01, Appended.WRONG_SEQUENCE))).boot()
    teacher = await stage.enter(TESS)
    pupil = await stage.enter(SAM)
    load = stage.log.load
    failed = 0

    async def unreadable(lesson):
        nonlocal failed
        if failed < 2:
            failed += 1
            raise ValueError("a row that is no event")
        return await load(lesson)

    monkeypatch.setattr(stage.log, "load", unreadable)
    for number in range(4):
        stage.does(pupil, SayFrame(action=f"a{number}", text="hello"))
        await asyncio.sleep(0.2)
    assert failed
    assert stage.hosting.watch.stalled_since is None
    assert stage.hosting.watch.complete_until(stage.clock.now_ms()) == stage.clock.now_ms()
    await asyncio.sleep(30)
    # Whoever was in was asked to come back, and finds the lesson hosted again.
    assert teacher.closed is not None
    again = await stage.enter(TESS)
    assert again.seat is not None


async def test_a_claim_that_broke_off_but_was_stored_throws_nobody_out(monkeypatch):
    stage = await Stage(fault=_at_first_message(Fault(0.01, Appended.UNKNOWN, committed=False))).boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    claim = stage.log.claim
    broken = 0

    async def breaks_off(lesson):
        nonlocal broken
        epoch = await claim(lesson)
        if not broken:
            broken += 1
            raise StoreDown
        return epoch

    monkeypatch.setattr(stage.log, "claim", breaks_off)
    for number in range(3):
        stage.does(pupil, SayFrame(action=f"a{number}", text=f"hello {number}"))
        await asyncio.sleep(0.2)
    await asyncio.sleep(5)
    assert broken
    assert (teacher.closed, pupil.closed) == (None, None)
    assert [shown.text for shown in teacher.shown(Message)] == ["hello 0", "hello 1", "hello 2"]


async def test_P2_a_removed_pupils_media_stops_before_the_disk_knows():
    stage = await Stage(SHARED, at=T - 20_000).boot()
    teacher, sam, kit = await stage.enter(TESS), await stage.enter(SAM), await stage.enter(KIT)
    await stage.live_on(30, teacher, sam, kit)
    stage.log.down = True
    stage.does(teacher, RemoveFrame(action="r", pupil="kit"))
    assert kit.halted
    assert not sam.halted
    assert not teacher.halted


async def test_a_page_that_was_forgotten_open_is_closed_a_while_after_all_is_settled():
    stage = await Stage().boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    stage.does(teacher, EndFrame(action="end"))
    await asyncio.sleep(60)
    assert (teacher.closed, pupil.closed) == (None, None)
    await asyncio.sleep(LINGER_MS / 1_000)
    assert (teacher.closed, pupil.closed) == (OVER, OVER)


async def test_a_lesson_that_cannot_be_read_at_the_start_holds_back_no_other(monkeypatch):
    stage = await Stage().boot()
    await stage.enter(TESS)
    await stage.crash()
    load = stage.log.load
    failed = 0

    async def unreadable(lesson):
        nonlocal failed
        failed += 1
        if failed == 1:
            raise ValueError("a row that is no event")
        return await load(lesson)

    monkeypatch.setattr(stage.log, "load", unreadable)
    await stage.boot()
    assert await stage.hosting.wall.look() == []
    await asyncio.sleep(10)
    assert [seen.lesson for seen in await stage.hosting.wall.look()] == ["l1"]
