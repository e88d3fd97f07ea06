"""Bookings say when a lesson opens: also beside one that nothing can be done with."""

from __future__ import annotations

import asyncio
import zoneinfo

import pytest

from server import openings
from server.accounts.bookings import MISSED_BACK_MS, Bookings
from server.app import Parts, assembled
from server.clock import SystemClock
from server.config import Config
from server.store.ledger import Entry
from server.store.migration import migrate
from server.store.stores import Stores, open_store
from tests.api.browsing import until
from tests.api.service import ELSEWHERE, LATER, MINUTE_MS, NOT_CONFIRMED, NOW_OPEN, OBSERVERS_OWN, furnish


async def lives(parts: Parts) -> set[str]:
    return {one.lesson for one in await parts.services.hosting.wall.look()}


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
    assert await lives(parts) == set(others)
    monkeypatch.undo()
    await parts.openings.look()
    assert await lives(parts) == {first, *others}, "it opens once it is put right"


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

    async def missed(self, now: int) -> list[str]:
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


async def test_C7_a_lesson_whose_whole_time_passed_while_the_process_was_down_is_not_charged_and_rescheduled(
    config: Config, clock: SystemClock
) -> None:
    migrate(config.database_url)
    booked = open_store(config.database_url)
    await booked.write(lambda connection: furnish(connection, clock.now_ms()))
    booked.close()
    clock.jump(200 * MINUTE_MS)
    missed = {NOW_OPEN, LATER, ELSEWHERE, OBSERVERS_OWN}
    async with assembled(config, clock) as parts:

        async def settled() -> dict[str, list[Entry]]:
            ledger = {lesson: await parts.stores.ledger(lesson) for lesson in (*missed, NOT_CONFIRMED)}
            return {lesson: entries for lesson, entries in ledger.items() if entries}

        ledgers = await until(lambda found: set(found) == missed, settled)
        for (entry,) in ledgers.values():
            assert (entry.outcome.rule, entry.outcome.charge, entry.outcome.reschedule) == ("C7", "not_charged", True)

        async def mails() -> list[str]:
            return [mail.read_text() for mail in config.mail_dir.glob("*.eml")]

        sent = await until(lambda found: sum("To: alex@family.example" in mail for mail in found) >= 2, mails)
        assert any("To: office@localhost" in mail for mail in sent)
        assert await parts.services.bookings.missed(clock.now_ms()) == []


async def test_C7_a_lesson_that_ended_more_than_a_week_ago_is_left_alone(stores: Stores, clock: SystemClock) -> None:
    bookings = Bookings(stores, zoneinfo.ZoneInfo("Europe/London"))
    clock.jump(MISSED_BACK_MS + 31 * MINUTE_MS)
    assert set(await bookings.missed(clock.now_ms())) == {NOW_OPEN, LATER, ELSEWHERE, OBSERVERS_OWN}
    clock.jump(90_000)
    assert set(await bookings.missed(clock.now_ms())) == {LATER, OBSERVERS_OWN}


async def test_B2_nothing_is_opened_late_before_its_end(parts: Parts) -> None:
    assert not await parts.services.hosting.open(NOW_OPEN, late=True)
    assert await parts.services.bookings.missed(parts.services.clock.now_ms()) == []
