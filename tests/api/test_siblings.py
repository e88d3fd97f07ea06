"""Two pupils of one account in one shared lesson: each has an own card, check-in, ticket and page after."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from rooms.lesson import Kind, Role
from server.accounts.bookings import NewBooking, add_booking
from server.accounts.people import NewPupil, add_pupil
from server.app import Parts
from server.clock import SystemClock
from tests.api.browsing import Browser, action, refusal
from tests.api.service import ADA, FAMILY, MINUTE_MS, OTHER_TEACHER, PIN, SAM

BOTH = "both"
KIM = "p-kim"


@pytest.fixture(autouse=True)
async def booked(parts: Parts, clock: SystemClock) -> None:
    starts_at = clock.now_ms() + 10 * MINUTE_MS
    lesson = NewBooking(
        id=BOTH,
        kind=Kind.SHARED,
        subject="Violin",
        teacher=OTHER_TEACHER.id,
        pupils=(SAM, KIM),
        starts_at=starts_at,
        ends_at=starts_at + 30 * MINUTE_MS,
        confirmed=True,
    )

    def work(connection: Connection) -> None:
        add_pupil(connection, NewPupil(KIM, "Kim Hall", "Kim", "2016-01-01"), (FAMILY.id,))
        add_booking(connection, lesson)

    await parts.stores.write(work)


async def test_A1_each_sibling_has_a_card(family: Browser) -> None:
    cards = [card for card in (await family.get("/api/lessons")).json()["lessons"] if card["id"] == BOTH]
    assert [[pupil["first_name"] for pupil in card["pupils"]] for card in cards] == [["Sam"], ["Kim"]]


async def test_C3_a_ticket_is_for_the_sibling_it_names_and_never_a_guess(parts: Parts, family: Browser) -> None:
    for pupil in (SAM, KIM):
        answer = await family.post(f"/api/lessons/{BOTH}/ticket", {"pupil": pupil})
        admission = parts.services.tickets.redeem(answer.json()["ticket"])
        assert admission is not None
        assert (admission.actor.role, admission.actor.person, admission.actor.side) == (
            Role.PUPIL_SIDE,
            FAMILY.id,
            pupil,
        )
    for unnamed in ({}, {"pupil": None}):
        assert refusal(await family.post(f"/api/lessons/{BOTH}/ticket", unnamed)) == (409, "which_pupil")


@pytest.mark.parametrize("pupil", [ADA, "teacher", "p-nobody"])
async def test_A1_another_familys_pupil_is_nobodys_to_name(family: Browser, teacher: Browser, pupil: str) -> None:
    for browser in (family, teacher):
        assert refusal(await browser.post(f"/api/lessons/{BOTH}/ticket", {"pupil": pupil})) == (404, "not_found")
        assert refusal(await browser.get(f"/api/lessons/{BOTH}?pupil={pupil}")) == (404, "not_found")


async def test_B1_each_sibling_is_checked_in_and_read_of_alone(family: Browser) -> None:
    body = {"action": action(), "pupil": KIM, "name": "Alex Hall", "pin": PIN}
    assert (await family.post(f"/api/lessons/{BOTH}/check-in", body)).json() == {"adult": "in"}
    states = {}
    for pupil in (SAM, KIM):
        (shown,) = (await family.get(f"/api/lessons/{BOTH}?pupil={pupil}")).json()["card"]["pupils"]
        states[shown["id"]] = shown["adult_state"]
    assert states == {SAM: "needed", KIM: "in"}
