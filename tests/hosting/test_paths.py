"""Media that goes another way in a live lesson: what both pages are told, and what legs they may have for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.codec import MSGPACK
from server.frames import (
    CannotSeeFrame,
    EndFrame,
    IceFrame,
    IceServersFrame,
    LeaveFrame,
    LegAnswer,
    LegFrame,
    LegRefused,
    PathReport,
    Peer,
    PeersFrame,
    RemoveFrame,
    Report,
    StatusFrame,
)
from server.legs import BACK_S
from server.seat import Refused
from tests.hosting.offering import OFFER, offer, turns
from tests.hosting.stage import ALEX, KIT, MO, SAM, SHARED, TESS, Stage, T, Tab
from tests.virtual_loop import VirtualLoop

GOES_S = 6
"""From the cut until both are told: 3 s, a report's second, a sweep's second, and one."""
COMES_BACK_S = 13
"""10 s, and the same."""


@dataclass
class Pair:
    """Two sides whose pages report each second, and the net between them."""

    stage: Stage
    teacher: Tab
    pupil: Tab
    name: str = "sam"
    direct: bool = True
    packets: int = 0
    lost_permille: int = 0
    others: list[Tab] = field(default_factory=list)

    def report(self, peer: str) -> Report:
        path = PathReport(peer=peer, direct=self.packets, alive=self.direct, lost_permille=self.lost_permille)
        return Report(
            camera="on", microphone="on", sent=self.packets, received=self.packets, frames=self.packets,
            kbps_out=1_000, connected=True, paths=(path,),
        )  # fmt: skip

    async def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.packets += 80 if self.direct else 0
            self.stage.does(self.teacher, self.report(self.name))
            self.stage.does(self.pupil, self.report("teacher"))
            await asyncio.sleep(1)

    @property
    def ways(self) -> tuple[str, ...]:
        return tuple(peer_of(tab).path for tab in (self.teacher, self.pupil))


def peer_of(tab: Tab, side: str | None = None) -> Peer:
    peers = tab.of(PeersFrame)[-1].peers
    return next(peer for peer in peers if side in (None, peer.side))


async def paired(lesson=None) -> Pair:
    """Both are in, send, and see one another."""
    stage = await (Stage() if lesson is None else Stage(lesson)).boot()
    pair = Pair(stage, await stage.enter(TESS), await stage.enter(SAM))
    for tab in (pair.teacher, pair.pupil):
        assert isinstance(await offer(stage, tab), LegAnswer)
    await pair.run(5)
    return pair


async def relayed(lesson=None) -> Pair:
    """Both are in, and media between them goes through the relay."""
    pair = await paired(lesson)
    pair.direct = False
    await pair.run(GOES_S)
    assert pair.ways == ("relay", "relay")
    return pair


async def receives(pair: Pair, tab: Tab, of: str, n: int = 2) -> LegAnswer | LegRefused:
    pair.stage.does(tab, LegFrame(n=n, sdp=OFFER, of=of))
    await turns()
    answer = next(frame for frame in reversed(tab.frames) if isinstance(frame, LegAnswer | LegRefused))
    assert answer.n == n
    return answer


async def test_both_are_told_of_the_relay_and_of_the_way_back_and_no_generation_changes():
    pair = await paired()
    generation = peer_of(pair.pupil).generation
    assert pair.ways == ("direct", "direct")
    pair.direct = False
    await pair.run(GOES_S)
    assert pair.ways == ("relay", "relay")
    pair.direct = True
    await pair.run(COMES_BACK_S)
    assert pair.ways == ("direct", "direct")
    assert {peer.generation for frame in pair.pupil.of(PeersFrame) for peer in frame.peers} == {generation}


async def test_neither_side_is_lost_for_it_and_the_word_is_that_a_path_is_tried():
    pair = await relayed()
    told = {side.reasons for frame in pair.pupil.of(StatusFrame) for side in frame.sides if side.evidence != "ready"}
    assert ("path",) in told
    assert not any(side.evidence == "lost" for frame in pair.pupil.of(StatusFrame)[-3:] for side in frame.sides)


async def test_who_cannot_see_is_given_the_other_way_at_once_without_a_new_generation():
    pair = await paired()
    generation = peer_of(pair.teacher).generation
    pair.stage.does(pair.pupil, CannotSeeFrame(action="blind"))
    await asyncio.sleep(0.5)
    assert pair.ways == ("relay", "relay")
    assert peer_of(pair.teacher).generation == generation
    await pair.run(COMES_BACK_S)
    assert pair.ways == ("relay", "relay")


async def test_a_side_that_comes_back_is_told_the_way_as_it_is():
    pair = await relayed()
    pair.stage.hosting.left(pair.pupil.seat)
    pair.pupil = await pair.stage.enter(SAM)
    assert peer_of(pair.pupil).path == "relay"


async def test_both_are_told_that_a_new_device_begins_directly():
    pair = await relayed()
    pair.pupil = await pair.stage.enter(ALEX, "phone", take_over=True)
    assert peer_of(pair.pupil).path == "relay"
    await asyncio.sleep(2)
    assert pair.ways == ("direct", "direct")


async def test_each_receives_the_other_and_it_ends_when_they_meet_again():
    pair = await relayed()
    assert "a=msid:sam" in (await receives(pair, pair.teacher, "sam")).sdp
    assert "a=msid:teacher" in (await receives(pair, pair.pupil, "teacher")).sdp
    assert pair.stage.relay.who() == ["sam", "teacher", "watch", "watch"]
    pair.direct = True
    await pair.run(COMES_BACK_S)
    assert pair.stage.relay.who() == ["sam", "teacher", "watch", "watch"]
    await pair.run(int(BACK_S) + 1)
    assert pair.stage.relay.who() == ["sam", "teacher"]
    assert (await receives(pair, pair.pupil, "teacher", 3)).code == "not_relayed"


@pytest.mark.parametrize("of", ["teacher", "sam", "kit", "nobody"])
async def test_nobody_receives_a_peer_whom_they_meet_directly(of: str):
    pair = await paired()
    for tab in (pair.teacher, pair.pupil):
        assert (await receives(pair, tab, of)).code == "not_relayed"
    observer = await pair.stage.enter(MO)
    assert (await receives(pair, observer, of)).code == "not_relayed"
    assert pair.stage.relay.who() == ["sam", "teacher"]


async def test_P2_a_pupil_receives_no_other_pupil_whatever_the_paths_are():
    pair = await relayed(SHARED)
    kit = await pair.stage.enter(KIT)
    assert (await receives(pair, kit, "sam")).code == "not_relayed"
    assert (await receives(pair, kit, "teacher")).code == "not_relayed"
    assert (await receives(pair, pair.pupil, "kit")).code == "not_relayed"
    assert (await receives(pair, pair.teacher, "kit")).code == "not_relayed"
    assert peer_of(pair.teacher, "kit").path == "direct"
    assert isinstance(await receives(pair, pair.teacher, "sam", 3), LegAnswer)
    assert set(pair.stage.relay.sides.values()) == {("sam",)}


@pytest.mark.parametrize("how", ["halt", "removed", "left", "closed", "takeover"])
async def test_a_receiving_leg_ends_with_all_that_ends_a_side(how: str):
    pair = await relayed(SHARED if how == "removed" else None)
    stage = pair.stage
    await receives(pair, pair.teacher, "sam")
    await receives(pair, pair.pupil, "teacher")
    match how:
        case "halt":
            stage.does(pair.teacher, EndFrame(action="end"))
        case "removed":
            stage.does(pair.teacher, RemoveFrame(action="out", pupil="sam"))
        case "left":
            stage.does(pair.pupil, LeaveFrame(action="bye"))
        case "closed":
            stage.hosting.left(pair.pupil.seat, clean=True)
        case "takeover":
            await stage.enter(ALEX, "phone", take_over=True)
    await asyncio.sleep(1)
    left = {"halt": [], "removed": ["teacher"]}.get(how, ["teacher", "watch"])
    assert stage.relay.who() == left


async def test_a_relay_that_dies_is_no_way():
    pair = await relayed()
    pair.stage.relay.legs.clear()
    await pair.run(COMES_BACK_S)
    assert pair.ways == ("direct", "direct")


async def test_a_relay_that_fails_changes_nothing(caplog):
    pair = await paired()
    pair.stage.relay.view = None
    pair.direct = False
    await pair.run(20)
    assert pair.ways == ("direct", "direct")
    assert not pair.teacher.closed


async def test_T2_a_receivers_loss_lowers_what_the_sender_may_spend_on_its_picture():
    pair = await relayed()
    first = peer_of(pair.teacher).kbps
    pair.lost_permille = 200
    await pair.run(10)
    assert peer_of(pair.teacher).kbps < first
    assert peer_of(pair.pupil).kbps < first


async def test_credentials_are_asked_for_anew():
    pair = await paired()
    pair.stage.does(pair.pupil, IceFrame())
    assert pair.pupil.of(IceServersFrame) == [IceServersFrame(ice_servers=(), ice_life_s=0)]
    observer = await pair.stage.enter(MO)
    pair.stage.does(observer, IceFrame())
    assert observer.of(IceServersFrame) == []


def played(moves: list[str]) -> list[list[bytes]]:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(lesson(moves))


async def lesson(moves: list[str]) -> list[list[bytes]]:
    """All that teacher and pupil receive in a lesson that goes through the relay and back, with such observers."""
    stage = await Stage(at=T - 5_000).boot()
    pair = Pair(stage, await stage.enter(TESS), await stage.enter(SAM))
    for tab in (pair.teacher, pair.pupil):
        await offer(stage, tab)
    observers: list[Tab] = []
    for second in range(30):
        pair.direct = not 5 <= second < 13
        if second < len(moves):
            await look(stage, observers, moves[second], f"d{second}")
        if second == 12:
            for tab, of in ((pair.teacher, "sam"), (pair.pupil, "teacher")):
                await receives(pair, tab, of)
        await pair.run(1)
    return [[MSGPACK.encode(frame) for frame in tab.frames] for tab in (pair.teacher, pair.pupil)]


async def look(stage: Stage, observers: list[Tab], move: str, device: str) -> None:
    """One thing that people managers do."""
    if move == "come":
        tab, answer = await stage.join(MO, device)
        if not isinstance(answer, Refused):
            observers.append(tab)
            await offer(stage, tab)
    elif observers and move == "go":
        stage.hosting.left(observers.pop().seat)


def test_Q1_no_byte_to_a_participant_whose_media_is_relayed_changes_when_somebody_looks():
    alone = played([])
    assert all(any(b"relay" in frame for frame in received) for received in alone)

    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(["", "come", "come", "go"]), max_size=28))
    @example(["come"] * 12 + ["go", "", "come"])
    def watched(moves: list[str]) -> None:
        assert played(moves) == alone

    watched()
