from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from server.codec import MSGPACK
from server.frames import (
    SDP_CHARS_MAX,
    EndFrame,
    LeaveFrame,
    LegAnswer,
    LegFrame,
    RemoveFrame,
    SayFrame,
    Welcome,
)
from server.legs import ORPHAN_S
from server.seat import Refused
from tests.hosting.offering import OFFER, both, offer
from tests.hosting.stage import ALEX, KIT, MO, SAM, SHARED, TESS, Stage, T, Tab
from tests.virtual_loop import VirtualLoop


async def test_each_side_sends_for_itself_and_an_observer_receives_all():
    stage = await Stage().boot()
    await both(stage)
    observer = await stage.enter(MO)
    assert "a=msid:sam" in (await offer(stage, observer)).sdp
    assert stage.relay.who() == ["sam", "teacher", "watch"]
    (sides,) = stage.relay.sides.values()
    assert sides == ("teacher", "sam")
    assert all(tab.of(Welcome)[0].relay for tab in (observer,))


async def test_an_observer_is_named_by_chance_at_the_relay():
    stage = await Stage().boot()
    await both(stage)
    names = set()
    for _ in range(3):
        observer = await stage.enter(MO)
        await offer(stage, observer)
        (name,) = {who for _, who in stage.relay.legs if who.startswith("watch-")}
        names.add(name)
        assert "mo" not in name.removeprefix("watch-").split("-")
        stage.hosting.left(observer.seat)
    assert len(names) == 3


async def test_without_a_relay_the_welcome_says_so_and_a_leg_is_refused():
    stage = await Stage(relay=False).boot()
    teacher = await stage.enter(TESS)
    assert teacher.of(Welcome)[0].relay is False
    assert (await offer(stage, teacher)).code == "no_relay"


async def test_another_leg_takes_the_place_of_the_one_before():
    stage = await Stage().boot()
    teacher, _ = await both(stage)
    assert isinstance(await offer(stage, teacher, n=2), LegAnswer)
    assert stage.relay.calls == ["publish", "publish", "publish"]
    assert stage.relay.who() == ["sam", "teacher"]


@pytest.mark.parametrize(
    ("sdp", "code"), [("no offer", "bad_offer"), ("", "bad_offer"), (OFFER + "x" * SDP_CHARS_MAX, "too_long")]
)
async def test_an_offer_that_cannot_be_is_refused_with_a_code_and_a_sentence(sdp, code):
    stage = await Stage().boot()
    for actor in (TESS, MO):
        refused = await offer(stage, await stage.enter(actor), sdp=sdp)
        assert (refused.code, refused.text.endswith(".")) == (code, True)
    assert stage.relay.who() == []


async def test_D1_halt_ends_all_legs_at_once_and_nobody_gets_another():
    stage = await Stage().boot()
    teacher, pupil = await both(stage)
    observer = await stage.enter(MO)
    await offer(stage, observer)
    stage.does(teacher, EndFrame(action="end"))
    assert stage.relay.legs == {}
    assert stage.relay.calls[-1] == "close_lesson"
    for tab in (teacher, pupil, observer):
        assert (await offer(stage, tab, n=2)).code == "over"


async def test_D9_an_observers_end_for_safety_ends_all_legs_whatever_the_disk_does():
    stage = await Stage().boot()
    await both(stage)
    observer = await stage.enter(MO)
    await offer(stage, observer)
    stage.log.down = True
    stage.does(observer, EndFrame(action="stop"))
    assert stage.relay.legs == {}
    assert observer.ack("stop") is None


async def test_a_pupil_who_is_removed_has_no_leg_any_more_and_the_others_keep_theirs():
    stage = await Stage(SHARED).boot()
    teacher, sam = await both(stage)
    kit = await stage.enter(KIT)
    await offer(stage, kit)
    stage.does(teacher, RemoveFrame(action="out", pupil="sam"))
    assert stage.relay.who() == ["kit", "teacher"]
    assert (await offer(stage, sam, n=2)).code == "over"
    await asyncio.sleep(1)
    assert stage.relay.who() == ["kit", "teacher"]


async def test_a_takeover_ends_the_old_screens_leg_and_it_gets_none_again():
    stage = await Stage().boot()
    _, pupil = await both(stage)
    other = await stage.enter(ALEX, "phone", take_over=True)
    assert stage.relay.who() == ["teacher"]
    stage.does(pupil, LegFrame(n=2, sdp=OFFER))
    assert stage.relay.who() == ["teacher"]
    assert isinstance(await offer(stage, other), LegAnswer)
    assert stage.relay.legs["l1", "sam"].epoch == other.seat.epoch > pupil.seat.epoch
    stage.hosting.left(pupil.seat)
    await asyncio.sleep(2 * ORPHAN_S)
    assert stage.relay.who() == ["sam", "teacher"]


@pytest.mark.parametrize("way", ["pressed", "closed"])
async def test_who_leaves_takes_the_leg_along(way):
    stage = await Stage().boot()
    _, pupil = await both(stage)
    if way == "pressed":
        stage.does(pupil, LeaveFrame(action="bye"))
        await asyncio.sleep(1)
    else:
        stage.hosting.left(pupil.seat, clean=True)
    assert stage.relay.who() == ["teacher"]


async def test_a_lost_line_leaves_the_leg_for_a_minute():
    stage = await Stage().boot()
    _, pupil = await both(stage)
    stage.hosting.left(pupil.seat)
    await asyncio.sleep(ORPHAN_S - 1)
    assert stage.relay.who() == ["sam", "teacher"]
    await asyncio.sleep(2)
    assert stage.relay.who() == ["teacher"]


async def test_a_page_that_comes_back_keeps_its_leg_until_it_offers_another():
    stage = await Stage().boot()
    _, pupil = await both(stage)
    stage.hosting.left(pupil.seat)
    await asyncio.sleep(30)
    again = await stage.enter(SAM)
    await asyncio.sleep(2 * ORPHAN_S)
    assert stage.relay.legs["l1", "sam"].epoch == pupil.seat.epoch
    await offer(stage, again)
    assert stage.relay.legs["l1", "sam"].epoch == again.seat.epoch
    stage.hosting.left(again.seat, clean=True)
    assert stage.relay.who() == ["teacher"]


async def test_an_orphaned_leg_ends_with_the_lesson():
    stage = await Stage().boot()
    teacher, pupil = await both(stage)
    stage.hosting.left(pupil.seat)
    stage.does(teacher, EndFrame(action="end"))
    assert stage.relay.who() == []
    await asyncio.sleep(2 * ORPHAN_S)
    assert stage.relay.calls.count("close") == 0


async def test_a_refused_offer_leaves_the_leg_that_there_is():
    stage = await Stage().boot()
    teacher, _ = await both(stage)
    assert (await offer(stage, teacher, n=2, sdp="no offer")).code == "bad_offer"
    assert stage.relay.who() == ["sam", "teacher"]
    stage.hosting.left(teacher.seat, clean=True)
    assert stage.relay.who() == ["sam"]


async def test_a_stop_ends_all_legs():
    stage = await Stage().boot()
    await both(stage)
    await stage.hosting.drain()
    assert stage.relay.who() == []


@pytest.mark.parametrize("clean", [False, True])
async def test_Q1_an_observers_leg_ends_with_the_visit_and_no_other(clean):
    stage = await Stage().boot()
    await both(stage)
    first, second = await stage.enter(MO), await stage.enter(MO, "other")
    await offer(stage, first)
    await offer(stage, second)
    assert stage.relay.who() == ["sam", "teacher", "watch", "watch"]
    stage.hosting.left(first.seat, clean=clean)
    stage.hosting.left(first.seat, clean=clean)
    assert stage.relay.who() == ["sam", "teacher", "watch"]


async def test_a_relay_that_fails_is_a_code_and_the_lesson_goes_on(caplog):
    stage = await Stage().boot()
    teacher, pupil = await both(stage)
    observer = await stage.enter(MO)
    stage.relay.fails = True
    for tab in (teacher, observer):
        assert (await offer(stage, tab, n=2)).code == "relay_failed"
    stage.hosting.left(observer.seat)
    stage.does(pupil, SayFrame(action="a", text="hello"))
    await asyncio.sleep(1)
    assert pupil.ack("a").ok
    stage.does(teacher, EndFrame(action="end"))
    assert pupil.halted
    await asyncio.sleep(20)
    assert teacher.ack("end").ok


async def after_a_crash(stage: Stage) -> Tab:
    """Another host has the lesson; the relay, a process of its own, still has the legs of before."""
    await stage.crash()
    await stage.boot()
    return await stage.enter(TESS)


async def test_D1_halt_ends_legs_that_a_host_before_this_one_opened():
    stage = await Stage(at=T - 5_000).boot()
    await both(stage)
    teacher = await after_a_crash(stage)
    assert stage.relay.who() == ["sam", "teacher"]
    stage.does(teacher, EndFrame(action="end"))
    assert stage.relay.who() == []
    await asyncio.sleep(20)
    assert stage.relay.calls.count("close_lesson") == 1


async def test_who_is_removed_or_leaves_takes_a_leg_of_before_along():
    stage = await Stage(SHARED, at=T - 5_000).boot()
    await both(stage)
    await offer(stage, await stage.enter(KIT))
    teacher = await after_a_crash(stage)
    kit = await stage.enter(KIT)
    assert stage.relay.who() == ["kit", "sam", "teacher"]
    stage.does(teacher, RemoveFrame(action="out", pupil="sam"))
    await asyncio.sleep(1)
    assert stage.relay.who() == ["kit", "teacher"]
    stage.hosting.left(kit.seat, clean=True)
    assert stage.relay.who() == ["teacher"]


async def test_a_relay_that_is_away_is_a_code_without_an_alarm():
    stage = await Stage().boot()
    teacher = await stage.enter(TESS)
    stage.relay.away = True
    with capture_logs() as logged:
        assert (await offer(stage, teacher)).code == "relay_failed"
    assert [line["log_level"] for line in logged] == ["warning"]


async def watch(stage: Stage, observers: list[Tab], move: str, device: str) -> None:
    """One thing that people managers do with media."""
    if move == "come":
        tab, answer = await stage.join(MO, device)
        if not isinstance(answer, Refused):
            observers.append(tab)
            await offer(stage, tab)
    elif observers and move == "go":
        stage.hosting.left(observers.pop().seat)
    elif observers and move:
        await offer(stage, observers[-1], n=2, sdp=OFFER if move == "again" else "no offer")


async def lesson(moves: list[str]) -> list[list[bytes]]:
    """Every frame that teacher and pupil receive, in order, while managers make these moves, one a second."""
    stage = await Stage(at=T - 5_000).boot()
    teacher, pupil = await both(stage)
    done = {
        3: (pupil, SayFrame(action="a1", text="hello")),
        5: (pupil, LegFrame(n=2, sdp=OFFER)),
        7: (teacher, LegFrame(n=2, sdp="no offer")),
        9: (teacher, EndFrame(action="a2")),
    }
    observers: list[Tab] = []
    for second in range(12):
        if second < len(moves):
            await watch(stage, observers, moves[second], f"d{second}")
        if second in done:
            stage.does(*done[second])
        await stage.live_on(1, teacher, pupil)
    await asyncio.sleep(20)
    return [[MSGPACK.encode(frame) for frame in tab.frames] for tab in (teacher, pupil)]


def played(moves: list[str]) -> list[list[bytes]]:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(lesson(moves))


def test_Q1_no_byte_to_a_participant_changes_when_an_observers_leg_comes_and_goes():
    """The same lesson again and again: unobserved, and with legs that come, fail, are replaced and go."""
    alone = played([])
    assert all(len(received) > 20 for received in alone)

    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(["", "come", "come", "again", "wrong", "go"]), max_size=12))
    @example(["come", "again", "come", "wrong", "go", "", "come", "go", "go", "come", "again", "go"])
    def watched(moves: list[str]) -> None:
        assert played(moves) == alone

    watched()
