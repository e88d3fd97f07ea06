"""The live wall as the host keeps it: bands with their true onset, drawn for nobody's sake, and seen by nobody else."""

from __future__ import annotations

import asyncio
import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.room import Room
from rooms.status import SideStatus
from server.codec import JSON
from server.frames import EndFrame, LeaveFrame, Report, SayFrame
from server.glance import BAND_MS, DRAWN_EVERY_MS, MARKS_MAX, Band, Tile, standing_of
from server.wall import DRAW_ROOMS
from tests.hosting.stage import MINUTE_MS, SAM, SHARED, TESS, Stage, T, well
from tests.virtual_loop import VirtualLoop

TEACHER_SIDE, PUPIL_SIDE = 0, 1


async def seen(stage: Stage) -> Tile:
    (one,) = await stage.hosting.wall.look()
    return msgspec.json.decode(one.tile, type=Tile)


async def both_live(stage: Stage) -> tuple:
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    while stage.clock.now_ms() < T + 70_000:
        await stage.live_on(1, teacher, pupil)
    return teacher, pupil


def standings(tile: Tile, side: int) -> list[str]:
    return [standing for _, standing in tile.sides[side].band]


async def test_a_cut_line_is_on_the_band_from_when_it_was_cut():
    stage = await Stage(at=T - 30_000).boot()
    teacher, _pupil = await both_live(stage)
    assert standings(await seen(stage), PUPIL_SIDE)[-1] == "fine"
    cut_at = stage.clock.now_ms()
    await stage.live_on(12, teacher)
    tile = await seen(stage)
    at, standing = tile.sides[PUPIL_SIDE].band[-1]
    assert standing == "lost"
    assert abs(at - cut_at) <= 1_000
    assert standings(tile, TEACHER_SIDE)[-1] == "fine"
    (part,) = tile.parts
    assert (part.phase, part.clock, part.limit_ms) == ("interrupted", "lost", 300_000)
    assert abs(part.clock_ms + (stage.clock.now_ms() - tile.at) - 12_000) <= 1_500


async def test_who_is_there_without_a_camera_is_here_and_not_ready():
    stage = await Stage(at=T - 60_000).boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    for n in range(20):
        stage.does(teacher, well(80 * n, t=1))
        stage.does(pupil, Report(camera="blocked", microphone="on", sent=0, received=0, frames=0, connected=False))
        await asyncio.sleep(1)
    assert standings(await seen(stage), PUPIL_SIDE)[-1] == "here"


async def test_a_weak_connection_is_half_a_band():
    stage = await Stage(at=T - 30_000).boot()
    teacher, pupil = await both_live(stage)
    for _ in range(15):
        for tab in (teacher, pupil):
            tab.packets += 80
        stage.does(teacher, well(teacher.packets, t=1))
        stage.does(pupil, msgspec.structs.replace(well(pupil.packets, t=1), lost_permille=200, rtt_ms=900))
        await asyncio.sleep(1)
    tile = await seen(stage)
    assert "weak" in {standings(tile, TEACHER_SIDE)[-1], standings(tile, PUPIL_SIDE)[-1]}
    assert "lost" not in standings(tile, PUPIL_SIDE)[-1:]


async def test_a_lesson_in_which_nobody_is_stands_on_the_wall_too():
    stage = await Stage().boot()
    assert await stage.hosting.open("l1")
    tile = await seen(stage)
    assert [part.phase for part in tile.parts] == ["before"]
    assert [standings(tile, side) for side in (TEACHER_SIDE, PUPIL_SIDE)] == [["lost"], ["lost"]]
    await asyncio.sleep(10 * 60 + 60)  # to T + 1 minute
    (part,) = (await seen(stage)).parts
    assert (part.phase, part.clock) == ("starting", "teacher")


async def test_who_leaves_last_is_gone_from_the_band():
    stage = await Stage(at=T - 30_000).boot()
    teacher, pupil = await both_live(stage)
    for tab in (teacher, pupil):
        stage.does(tab, LeaveFrame(action=f"leave-{id(tab)}"))
        stage.hosting.left(tab.seat, clean=True)
    await asyncio.sleep(10)
    tile = await seen(stage)
    assert [standings(tile, side)[-2:] for side in (TEACHER_SIDE, PUPIL_SIDE)] == [["fine", "lost"]] * 2


async def test_the_only_one_who_was_there_closes_the_page_and_is_gone_at_once():
    stage = await Stage(at=T + 5_000).boot()
    teacher = await stage.enter(TESS)
    await stage.live_on(5, teacher)
    assert standings(await seen(stage), TEACHER_SIDE)[-1] == "fine"
    stage.hosting.left(teacher.seat, clean=True)
    await asyncio.sleep(2)
    assert standings(await seen(stage), TEACHER_SIDE)[-1] == "lost"


async def test_each_pupil_has_a_band_in_the_order_of_the_booking_and_no_name():
    stage = await Stage(SHARED, at=T - 30_000).boot()
    await stage.enter(SAM)
    await asyncio.sleep(1)
    (one,) = await stage.hosting.wall.look()
    tile = msgspec.json.decode(one.tile, type=Tile)
    assert [side.teacher for side in tile.sides] == [True, False, False]
    assert len(tile.parts) == 2
    assert not {"Sam", "Kit", "sam", "kit"} & set(bytes(one.tile).decode().replace('"', " ").split())


async def test_an_ended_lesson_leaves_the_wall_before_the_disk_answers():
    stage = await Stage(at=T - 30_000).boot()
    teacher, _ = await both_live(stage)
    stage.does(teacher, EndFrame(action="stop"))
    assert await stage.hosting.wall.look() == []


async def test_what_is_on_nobodys_screen_yet_is_not_on_the_wall(monkeypatch: pytest.MonkeyPatch):
    stage = await Stage().boot()
    assert await stage.hosting.open("l1")
    live = stage.hosting._all_live()[0]
    monkeypatch.setattr(type(live), "telling", property(lambda _: True))
    assert await stage.hosting.wall.look() == []


async def test_however_many_look_a_room_is_drawn_once_a_second_at_most(monkeypatch: pytest.MonkeyPatch):
    stage = await Stage(at=T + 10_000).boot()
    assert await stage.hosting.open("l1")
    drawn = []
    status = Room.status
    monkeypatch.setattr(Room, "status", lambda room, now: drawn.append(now) or status(room, now))
    for _ in range(40):
        await asyncio.gather(*(stage.hosting.wall.look() for _ in range(5)))
        await asyncio.sleep(0.1)
    assert 3 <= len(drawn) <= 5


async def test_a_calm_lesson_is_not_drawn_for_who_looks(monkeypatch: pytest.MonkeyPatch):
    stage = await Stage(at=T - 30_000).boot()
    teacher, pupil = await both_live(stage)
    await stage.live_on(3, teacher, pupil)
    first = await stage.hosting.wall.look()

    def never(*_: object) -> None:
        raise AssertionError("drawn")

    monkeypatch.setattr(Room, "status", never)
    assert await stage.hosting.wall.look() == first


@pytest.mark.parametrize("ended", [False, True])
def test_Q1_what_participants_receive_is_byte_for_byte_the_same_looked_at_or_not(ended: bool):
    async def frames(looking: bool) -> list[list[tuple[int, str]]]:
        stage = await Stage(at=T - 20_000).boot()
        began = stage.loop.time()
        looks = 0

        def ms_since(then: float) -> int:
            return round(1_000 * (stage.loop.time() - then))

        async def look() -> None:
            nonlocal looks
            while True:
                looks += len(await stage.hosting.wall.look())
                await asyncio.sleep(0.7)

        watcher = asyncio.create_task(look()) if looking else None
        teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
        got: list[list[tuple[int, str]]] = [[], []]
        for tab, into in zip((teacher, pupil), got, strict=True):
            into.extend((0, JSON.encode(frame)) for frame in tab.frames)
            tab.send = lambda frame, into=into: into.append((ms_since(began), JSON.encode(frame)))
        await stage.live_on(95, teacher, pupil)
        stage.does(pupil, SayFrame(action="a1", text="hello"))
        await stage.live_on(20, teacher)
        await stage.live_on(30, teacher, pupil)
        if ended:
            stage.does(teacher, EndFrame(action="stop"))
        await stage.live_on(20, teacher, pupil)
        if watcher is not None:
            watcher.cancel()
            assert looks > 50
        return got

    def play(looking: bool) -> list[list[tuple[int, str]]]:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(frames(looking))

    alone, looked_at = play(looking=False), play(looking=True)
    assert min(len(received) for received in alone) > 50
    assert looked_at == alone


CLASSES = st.sampled_from(["ready", "lost", "unknown"])
CHANGES = st.lists(st.tuples(st.integers(0, 40_000), CLASSES, st.integers(0, 12_000), st.booleans(), st.booleans()))


@given(CHANGES)
def test_a_band_is_bounded_in_order_and_ends_with_how_it_stands(changes: list[tuple[int, str, int, bool, bool]]):
    band, now = Band(), T
    before: tuple[str, int] = ("", 0)
    for later, evidence, late, weak, up in changes:
        now += later
        since = before[1] if evidence == before[0] else max(before[1], now - late)
        before = (evidence, since)
        side = SideStatus(side="sam", evidence=evidence, since=since, here=True)
        standing = standing_of(side, ("sam",) if weak else (), up)
        band.note(side, standing, now)
        times = [at for at, _ in band.marks]
        words = [word for _, word in band.marks]
        assert words[-1] == standing
        assert times == sorted(set(times))
        assert times[-1] <= now
        assert all(one != following for one, following in itertools.pairwise(words))
        assert len(times) <= MARKS_MAX
        assert all(at > now - BAND_MS for at in times[1:])


def test_a_band_that_flaps_keeps_the_latest():
    band = Band()
    for n in range(3 * MARKS_MAX):
        side = SideStatus(side="sam", evidence="ready" if n % 2 else "lost", since=T + n * 100, here=True)
        band.note(side, standing_of(side, (), True), T + n * 100)
    assert len(band.marks) == MARKS_MAX
    assert band.marks[-1] == (T + (3 * MARKS_MAX - 1) * 100, "fine")


def test_time_of_our_own_trouble_is_not_given_to_a_side_that_was_lost_in_it():
    band = Band()

    def note(evidence: str, since: int, now: int, up: bool) -> None:
        side = SideStatus(side="sam", evidence=evidence, since=since, here=True)
        band.note(side, standing_of(side, (), up), now)

    note("ready", T, T, True)
    note("ready", T, T + 10_000, False)
    note("lost", T + 9_000, T + 12_000, False)
    note("lost", T + 9_000, T + 20_000, True)
    assert band.marks == [(T, "fine"), (T + 10_000, "ours"), (T + 20_000, "here")]


async def test_many_empty_rooms_are_drawn_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch):
    stage = await Stage().boot()
    assert await stage.hosting.open("l1")
    (live,) = stage.hosting._all_live()
    rooms = [type(live)(stage.hosting, "l1", await stage.log.load("l1"), live.evidence) for _ in range(35)]
    monkeypatch.setattr(stage.hosting.wall, "_rooms", lambda: rooms)
    look = asyncio.ensure_future(stage.hosting.wall.look())
    await asyncio.sleep(0)
    assert sum(room.glance.status is not None for room in rooms) == DRAW_ROOMS
    assert len(await look) == 35


def test_the_wall_looks_no_further_back_than_its_clocks():
    assert BAND_MS == 5 * MINUTE_MS
    assert DRAWN_EVERY_MS <= 2_000, "the page asks every 2 s"
