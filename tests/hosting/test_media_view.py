"""The relay's view of each side's media in a hosted lesson: whose clock runs, and what it comes to."""

from __future__ import annotations

import asyncio

import pytest

from rooms.events import EvidenceChanged, PartEnded
from server.frames import LeaveFrame
from tests.hosting.offering import both, offer
from tests.hosting.stage import MINUTE_MS, SAM, TESS, Stage, T, Tab, well


async def watched(at: int = T - MINUTE_MS) -> tuple[Stage, Tab, Tab]:
    """Both are in, a minute before the lesson, and ready: media flows between the two, and to the relay."""
    stage = await Stage(at=at, view=True).boot()
    teacher, pupil = await both(stage)
    await stage.live_on(10, teacher, pupil)
    assert sides(teacher) == {"teacher": "ready", "sam": "ready"}
    return stage, teacher, pupil


def sides(tab: Tab) -> dict[str, str]:
    return {side.side: " ".join((side.evidence, *side.reasons)) for side in tab.status.sides}


async def without_media(stage: Stage, seconds: int, *tabs: Tab) -> None:
    """Both lines are well, and no packet passes between the two."""
    for _ in range(seconds):
        for tab in tabs:
            stage.does(tab, well(tab.packets, t=1))
        await asyncio.sleep(1)


def now(stage: Stage) -> float:
    return stage.loop.time()


async def test_C3_a_pupils_media_that_is_cut_is_the_pupils_clock_and_charged_as_missed() -> None:
    stage, teacher, pupil = await watched()
    stage.relay.quiet_at["sam"] = now(stage)
    cut = stage.clock.now_ms()
    await without_media(stage, 12, teacher, pupil)
    assert sides(teacher) == {"teacher": "ready", "sam": "lost media"}
    [lost] = [event for event in stage.events(EvidenceChanged) if event.side == "sam" and event.evidence == "lost"]
    assert abs(lost.at - cut) <= 1_000
    await without_media(stage, 60 + 330, teacher, pupil)
    [ended] = stage.events(PartEnded)
    assert ended.outcome.rule == "C3"
    assert ended.outcome.clocks.pupil > 300_000
    assert ended.outcome.clocks.nobody == 0


async def test_C2_a_teachers_is_the_teachers() -> None:
    stage, teacher, pupil = await watched()
    stage.relay.quiet_at["teacher"] = now(stage)
    await without_media(stage, 60 + 330, teacher, pupil)
    [ended] = stage.events(PartEnded)
    assert ended.outcome.rule == "C2"


@pytest.mark.parametrize("why", ["both reach us", "the relay hears nobody", "the relay fails", "the relay is away"])
async def test_C7_where_it_is_not_known_whose_it_is_it_is_nobodys(why: str) -> None:
    stage, teacher, pupil = await watched()
    if why != "both reach us":
        stage.relay.quiet_at.update(sam=now(stage), teacher=now(stage))
        stage.relay.hears = False
    if why == "the relay fails":
        stage.relay.view = stage.relay.quiet_s = lambda *_: 1 / 0  # type: ignore[method-assign]
    if why == "the relay is away":
        stage.relay.view = stage.relay.quiet_s = lambda *_: None  # type: ignore[method-assign]
    await without_media(stage, 60 + 330, teacher, pupil)
    [ended] = stage.events(PartEnded)
    assert ended.outcome.rule == "C7"
    assert not [event for event in stage.events(EvidenceChanged) if event.evidence == "lost"]


async def test_C_a_teacher_whose_media_reaches_nobody_makes_no_pupil_miss_a_lesson() -> None:
    stage = await Stage(at=T - MINUTE_MS, view=True).boot()
    teacher = await stage.enter(TESS)
    await without_media(stage, 60 + 330, teacher)
    [ended] = stage.events(PartEnded)
    assert ended.outcome.rule == "C2"


async def test_C_one_whose_leg_the_relay_refuses_is_not_at_fault_for_it() -> None:
    stage = await Stage(at=T - MINUTE_MS, view=True).boot()
    teacher = await stage.enter(TESS)
    await offer(stage, teacher, sdp="nothing that it takes")
    await without_media(stage, 40, teacher)
    assert sides(teacher)["teacher"] == "unknown media"
    await offer(stage, teacher, n=2)
    await without_media(stage, 3, teacher)
    assert sides(teacher)["teacher"] == "ready"


async def test_C_who_comes_back_with_another_device_is_ready_once_its_media_reaches_us() -> None:
    stage, teacher, pupil = await watched()
    stage.does(pupil, LeaveFrame(action="a1"))
    stage.hosting.left(pupil.seat, clean=True)
    await without_media(stage, 5, teacher)
    assert sides(teacher) == {"teacher": "ready", "sam": "lost away"}
    again = await stage.enter(SAM, "d2")
    await without_media(stage, 5, teacher, again)
    assert sides(teacher)["sam"] == "unknown media"
    await offer(stage, again)
    await stage.live_on(5, teacher, again)
    assert sides(teacher) == {"teacher": "ready", "sam": "ready"}


async def test_what_a_room_costs_a_second_is_not_told_more_often() -> None:
    """Evidence judges a calm lesson once in a few seconds, with the relay's view as without."""
    stage, teacher, pupil = await watched()
    judged = 0
    evidence = stage.hosting._shelf.live("l1").evidence
    judge = evidence._judge

    def counted(at: int) -> None:
        nonlocal judged
        judged += 1
        judge(at)

    evidence._judge = counted
    await stage.live_on(30, teacher, pupil)
    assert 0 < judged <= 20
