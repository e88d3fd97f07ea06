from __future__ import annotations

import asyncio

import pytest

from rooms.events import (
    Departed,
    Ended,
    HookEnded,
    MessageDelivered,
    MessageJudged,
    MessageSubmitted,
    PlatformChanged,
    Shut,
)
from rooms.lesson import Role
from rooms.shown import Closing, Message
from server.errors import FAILED, MOVED, RESTARTING
from server.frames import Ack, EndFrame, EventFrame, SayFrame, StatusFrame
from server.live_room import ANSWER_S_MAX, PENDING_MAX
from server.reread import RELOAD_WAIT_S, RELOADS_MAX
from server.seat import Refused
from server.store.port import Appended
from tests.hosting.stage import MO, SAM, TESS, Stage
from tests.simulation.memory_log import NO_FAULT, Fault


async def _both(stage: Stage):
    return await stage.enter(TESS), await stage.enter(SAM)


async def test_nothing_is_shown_or_acknowledged_before_it_is_durable():
    stage = await Stage().boot()
    teacher, pupil = await _both(stage)
    stage.log.down = True
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    await asyncio.sleep(5)
    assert not teacher.shown(Message)
    assert pupil.ack("a1") is None
    stage.log.resume()
    await asyncio.sleep(0.1)
    assert [event.text for event in teacher.shown(Message)] == ["hello"]
    assert pupil.ack("a1").ok


async def test_D1_end_stops_media_before_the_disk_and_says_ended_only_after():
    stage = await Stage().boot()
    teacher, pupil = await _both(stage)
    stage.log.down = True
    before = stage.clock.now_ms()
    stage.does(teacher, EndFrame(action="end"))
    assert teacher.halted
    assert pupil.halted
    assert stage.clock.now_ms() == before
    _, answer = await stage.join(SAM, "d2", take_over=True)
    assert isinstance(answer, Refused)
    assert answer.code == "over"
    await asyncio.sleep(10)
    assert pupil.status.phase == "ending"
    assert not pupil.status.platform_up
    assert teacher.ack("end") is None
    assert not pupil.shown(Closing)
    assert len(stage.spool.orders) == 1
    stage.log.resume()
    await asyncio.sleep(1)
    assert teacher.ack("end").ok
    assert [event.how for event in teacher.shown(Closing)] == ["by_you"]
    assert [event.how for event in pupil.shown(Closing)] == ["neutral"]
    assert pupil.status.phase == "ended"
    assert stage.spool.orders == {}


async def test_D1_an_end_that_only_the_spool_has_survives_a_crash():
    stage = await Stage().boot()
    teacher, _ = await _both(stage)
    stage.log.down = True
    stage.does(teacher, EndFrame(action="end"))
    await asyncio.sleep(3)
    await stage.crash()
    stage.log.down = False
    assert not stage.events(Shut)
    await stage.boot()
    await asyncio.sleep(20)
    assert len(stage.events(Ended)) == 1
    assert stage.spool.orders == {}


async def test_D3_an_unsafe_message_ends_at_once_in_one_append_and_is_never_delivered():
    appends = []

    def watched(append):
        appends.append([type(event) for event in append.events])
        return NO_FAULT

    stage = await Stage(fault=watched).boot()
    teacher, pupil = await _both(stage)
    stage.does(pupil, SayFrame(action="a1", text="end of it"))
    assert teacher.halted
    await asyncio.sleep(15)
    (append,) = [kinds for kinds in appends if MessageSubmitted in kinds]
    assert {MessageJudged, HookEnded, Shut} <= set(append)
    assert not stage.events(MessageDelivered)
    for tab in (teacher, pupil):
        assert [event.how for event in tab.shown(Closing)] == ["neutral"]
        assert "end of it" not in repr(tab.frames)


async def test_D3_a_held_message_reaches_its_author_and_the_teacher_and_is_dropped_after_60_s():
    stage = await Stage().boot()
    teacher, pupil = await _both(stage)
    stage.does(pupil, SayFrame(action="a1", text="hold this"))
    await asyncio.sleep(59)
    assert "Unsent" not in repr(teacher.frames)
    await asyncio.sleep(2)
    assert "Unsent" in repr(teacher.frames)
    assert "Unsent" in repr(pupil.frames)
    assert not stage.events(MessageDelivered)


def _first_say(result: Appended, *, committed: bool):
    """The append of the first message goes wrong, once."""
    struck = []

    def fault(append):
        if not struck and any(isinstance(event, MessageSubmitted) for event in append.events):
            struck.append(append)
            return Fault(0.01, result, committed)
        return NO_FAULT

    return fault


@pytest.mark.parametrize(
    ("result", "committed"),
    [(Appended.UNKNOWN, True), (Appended.UNKNOWN, False), (Appended.WRONG_SEQUENCE, False)],
)
async def test_what_the_disk_did_or_did_not_take_is_said_exactly_once(result, committed):
    stage = await Stage(fault=_first_say(result, committed=committed)).boot()
    teacher, pupil = await _both(stage)
    for number in range(5):
        stage.does(pupil, SayFrame(action=f"a{number}", text=f"text {number}"))
    await asyncio.sleep(3)
    for tab in (teacher, pupil):
        assert [event.text for event in tab.shown(Message)] == [f"text {number}" for number in range(5)]
        numbers = [frame.n for frame in tab.of(EventFrame)]
        assert numbers == list(range(1, len(numbers) + 1))
    assert all(pupil.ack(f"a{number}").ok for number in range(5))
    # The review of a command that is asked again is not made again: its verdict stands.
    assert stage.reviewed == [f"text {number}" for number in range(5)]


async def test_a_repeated_action_is_acknowledged_again_and_has_no_second_effect():
    stage = await Stage().boot()
    teacher, pupil = await _both(stage)
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    await asyncio.sleep(1)
    assert len(teacher.shown(Message)) == 1
    assert [frame.ok for frame in pupil.frames if getattr(frame, "action", "") == "a1"] == [True, True]


async def test_a_host_that_lost_its_lesson_sends_everybody_to_come_back():
    stage = await Stage().boot()
    teacher, pupil = await _both(stage)
    await stage.log.claim("l1")  # another host took it
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    await asyncio.sleep(1)
    assert teacher.closed == pupil.closed == MOVED
    assert MOVED.resumable
    assert pupil.ack("a1") is None  # it comes back, and asks again with the same id
    assert not stage.events(MessageSubmitted)


async def test_C7_time_without_the_store_is_the_platforms_from_the_first_append_that_did_not_come_back():
    stage = await Stage().boot()
    teacher, pupil = await _both(stage)
    await asyncio.sleep(5)
    stage.log.down = True
    down_at = stage.clock.now_ms()
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    await asyncio.sleep(30)
    assert not teacher.status.platform_up
    up_at = stage.clock.now_ms()
    stage.log.resume()
    await asyncio.sleep(1)
    changes = [(event.up, event.at) for event in stage.events(PlatformChanged)]
    assert changes == [(False, down_at), (True, up_at)]
    assert teacher.status.platform_up


async def test_C7_after_a_crash_the_platform_was_down_from_the_last_mark_and_nobody_is_here():
    stage = await Stage().boot()
    await _both(stage)
    await asyncio.sleep(30.5)
    died_at = stage.clock.now_ms()
    await stage.crash()
    await asyncio.sleep(100)
    await stage.boot()
    await asyncio.sleep(0.1)
    down, up = stage.events(PlatformChanged)
    assert not down.up
    assert died_at - 1_000 <= down.at <= died_at
    assert up.up
    assert up.at - died_at == 100_000
    assert {event.by.person for event in stage.events(Departed)} == {"p-tess", "p-sam"}


async def test_D3_a_message_that_a_crash_left_unreviewed_is_reviewed_again():
    stage = await Stage().boot()
    _, pupil = await _both(stage)
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    await asyncio.sleep(1)
    # As an older host would have left it: submitted, and no verdict.
    kept = stage.log._logs["l1"]
    kept.events[:] = [e for e in kept.events if not isinstance(e, MessageJudged | MessageDelivered)]
    await stage.crash()
    await stage.boot()
    await asyncio.sleep(1)
    assert len(stage.events(MessageJudged)) == 1
    assert len(stage.events(MessageDelivered)) == 1
    assert stage.reviewed == ["hello", "hello"]


async def test_a_busy_store_is_asked_again_and_keeps_the_order():
    stage = await Stage().boot()
    teacher, pupil = await _both(stage)
    stage.log.queue_max = 1
    for number in range(10):
        stage.does(pupil, SayFrame(action=f"a{number}", text=f"text {number}"))
    await asyncio.sleep(10)
    assert [event.text for event in teacher.shown(Message)] == [f"text {number}" for number in range(10)]


async def test_what_waits_for_the_disk_is_bounded():
    stage = await Stage().boot()
    _, pupil = await _both(stage)
    stage.log.down = True
    for number in range(PENDING_MAX + 10):
        stage.does(pupil, SayFrame(action=f"a{number}", text="hello"))
    assert pupil.ack(f"a{PENDING_MAX + 5}").code == "busy"
    assert pupil.ack("a0") is None


async def test_drain_closes_every_socket_with_a_code_that_says_come_back():
    stage = await Stage().boot()
    teacher, pupil = await _both(stage)
    observer = await stage.enter(MO)
    await stage.hosting.drain()
    assert teacher.closed == pupil.closed == observer.closed == RESTARTING
    _, answer = await stage.join(TESS)
    assert answer.code == "restarting"
    assert [event.up for event in stage.events(PlatformChanged)] == [False]


async def test_a_machine_that_slept_counts_it_as_the_platforms_time():
    stage = await Stage().boot()
    teacher, _ = await _both(stage)
    await asyncio.sleep(5)
    before = stage.clock.now_ms()
    stage.clock.divergence_ms += 50_000
    await asyncio.sleep(2)
    down, up = stage.events(PlatformChanged)
    assert up.at - down.at == 50_000
    assert stage.clock.now_ms() == before + 52_000
    assert teacher.of(StatusFrame)[-1].now >= before + 50_000


async def test_a_store_that_is_gone_for_long_loses_no_lesson_and_no_ending():
    stage = await Stage(fault=_first_say(Appended.UNKNOWN, committed=False)).boot()
    teacher, pupil = await _both(stage)
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    stage.log.unreadable = True
    await asyncio.sleep(1)
    stage.does(teacher, EndFrame(action="end"))
    assert teacher.halted
    assert pupil.halted
    await asyncio.sleep(RELOADS_MAX * RELOAD_WAIT_S + 30)
    assert teacher.closed == pupil.closed == FAILED
    assert len(stage.spool.orders) == 1
    stage.log.unreadable = False
    await asyncio.sleep(40)
    assert [event.by for event in stage.events(Shut)] == [Role.TEACHER]
    assert len(stage.events(Ended)) == 1
    assert stage.spool.orders == {}


async def test_chat_that_is_not_stored_in_time_is_answered_and_the_same_id_may_be_asked_again():
    stage = await Stage(fault=_first_say(Appended.UNKNOWN, committed=False)).boot()
    teacher, pupil = await _both(stage)
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    stage.log.unreadable = True
    await asyncio.sleep(1)
    stage.does(pupil, SayFrame(action="a2", text="anybody?"))
    await asyncio.sleep(ANSWER_S_MAX - 2)
    assert (pupil.ack("a1"), pupil.ack("a2")) == (None, None)
    await asyncio.sleep(4)
    for action in ("a1", "a2"):
        assert (pupil.ack(action).ok, pupil.ack(action).code) == (False, "try_again")
    assert not stage.events(MessageSubmitted)
    stage.log.unreadable = False
    await asyncio.sleep(5)
    assert not stage.events(MessageSubmitted), "nobody's words come minutes after they were told that they did not"
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    await asyncio.sleep(1)
    assert [event.text for event in teacher.shown(Message)] == ["hello"]
    assert [frame.ok for frame in pupil.of(Ack)] == [False, False, True]


async def test_chat_that_the_disk_takes_after_its_answer_is_shown_once_and_answered_once():
    stage = await Stage().boot()
    teacher, pupil = await _both(stage)
    stage.log.down = True
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    await asyncio.sleep(ANSWER_S_MAX + 3)
    assert pupil.ack("a1").code == "try_again"
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    assert not teacher.shown(Message)
    stage.log.resume()
    await asyncio.sleep(1)
    assert [event.text for event in teacher.shown(Message)] == ["hello"]
    assert [frame.ok for frame in pupil.of(Ack)] == [False, True]


async def test_D1_an_ending_is_never_answered_that_it_did_not_go_through():
    stage = await Stage().boot()
    teacher, pupil = await _both(stage)
    stage.log.down = True
    stage.does(pupil, SayFrame(action="a1", text="end of it"))
    stage.does(teacher, EndFrame(action="end"))
    await asyncio.sleep(3 * ANSWER_S_MAX)
    assert teacher.ack("end") is None
    assert pupil.ack("a1") is None
    stage.log.resume()
    await asyncio.sleep(20)
    assert pupil.ack("a1").ok
    assert len(stage.events(Ended)) == 1


async def test_D1_how_a_lesson_stands_says_ended_only_once_that_is_durable():
    stage = await Stage().boot()
    teacher, _ = await _both(stage)
    stage.log.down = True
    stage.does(teacher, EndFrame(action="end"))
    assert not (await stage.hosting.status("l1")).shut
    stage.log.resume()
    await asyncio.sleep(1)
    assert (await stage.hosting.status("l1")).shut
    assert await stage.hosting.status("of-nothing") is None
