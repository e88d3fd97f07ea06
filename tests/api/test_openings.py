"""Bookings say when a lesson opens: also beside one that nothing can be done with."""

from __future__ import annotations

import asyncio

import pytest

from server import openings
from server.app import Parts
from server.clock import SystemClock
from tests.api.service import ELSEWHERE, NOW_OPEN, OBSERVERS_OWN


def lives(parts: Parts) -> set[str]:
    return {one.lesson.id for one in parts.services.hosting.live()}


async def test_B2_a_booking_that_cannot_be_read_holds_back_no_other_lesson(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = sorted((NOW_OPEN, ELSEWHERE, OBSERVERS_OWN))
    read = parts.services.bookings.lesson

    async def lesson(wanted: str) -> object:
        if wanted == first:
            raise ValueError("born_on is no date")
        return await read(wanted)

    monkeypatch.setattr(parts.services.bookings, "lesson", lesson)
    await parts.openings.look()
    assert lives(parts) == set(others)
    monkeypatch.undo()
    await parts.openings.look()
    assert lives(parts) == {first, *others}, "it opens once it is put right"


class Failing:
    """Bookings whose first look goes wrong in a way that nobody thought of."""

    def __init__(self) -> None:
        self.asked = 0
        self.asked_again = asyncio.Event()

    async def without_teacher(self, now: int) -> list[str]:
        self.asked += 1
        if self.asked == 1:
            raise ValueError("a mistake of ours")
        self.asked_again.set()
        return []

    async def due(self, now: int) -> list[str]:
        return []


async def test_A3_looking_through_bookings_outlives_a_mistake(
    parts: Parts, clock: SystemClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openings, "EVERY_S", 0.0)
    bookings = Failing()
    looking = asyncio.create_task(
        openings.Openings(bookings, parts.services.hosting, clock).run()  # type: ignore[arg-type]
    )
    async with asyncio.timeout(5):
        await bookings.asked_again.wait()
    looking.cancel()
