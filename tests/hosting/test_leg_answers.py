"""A relay that answers late: another process, on a busy machine."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.frames import EndFrame, LegAnswer, LegFrame, RemoveFrame
from server.legs import ANSWER_S_MAX, ORPHAN_S
from tests.hosting.offering import OFFER, answers, both, offer, turns
from tests.hosting.stage import ALEX, MO, SAM, SHARED, TESS, Stage, Tab
from tests.virtual_loop import VirtualLoop


async def slow(stage: Stage, tab: Tab, n: int = 1, sdp: str = OFFER) -> None:
    """Offer to a relay that answers later."""
    stage.relay.answers.clear()
    stage.does(tab, LegFrame(n=n, sdp=sdp))
    await turns()


async def answered(stage: Stage) -> None:
    """The relay's answers come."""
    stage.relay.answers.set()
    await turns()


@pytest.mark.parametrize("actor", [TESS, MO])
async def test_what_the_relay_takes_its_time_over_is_answered_when_it_is_there(actor):
    stage = await Stage().boot()
    teacher = await stage.enter(TESS)
    tab = teacher if actor is TESS else await stage.enter(actor)
    await slow(stage, tab)
    assert answers(tab) == []
    await answered(stage)
    assert isinstance(answers(tab)[-1], LegAnswer)
    assert len(stage.relay.legs) == 1


@pytest.mark.parametrize("actor", [TESS, MO])
async def test_an_answer_after_the_socket_went_is_closed_and_told_to_nobody(actor):
    stage = await Stage().boot()
    teacher = await stage.enter(TESS)
    tab = teacher if actor is TESS else await stage.enter(actor)
    await slow(stage, tab)
    stage.hosting.left(tab.seat)
    await answered(stage)
    assert stage.relay.legs == {}
    assert answers(tab) == []


async def test_D1_an_answer_after_halt_is_closed_and_told_to_nobody():
    stage = await Stage().boot()
    teacher, observer = await stage.enter(TESS), await stage.enter(MO)
    await slow(stage, teacher)
    await slow(stage, observer)
    stage.does(teacher, EndFrame(action="end"))
    assert stage.relay.calls[-1] == "close_lesson"
    await answered(stage)
    assert stage.relay.legs == {}
    assert [*answers(teacher), *answers(observer)] == []


async def test_of_several_offers_under_way_the_newest_is_answered():
    stage = await Stage().boot()
    teacher = await stage.enter(TESS)
    for n in (1, 2, 3):
        await slow(stage, teacher, n)
    await answered(stage)
    assert [frame.n for frame in answers(teacher)] == [3]
    assert stage.relay.calls == ["publish", "close", "publish"]
    assert stage.relay.who() == ["teacher"]
    stage.hosting.left(teacher.seat, clean=True)
    assert stage.relay.who() == []


async def test_a_takeover_makes_the_old_screens_offer_void():
    stage = await Stage().boot()
    pupil = await stage.enter(SAM)
    await slow(stage, pupil)
    other = await stage.enter(ALEX, "phone", take_over=True)
    stage.does(other, LegFrame(n=1, sdp=OFFER))
    await answered(stage)
    assert answers(pupil) == []
    assert isinstance(answers(other)[-1], LegAnswer)
    assert stage.relay.legs["l1", "sam"].epoch == other.seat.epoch


async def test_a_page_that_came_back_is_not_told_of_the_offer_before():
    stage = await Stage().boot()
    pupil = await stage.enter(SAM)
    await slow(stage, pupil)
    again = await stage.enter(SAM)
    await answered(stage)
    assert stage.relay.legs == {}
    assert [*answers(pupil), *answers(again)] == []


async def test_a_pupil_removed_while_the_relay_answers_has_no_leg():
    stage = await Stage(SHARED).boot()
    teacher, sam = await both(stage)
    await slow(stage, sam, n=2)
    stage.does(teacher, RemoveFrame(action="out", pupil="sam"))
    await answered(stage)
    assert stage.relay.who() == ["teacher"]
    assert len(answers(sam)) == 1


async def test_a_relay_that_never_answers_is_a_code_and_keeps_no_leg():
    stage = await Stage().boot()
    teacher, _ = await both(stage)
    await slow(stage, teacher, n=2)
    await asyncio.sleep(ANSWER_S_MAX + 1)
    assert answers(teacher)[-1].code == "relay_failed"
    assert stage.relay.who() == ["sam"]
    stage.relay.answers.set()
    assert isinstance(await offer(stage, teacher, n=3), LegAnswer)


async def test_nothing_is_left_of_an_offer_under_way_at_a_stop():
    stage = await Stage().boot()
    teacher = await stage.enter(TESS)
    await slow(stage, teacher)
    await stage.hosting.drain()
    await answered(stage)
    assert stage.relay.legs == {}
    assert answers(teacher) == []


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.sampled_from(["offer", "wrong", "answers", "slow", "drop", "come", "over", "take", "wait"]), max_size=14
    )
)
def test_whatever_comes_in_between_a_page_has_the_leg_that_it_was_told_of(moves: list[str]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(_between(moves))


async def _between(moves: list[str]) -> None:
    """Each leg at the relay belongs to who is in, and was answered; each answer is to the page's newest offer."""
    stage = await Stage().boot()
    tab, n, device = await stage.enter(SAM, "d0"), 0, 0
    asked: dict[int, int] = {}
    for move in moves:
        if move in ("offer", "wrong"):
            n += 1
            asked[id(tab)] = n
            stage.does(tab, LegFrame(n=n, sdp=OFFER if move == "offer" else "no offer"))
        elif move == "answers":
            stage.relay.answers.set()
        elif move == "slow":
            stage.relay.answers.clear()
        elif move in ("drop", "over"):
            stage.hosting.left(tab.seat, clean=move == "over")
        elif move == "come":
            tab = await stage.enter(SAM, f"d{device}")
        elif move == "take":
            device += 1
            tab = await stage.enter(SAM, f"d{device}", take_over=True)
        else:
            await asyncio.sleep(1)
        await turns()
        assert all(frame.n <= asked[id(tab)] for frame in answers(tab))
    stage.relay.answers.set()
    await asyncio.sleep(1)
    told = [answer for answer in answers(tab) if isinstance(answer, LegAnswer)]
    leg = stage.relay.legs.get(("l1", "sam"))
    if not tab.seat.gone and asked.get(id(tab)):
        assert answers(tab)[-1].n == asked[id(tab)]
    if leg is not None and not tab.seat.gone and leg.epoch == tab.seat.epoch:
        assert told
    await asyncio.sleep(ORPHAN_S + 1)
    left = stage.relay.legs.get(("l1", "sam"))
    assert left is None or not tab.seat.gone
    stage.hosting.left(tab.seat, clean=True)
    await turns()
    assert stage.relay.legs == {}
    assert stage.hosting._legs._rooms == {}
