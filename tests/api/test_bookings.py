"""Whose lessons are whose, at `server.accounts.bookings`."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest

from rooms.lesson import TEACHER as TEACHER_SIDE
from rooms.lesson import Role
from server.accounts.addresses import Addresses
from server.accounts.bookings import OPENS_MS, Bookings, age_on
from server.accounts.people import remove_adult
from server.clock import SystemClock
from server.store.stores import Stores
from tests.api.service import (
    ADA,
    ELSEWHERE,
    FAMILY,
    INVOLVED_SAFEGUARDING,
    LATER,
    MANAGER,
    MINUTE_MS,
    NOT_CONFIRMED,
    NOW_OPEN,
    OBSERVERS_OWN,
    OTHER_FAMILY,
    OTHER_TEACHER,
    SAFEGUARDING,
    SAM,
    SECOND_ADULT,
    TEACHER,
)


@pytest.fixture
def bookings(stores: Stores) -> Bookings:
    return Bookings(stores, zoneinfo.ZoneInfo("Europe/London"))


async def test_L1_a_confirmed_lesson_as_the_room_gets_it(bookings: Bookings) -> None:
    lesson = await bookings.lesson(NOW_OPEN)
    assert lesson is not None
    assert (lesson.teacher_name, lesson.subject) == ("Ms Patel", "Violin")
    assert [(pupil.id, pupil.first_name, pupil.age) for pupil in lesson.pupils] == [(SAM, "Sam", 11)]


async def test_B2_an_unconfirmed_lesson_opens_no_room(bookings: Bookings) -> None:
    assert await bookings.lesson(NOT_CONFIRMED) is None
    found = await bookings.find(NOT_CONFIRMED)
    assert found is not None
    assert not found.confirmed


async def test_C_the_next_booking_of_either_side_is_known_and_only_a_confirmed_one_counts(bookings: Bookings) -> None:
    lesson, later = await bookings.lesson(NOW_OPEN), await bookings.lesson(LATER)
    assert lesson is not None
    assert later is not None
    assert lesson.next_booking_at == later.starts_at
    assert later.next_booking_at is None


async def test_A1_everybody_comes_in_their_own_part(bookings: Bookings) -> None:
    booking = await bookings.find(NOW_OPEN)
    assert booking is not None
    parts = {who: booking.actor(who) for who in (TEACHER, FAMILY, SECOND_ADULT)}
    assert {who.name: (actor.role, actor.side) for who, actor in parts.items() if actor} == {
        "Ms Patel": (Role.TEACHER, TEACHER_SIDE),
        "Alex Hall": (Role.PUPIL_SIDE, SAM),
        "Kim Hall": (Role.PUPIL_SIDE, SAM),
    }
    assert all(booking.actor(who) is None for who in (OTHER_TEACHER, OTHER_FAMILY, MANAGER, SAFEGUARDING))


async def test_A6_nobody_observes_a_lesson_they_are_booked_in(bookings: Bookings) -> None:
    own = await bookings.find(OBSERVERS_OWN)
    assert own is not None
    actor = own.actor(MANAGER)
    assert actor is not None
    assert actor.role is Role.PUPIL_SIDE
    assert await bookings.involving(MANAGER.id, [NOW_OPEN, OBSERVERS_OWN, ELSEWHERE]) == {OBSERVERS_OWN}


async def test_A1_removing_an_adult_is_instant(bookings: Bookings, stores: Stores, clock: SystemClock) -> None:
    assert {one.lesson.id for one in await bookings.of(SECOND_ADULT.id, clock.now_ms())} >= {NOW_OPEN, LATER}
    await stores.write(lambda connection: remove_adult(connection, SAM, SECOND_ADULT.id))
    assert await bookings.of(SECOND_ADULT.id, clock.now_ms()) == []
    assert len(await bookings.of(FAMILY.id, clock.now_ms())) == 3


async def test_own_lessons_by_their_start_and_nobody_elses(bookings: Bookings, clock: SystemClock) -> None:
    found = [one.lesson.id for one in await bookings.of(TEACHER.id, clock.now_ms())]
    assert found == [NOW_OPEN, NOT_CONFIRMED, LATER]


async def test_B2_rooms_open_fifteen_minutes_before(bookings: Bookings, clock: SystemClock) -> None:
    now = clock.now_ms()
    assert set(await bookings.due(now)) == {NOW_OPEN, ELSEWHERE, OBSERVERS_OWN}
    opens_at = now + 120 * MINUTE_MS - OPENS_MS
    assert LATER not in await bookings.due(opens_at - MINUTE_MS)
    assert LATER in await bookings.due(opens_at + MINUTE_MS)
    assert NOT_CONFIRMED not in await bookings.due(now + 60 * MINUTE_MS)


async def test_A1_the_familys_mail_goes_to_every_adult(stores: Stores) -> None:
    addresses = Addresses(stores, {"office": "office@service.example"})
    family = await addresses.addresses("family", NOW_OPEN, SAM)
    assert set(family) == {FAMILY.email, SECOND_ADULT.email, INVOLVED_SAFEGUARDING.email}
    assert await addresses.addresses("family", ELSEWHERE, ADA) == [OTHER_FAMILY.email]
    assert await addresses.addresses("office", NOW_OPEN, SAM) == ["office@service.example"]
    assert await addresses.addresses("everybody", NOW_OPEN, SAM) == []


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [("2013-03-04", "2026-03-03", 12), ("2013-03-04", "2026-03-04", 13), ("2012-02-29", "2025-02-28", 12)],
)
def test_B1_age_is_whole_years_on_the_lessons_date(born: str, day: str, age: int) -> None:
    assert age_on(born, datetime.date.fromisoformat(day)) == age
