"""A family with two pupils in one shared lesson: each joins by their own link, on a device of their own."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser
from sqlalchemy import Connection

from rooms.events import Entered
from rooms.lesson import Kind
from server.accounts.bookings import NewBooking, add_booking
from server.accounts.people import NewPupil, add_pupil
from tests.browser.chromium import until
from tests.browser.house import FAMILY, IN_THE_ROOM, LASTS_MS, SAM, TEACHER, House, Seated, house, past_the_check

BOTH = "both"
KIM = "kim"


async def joined(home: House, name: str) -> Seated:
    """One sibling's device, from the start page into the room."""
    seated = await home.visit(FAMILY)
    card = seated.page.get_by_role("listitem").filter(has_text=f"{name}: Cello with Ms Patel")
    await card.get_by_role("link", name="Join lesson").click()
    await past_the_check(seated.page)
    await seated.page.locator(IN_THE_ROOM).wait_for()
    return seated


async def test_A1_each_sibling_joins_on_their_own_side(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:

        def book(connection: Connection) -> None:
            add_pupil(connection, NewPupil(KIM, "Kim Hall", "Kim", "2008-01-01"), (FAMILY.id,))
            lesson = NewBooking(
                id=BOTH,
                kind=Kind.SHARED,
                subject="Cello",
                teacher=TEACHER.id,
                pupils=(SAM, KIM),
                starts_at=home.starts_at,
                ends_at=home.starts_at + LASTS_MS,
                confirmed=True,
            )
            add_booking(connection, lesson)

        await home.server.services.stores.write(book)
        sam, kim = await joined(home, "Sam"), await joined(home, "Kim")

        async def both_in() -> bool:
            log = await home.server.services.stores.log.load(BOTH)
            events = [] if log is None else log.events
            return [event.by.side for event in events if isinstance(event, Entered)] == [SAM, KIM]

        await until("both siblings in the log", both_in)
        await kim.say("Hello from Kim")
        await sam.hears("Hello from Kim")
        for seated, name in ((sam, SAM), (kim, KIM)):
            assert seated.page.url.endswith(f"/lessons/{BOTH}?pupil={name}")
            assert await seated.page.locator(IN_THE_ROOM).count() == 1, "neither took the other's place"
