"""In a lesson that has started: cut the network in every way, and read the verdict, the banner and the clock.

All cases share one lesson, which each of them leaves whole; one that did not is replaced for the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from rooms.events import Interrupted
from tests.networks.lesson import Lesson, history
from tests.networks.namespaces import OTHER_ADDRESS, Way
from tests.networks.nets import Cables, Net, emulate, enter

NOT_NOTICED_S = 2.0
FINDING = "We are finding another way to connect you."
STAY = "Stay on this page."


class Room:
    """The lesson that stands, if one does."""

    def __init__(self, net: Net, factory: pytest.TempPathFactory) -> None:
        self._net = net
        self._factory = factory
        self._open = contextlib.AsyncExitStack()
        self._lesson: Lesson | None = None

    async def lesson(self) -> Lesson:
        """One that is live and whole."""
        if self._lesson is not None and not await self._lesson.whole():
            await self.close()
        if self._lesson is None:
            try:
                self._lesson = await self._begun()
            except BaseException:
                await self.close()
                raise
        await self._lesson.forget()
        return self._lesson

    async def _begun(self) -> Lesson:
        home = await self._open.enter_async_context(self._net.served(self._factory.mktemp("midway")))
        teacher, sam = await enter(home, "teacher", armed=True), await enter(home, "sam", armed=True)
        lesson = Lesson(home, teacher, sam)
        await lesson.start()
        return lesson

    async def close(self) -> None:
        """Everybody out."""
        self._lesson = None
        await self._open.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def room(net: Net, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    made = Room(net, tmp_path_factory)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def midway(room: Room, net: Net) -> AsyncIterator[Lesson]:
    """A started lesson. Whatever a case did to the network is undone after it."""
    yield await room.lesson()
    for side in ("teacher", "sam"):
        await net.heal(side)


async def test_a_loss_of_two_seconds_is_not_noticed(midway: Lesson, net: Net) -> None:
    cut = await midway.cut()
    connections = await midway.open_connections()
    await net.cut("sam", "media", "control")
    await asyncio.sleep(NOT_NOTICED_S - (time.monotonic() - cut.began))
    await net.heal("sam")
    await midway.flows(seconds=5)
    await midway.sam.say("Did you hear that?")
    await midway.teacher.hears("Did you hear that?", seconds=5)
    assert await cut.classes("sam") == await cut.classes("teacher") == []
    assert not [e for e in await cut.since() if isinstance(e, Interrupted)]
    for seated in midway.both:
        assert await history(seated) == ["live"]
    assert await midway.open_connections() == connections


async def test_media_cut_with_both_lines_alive_is_nobodys_fault(midway: Lesson, net: Net) -> None:
    connections = await midway.open_connections()
    cut = await midway.cut()
    await net.cut("sam", "media")
    onsets = [(await cut.verdict(side, "unknown")).at for side in ("teacher", "sam")]
    assert onsets[0] == onsets[1]
    for seated in midway.both:
        words = await seated.sees("interrupted_platform", seconds=8)
        assert FINDING in words
        assert "Lost so far 0:0" in words
        assert STAY in words
    assert [e.at for e in await cut.since() if isinstance(e, Interrupted)] == [onsets[0]]
    await net.heal("sam")
    await midway.back()
    await cut.resumed()
    # It comes back over the same connections, restarted or healed: nobody is in the room twice.
    assert await midway.open_connections() == connections
    for seated in midway.both:
        assert await seated.page.locator("video").count() == 2
        assert "interrupted_yours" not in await history(seated)
    await midway.nobody_is_charged()


@pytest.mark.parametrize("way", ["in", "out"])
async def test_media_cut_in_one_direction_is_nobodys_fault(midway: Lesson, cables: Cables, way: Way) -> None:
    cut = await midway.cut()
    await cables.cut("sam", "media", way=way)
    for side in ("teacher", "sam"):
        assert (await cut.verdict(side, "unknown")).reasons == ("media",)
    await cables.heal("sam")
    await midway.back()
    assert "lost" not in await cut.classes("sam") + await cut.classes("teacher")
    await midway.nobody_is_charged()


async def test_C6_each_side_answers_for_its_own_line(midway: Lesson, cables: Cables) -> None:
    """Sam is not heard any more, and the teacher hears nothing more: two lines, cut in one direction each."""
    cut = await midway.cut()
    await cables.cut("sam", "control", way="out")
    assert (await cut.verdict("sam", "lost")).reasons == ("line",)
    words = await midway.teacher.sees("interrupted_theirs", seconds=8)
    assert "We have lost Sam's side. We are trying to get it back." in words
    assert "After 5:00 in all, you decide what happens." in words
    assert "lost" not in await cut.classes("teacher")
    await cables.heal("sam")
    await midway.back()
    await cut.resumed()

    cut = await midway.cut()
    await cables.cut("teacher", "control", way="in")
    # Deaf, it goes on speaking until TCP waits for what it cannot hear: the next beat, and perhaps one more.
    assert (await cut.verdict("teacher", "lost", heard_ms=1_000)).reasons == ("line",)
    words = await midway.sam.sees("interrupted_theirs", seconds=8)
    assert "We have lost Ms Patel's side. We are trying to get it back." in words
    assert "lost" not in await cut.classes("sam")
    await cables.heal("teacher")
    await midway.back()
    await midway.nobody_is_charged()


async def test_a_delay_of_200_ms_changes_no_class(midway: Lesson) -> None:
    cut = await midway.cut()
    await emulate(midway.sam.page, {"latency": 200})
    await asyncio.sleep(4)
    await midway.flows()
    assert await cut.classes("sam") == await cut.classes("teacher") == []
    for seated in midway.both:
        assert set(await history(seated)) <= {"live", "weak_yours", "weak_theirs"}
    await emulate(midway.sam.page, {})


async def test_another_address_is_another_way_in_without_a_ghost(midway: Lesson, cables: Cables) -> None:
    cut = await midway.cut()
    connections = await midway.open_connections()
    await asyncio.to_thread(cables.town.sides["sam"].move, OTHER_ADDRESS)
    await midway.flows(seconds=20)
    await cut.entered()
    await midway.back()
    assert "lost" not in await cut.classes("teacher")
    assert await midway.open_connections() == connections
    for seated in midway.both:
        assert await seated.page.locator("video").count() == 2
    await midway.sam.say("I am on the other network now")
    await midway.teacher.hears("I am on the other network now")
    await midway.nobody_is_charged()


async def test_a_fifth_of_all_packets_lost_is_weak_and_not_a_loss(midway: Lesson, net: Net) -> None:
    cut = await midway.cut()
    await net.lose("sam", 0.2)

    # What Sam's side does not receive, the teacher's does not get through: told as the teacher's own, to both. What
    # Sam's side is told of its own sending is lost with the rest, so that it may take its own line for weak, too.
    words = await midway.teacher.sees("weak_yours")
    assert "Your connection is weak. Sound comes first, so your picture is smaller." in words
    told = {
        "weak_theirs": "Ms Patel's connection is weak. The picture is smaller to keep the sound clear.",
        "weak_yours": "Your connection is weak. Sound comes first, so your picture is smaller.",
    }
    words = await midway.sam.sees(*told)
    assert any(sentence in words for sentence in told.values())
    await midway.flows()
    assert await cut.classes("sam") == await cut.classes("teacher") == []
    await midway.nobody_is_charged()
