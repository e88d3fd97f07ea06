"""With the media relay: the server sees for itself whose media does not get through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.networks.lesson import SIDES, Lesson, history
from tests.networks.namespaces import SERVER
from tests.networks.nets import Cables, Net, enter
from tests.networks.test_starting import ends

SILENT_S = 6.0
"""Twice what a leg has to be silent for to count as lost."""
RELAY = {"relay_addresses": (SERVER,)}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def started(net: Net, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lesson]:
    """A lesson that has started, for the cases that leave it whole."""
    if not isinstance(net, Cables):
        pytest.skip(f"needs network namespaces: {net.only}")
    async with net.served(tmp_path_factory.mktemp("relay"), **RELAY) as home:
        lesson = Lesson(home, await enter(home, "teacher"), await enter(home, "sam"))
        await lesson.start()
        yield lesson


@pytest_asyncio.fixture(loop_scope="session")
async def midway(started: Lesson, cables: Cables) -> AsyncIterator[Lesson]:
    await started.forget()
    yield started
    for side in SIDES:
        await cables.heal(side)
    await started.back()


async def test_C3_a_pupil_whose_media_reaches_nobody_is_on_their_own_clock(cables: Cables, tmp_path: Path) -> None:
    async with cables.served(tmp_path, **RELAY) as home:
        lesson = Lesson(home, await enter(home, "teacher"), await enter(home, "sam"))
        await home.ready(*SIDES)
        await lesson.flows()
        cut = await lesson.cut()
        await cables.cut("sam", "media")
        assert (await cut.verdict("sam", "lost")).reasons == ("media",)
        home.jump_to(1)
        assert "Waiting for Sam's side." in await lesson.teacher.sees("other_clock")
        await lesson.sam.sees("own_clock")
        part = await ends(home, "C3")
        assert (part.outcome.charge, part.outcome.reschedule) == ("charged", False)
        assert "lost" not in await cut.classes("teacher")


async def test_C6_one_sides_media_cut_is_that_sides_and_comes_back(midway: Lesson, cables: Cables) -> None:
    cut = await midway.cut()
    await cables.cut("teacher", "media")
    assert (await cut.verdict("teacher", "lost")).reasons == ("media",)
    await midway.sam.sees("interrupted_theirs")
    await midway.teacher.sees("interrupted_yours")
    assert "lost" not in await cut.classes("sam")
    await cables.heal("teacher")
    await midway.back()
    await midway.nobody_is_charged()


async def test_a_relay_that_nobody_reaches_is_nobodys_fault(midway: Lesson, cables: Cables) -> None:
    """Its port blocked for both, picture and sound go on between the two: nothing is noticed."""
    cut = await midway.cut()
    for side in SIDES:
        await cables.cut(side, "leg")
    await asyncio.sleep(SILENT_S)
    await midway.flows()
    assert await cut.classes("sam") == await cut.classes("teacher") == []
    for seated in midway.both:
        assert set(await history(seated)) <= {"live", "weak_yours", "weak_theirs"}
