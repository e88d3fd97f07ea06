from __future__ import annotations

import asyncio

import pytest

from rooms.events import Departed, Entered, EvidenceChanged
from rooms.shown import Happened, Message
from server import live_room
from server.errors import OVERLOADED, TAKEN_OVER
from server.frames import (
    Candidate,
    Description,
    Elsewhere,
    EventFrame,
    PeersFrame,
    RelayedSignal,
    RemoveFrame,
    SayFrame,
    SignalFrame,
    StatusFrame,
    Welcome,
)
from server.seat import Refused
from server.store.port import Append, Appended
from server.welcome import REPLAY_MAX
from tests.hosting.stage import ALEX, KIT, LESSON, MO, SAM, SHARED, TESS, Stage, T
from tests.simulation.memory_log import NO_FAULT, Fault


@pytest.mark.parametrize(
    ("at", "code"), [(T - 900_001, "early"), (T - 900_000, None), (LESSON.ends_at - 1, None), (LESSON.ends_at, "over")]
)
async def test_B2_a_room_opens_900_s_before_and_until_its_end(at, code):
    stage = await Stage(at=at).boot()
    _, answer = await stage.join(TESS)
    assert (answer.code if isinstance(answer, Refused) else None) == code


async def test_B2_another_lessons_people_are_refused_and_open_nothing():
    stage = await Stage().boot()
    _, answer = await stage.join(KIT)
    assert answer.code == "not_yours"
    assert stage.log.lessons() == []


async def test_welcome_comes_first_then_the_replay_then_peers_then_status():
    stage = await Stage().boot()
    teacher = await stage.enter(TESS)
    stage.does(teacher, SayFrame(action="a1", text="hello"))
    await asyncio.sleep(1)
    pupil = await stage.enter(SAM)
    kinds = [type(frame) for frame in pupil.frames]
    assert kinds[0] is Welcome
    peers, status = kinds.index(PeersFrame), kinds.index(StatusFrame)
    assert peers < status
    assert all(kind is EventFrame for kind in kinds[1:peers])
    assert [event.text for event in pupil.shown(Message)] == ["hello"]
    assert [frame.n for frame in pupil.of(EventFrame)] == [1, 2, 3]


async def test_a_resume_gets_exactly_what_it_has_not_seen():
    stage = await Stage().boot()
    teacher = await stage.enter(TESS)
    for number in range(3):
        stage.does(teacher, SayFrame(action=f"a{number}", text=f"text {number}"))
    await asyncio.sleep(1)
    seen = teacher.of(EventFrame)[1].n
    back = await stage.enter(TESS, n=seen)
    assert back.frames[0].resumed
    assert [frame.n for frame in back.of(EventFrame)] == list(range(seen + 1, teacher.of(EventFrame)[-1].n + 1))


async def test_a_cursor_from_elsewhere_gets_everything_anew():
    stage = await Stage().boot()
    await stage.enter(TESS)
    back = await stage.enter(TESS, n=99)
    assert not back.frames[0].resumed
    assert back.of(EventFrame)[0].n == 1


async def test_a_long_lesson_is_replayed_from_its_last_part():
    stage = await Stage().boot()
    teacher = await stage.enter(TESS)
    for number in range(REPLAY_MAX + 20):
        stage.does(teacher, SayFrame(action=f"a{number}", text=f"text {number}"))
        if number % 50 == 0:
            await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    pupil = await stage.enter(SAM)
    replayed = [frame.n for frame in pupil.of(EventFrame)]
    assert pupil.frames[0].cursor.n == replayed[0] - 1 > 0
    assert replayed == list(range(replayed[0], replayed[0] + len(replayed)))
    assert pupil.shown(Message)[-1].text == f"text {REPLAY_MAX + 19}"


async def test_what_evidence_makes_of_a_newcomer_is_in_the_append_that_lets_them_in():
    appends = []

    def noted(append: Append) -> Fault:
        appends.append([type(event) for event in append.events])
        return NO_FAULT

    stage = await Stage(fault=noted).boot()
    await stage.enter(TESS)
    assert appends[1:] == [[Entered, EvidenceChanged]]
    await stage.enter(SAM)
    assert [Entered, EvidenceChanged] in appends[2:]


async def test_who_is_not_let_in_is_not_counted_as_here(monkeypatch):
    stage = await Stage().boot()
    pupil = await stage.enter(SAM)
    with monkeypatch.context() as crowded:
        crowded.setattr(live_room, "PENDING_MAX", 0)
        tab, answer = await stage.join(TESS)
    assert isinstance(answer, Refused)
    assert tab.closed == OVERLOADED
    await stage.live_on(20, pupil)
    assert not [event for event in stage.events(EvidenceChanged) if event.side == "teacher"]
    assert {side.side: side.evidence for side in pupil.status.sides}["teacher"] == "lost"


async def test_who_was_told_that_we_are_busy_and_comes_again_is_what_evidence_says(monkeypatch):
    stage = await Stage().boot()
    teacher = await stage.enter(TESS)
    await stage.live_on(5, teacher)
    with monkeypatch.context() as crowded:
        crowded.setattr(live_room, "PENDING_MAX", 0)
        tab, answer = await stage.join(SAM)
    assert (answer.code, tab.closed) == ("busy", OVERLOADED)
    assert not [event for event in stage.events(EvidenceChanged) if event.side == "sam"]
    sam = await stage.enter(SAM)
    await stage.live_on(3, teacher, sam)
    assert [event.evidence for event in stage.events(EvidenceChanged) if event.side == "sam"] == ["unknown", "ready"]
    assert {side.evidence for side in teacher.status.sides} == {"ready"}


@pytest.mark.parametrize("way", ["again", "other", "gone"])
async def test_no_change_is_lost_with_a_newcomer_whom_the_store_did_not_take(way):
    refusing = [0]

    def refused(append: Append) -> Fault:
        if refusing[0] and any(isinstance(event, Entered) and event.by.side == "sam" for event in append.events):
            refusing[0] -= 1
            return Fault(result=Appended.UNKNOWN, committed=False)
        return NO_FAULT

    stage = await Stage(fault=refused).boot()
    teacher = await stage.enter(TESS)
    await stage.live_on(5, teacher)
    refusing[0] = live_room.TRIES_MAX + 1
    joining = asyncio.ensure_future(stage.join(SAM))
    if way == "gone":
        await asyncio.sleep(0)
        joining.cancel()
        await asyncio.sleep(1)
    else:
        tab, answer = await joining
        assert (answer.code, tab.closed) == ("try_again", OVERLOADED)
    assert refusing[0] == 0
    sam = await stage.enter(SAM, "d2" if way == "other" else "d1")
    await asyncio.sleep(0.5)
    assert [event.evidence for event in stage.events(EvidenceChanged) if event.side == "sam"] == ["unknown"]
    await stage.live_on(3, teacher, sam)
    assert {side.side: side.evidence for side in teacher.status.sides} == {"teacher": "ready", "sam": "ready"}


async def test_a_removed_pupil_who_tries_to_come_back_changes_nobodys_class():
    stage = await Stage(SHARED).boot()
    teacher, kit = await stage.enter(TESS), await stage.enter(KIT)
    sam = await stage.enter(SAM)
    await stage.live_on(5, teacher, sam, kit)
    stage.does(teacher, RemoveFrame(action="out", pupil="sam"))
    stage.hosting.left(sam.seat)
    stage.hosting.left(kit.seat)
    await stage.live_on(20, teacher)
    before = stage.events(EvidenceChanged)
    assert {event.side: event.evidence for event in before} == {"teacher": "ready", "sam": "lost", "kit": "lost"}
    for number in range(15):
        _, answer = await stage.join(SAM, f"d{number}")
        assert answer.code == "over"
        await stage.live_on(1, teacher)
    assert stage.events(EvidenceChanged) == before


async def test_a_second_device_asks_before_it_takes_over():
    stage = await Stage().boot()
    laptop = await stage.enter(TESS, "laptop")
    _, answer = await stage.join(TESS, "phone")
    assert isinstance(answer, Elsewhere)
    assert laptop.closed is None
    phone = await stage.enter(TESS, "phone", take_over=True)
    assert laptop.closed == TAKEN_OVER
    assert phone.seat.epoch > laptop.seat.epoch
    stage.does(laptop, SayFrame(action="late", text="from the old one"))
    await asyncio.sleep(1)
    assert not phone.shown(Message)
    # The old socket's end says nothing of the side: it is still here.
    stage.hosting.left(laptop.seat)
    await asyncio.sleep(1)
    assert not stage.events(Departed)


async def test_a_reload_of_the_same_tab_replaces_it_without_asking():
    stage = await Stage().boot()
    first = await stage.enter(TESS, "laptop")
    again = await stage.enter(TESS, "laptop")
    assert first.closed == TAKEN_OVER
    assert again.seat.epoch == first.seat.epoch + 1


async def test_A1_two_accounts_of_one_pupil_side_are_one_active_device():
    stage = await Stage().boot()
    await stage.enter(SAM, "tablet")
    _, answer = await stage.join(ALEX, "phone")
    assert isinstance(answer, Elsewhere)
    await stage.enter(ALEX, "phone", take_over=True)
    assert [event.by.person for event in stage.events(Entered)] == ["p-sam", "p-alex"]
    assert [event.by.person for event in stage.events(Departed)] == ["p-sam"]


async def test_who_goes_is_gone_for_the_others():
    stage = await Stage().boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    stage.hosting.left(pupil.seat)
    stage.hosting.left(pupil.seat)
    await asyncio.sleep(1)
    assert [event.what for event in teacher.shown(Happened)].count("gone") == 1
    assert teacher.of(PeersFrame)[-1].peers == ()


async def test_P2_signals_go_between_teacher_and_pupil_only_and_carry_the_senders_side():
    stage = await Stage(SHARED).boot()
    teacher, sam, kit = await stage.enter(TESS), await stage.enter(SAM), await stage.enter(KIT)
    (peer,) = sam.of(PeersFrame)[-1].peers
    assert (peer.side, peer.polite) == ("teacher", True)
    offer = Description(sdp_type="offer", sdp="v=0\r\n")
    stage.does(sam, SignalFrame(to="teacher", generation=peer.generation, body=offer))
    stage.does(sam, SignalFrame(to="kit", generation=peer.generation, body=offer))
    stage.does(sam, SignalFrame(to="teacher", generation=peer.generation - 1, body=Candidate(candidate="")))
    assert [(signal.sender, signal.body) for signal in teacher.of(RelayedSignal)] == [("sam", offer)]
    assert not kit.of(RelayedSignal)
    observer = await stage.enter(MO)
    stage.does(observer, SignalFrame(to="teacher", generation=peer.generation, body=offer))
    assert len(teacher.of(RelayedSignal)) == 1


async def test_a_pupil_side_is_told_of_no_other_pupil():
    stage = await Stage(SHARED).boot()
    await stage.enter(TESS)
    await stage.enter(KIT)
    sam = await stage.enter(SAM)
    await asyncio.sleep(2)
    assert [pupil.id for pupil in sam.frames[0].lesson.pupils] == ["sam"]
    assert "kit" not in repr(sam.frames).lower()
