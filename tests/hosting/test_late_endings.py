"""Endings that only the spool has, and lessons that were lost with their store: nothing of them is forgotten."""

from __future__ import annotations

import asyncio

import pytest

from rooms.audience import Message
from rooms.events import Flagged, HookEnded, MessageSubmitted, PartEnded, PlatformChanged, Shut
from server.frames import EndFrame, FlagFrame, PeersFrame, RemoveFrame, SayFrame
from server.live_room import PENDING_MAX, TRIES_MAX
from server.reread import RELOAD_WAIT_S, RELOADS_MAX
from server.store.port import Appended
from server.store.projections import project
from tests.hosting.stage import KIT, MINUTE_MS, MO, SAM, SHARED, TESS, Stage, T
from tests.simulation.memory_log import NO_FAULT, Fault


async def _both(stage: Stage):
    return await stage.enter(TESS), await stage.enter(SAM)


def _as_the_store_does(append):
    """What follows from an append is written with it, so that it has to be possible."""
    try:
        project(append)
    except KeyError:
        return Fault(0.01, Appended.UNKNOWN, committed=False)
    return NO_FAULT


async def test_S1_a_message_that_ended_a_lesson_survives_a_crash_in_the_spool_with_its_text():
    stage = await Stage(fault=_as_the_store_does).boot()
    teacher, pupil = await _both(stage)
    stage.log.down = True
    stage.does(pupil, SayFrame(action="a1", text="end of it"))
    assert teacher.halted
    await asyncio.sleep(3)
    await stage.crash()
    stage.log.down = False
    await stage.boot()
    await asyncio.sleep(30)
    assert len(stage.events(HookEnded)) == len(stage.events(Shut)) == 1
    assert list(stage.log.texts("l1").values()) == ["end of it"]
    assert stage.spool.orders == {}


@pytest.mark.parametrize("away_ms", [MINUTE_MS, 45 * MINUTE_MS], ids=["before E", "after E"])
async def test_D3_a_flag_that_only_the_spool_has_is_a_case_however_late_the_process_starts_again(away_ms):
    stage = await Stage(at=T - 20_000).boot()
    teacher, pupil = await _both(stage)
    await stage.live_on(120, teacher, pupil)
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    await asyncio.sleep(0.5)
    (message,) = teacher.shown(Message)
    stage.log.down = True
    stage.does(teacher, FlagFrame(action="f", message=message.message))
    assert pupil.halted
    await asyncio.sleep(3)
    await stage.crash()
    stage.log.down = False
    await asyncio.sleep(away_ms / 1_000)
    await stage.boot()
    await asyncio.sleep(30)
    assert [event.message for event in stage.events(Flagged)] == [message.message]
    assert stage.spool.orders == {}


async def test_D3_an_ending_that_the_store_keeps_refusing_is_asked_until_it_is_taken():
    refused = []

    def fault(append):
        if len(refused) <= TRIES_MAX + 2 and any(isinstance(event, HookEnded) for event in append.events):
            refused.append(append)
            return Fault(0.01, Appended.UNKNOWN, committed=False)
        return NO_FAULT

    stage = await Stage(fault=fault).boot()
    _, pupil = await _both(stage)
    stage.does(pupil, SayFrame(action="a1", text="end of it"))
    await asyncio.sleep(30)
    assert len(refused) == TRIES_MAX + 3
    assert len(stage.events(HookEnded)) == 1


def _unknown_once():
    struck = []

    def fault(append):
        if not struck and any(isinstance(event, MessageSubmitted) for event in append.events):
            struck.append(append)
            return Fault(0.01, Appended.UNKNOWN, committed=False)
        return NO_FAULT

    return fault


async def test_C7_a_lesson_lost_with_its_store_charges_nobody_for_that_time_whoever_takes_it_up():
    stage = await Stage(at=T - 20_000, fault=_unknown_once()).boot()
    teacher = await stage.enter(TESS)
    await stage.live_on(40, teacher)  # 20 s on the pupil's clock
    lost_at = stage.clock.now_ms()
    stage.does(teacher, SayFrame(action="a1", text="hello"))
    stage.log.unreadable = True
    await stage.live_on(int(RELOADS_MAX * RELOAD_WAIT_S) + 30, teacher)
    assert teacher.closed is not None
    stage.log.unreadable = False
    back_at = stage.clock.now_ms()
    teacher = await stage.enter(TESS)  # sooner than the host's own next try
    await stage.live_on(60, teacher)
    assert [(event.up, event.at) for event in stage.events(PlatformChanged)] == [(False, lost_at), (True, back_at)]
    assert not stage.events(PartEnded)
    clocks = teacher.status.parts[0].clocks
    assert clocks.nobody >= back_at - lost_at
    assert clocks.pupil <= 60_000


async def test_Q1_a_visit_ends_on_record_though_its_room_was_lost_before():
    stage = await Stage(fault=_unknown_once()).boot()
    _, pupil = await _both(stage)
    observer = await stage.enter(MO)
    stage.does(pupil, SayFrame(action="a1", text="hello"))
    stage.log.unreadable = True
    await asyncio.sleep(RELOADS_MAX * RELOAD_WAIT_S + 30)
    assert observer.closed is not None
    stage.hosting.left(observer.seat)
    await asyncio.sleep(1)
    assert [what for what, *_ in stage.log.visits] == ["began", "ended"]


async def test_P2_a_pupil_who_was_removed_has_no_peer_any_more_and_is_nobodys():
    stage = await Stage(SHARED, at=T - 20_000).boot()
    teacher, sam, kit = await stage.enter(TESS), await stage.enter(SAM), await stage.enter(KIT)
    await stage.live_on(30, teacher, sam, kit)
    stage.does(teacher, RemoveFrame(action="r", pupil="kit"))
    await stage.live_on(1, teacher, sam, kit)
    assert [peer.side for peer in teacher.of(PeersFrame)[-1].peers] == ["sam"]
    assert kit.of(PeersFrame)[-1].peers == ()
    assert [peer.side for peer in sam.of(PeersFrame)[-1].peers] == ["teacher"]


async def test_D1_end_is_never_turned_away_however_much_waits_for_the_disk():
    stage = await Stage().boot()
    teacher, pupil = await _both(stage)
    stage.log.down = True
    for number in range(PENDING_MAX + 1):
        stage.does(pupil, SayFrame(action=f"a{number}", text="hello"))
    stage.does(teacher, EndFrame(action="end"))
    assert pupil.halted
    assert teacher.ack("end") is None
    stage.log.resume()
    await asyncio.sleep(10)
    assert teacher.ack("end").ok
