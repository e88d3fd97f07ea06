"""The live wall in Chromium: two managers, trouble first, an order that waits, one's way into a lesson and back."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from playwright.async_api import Browser, Page, Route, expect
from sqlalchemy import Connection

from rooms.lesson import Kind, Role
from server.accounts.bookings import NewBooking, add_booking
from server.accounts.people import AccountRole, NewPupil, Person, add_person, add_pupil
from tests.browser.chromium import AXE_RULES, until
from tests.browser.gallery import AXE, Gallery, build
from tests.browser.house import DESKTOP, LASTS_MS, LESSON, MANAGER, PHONE, SAFEGUARDING, House, house

SECOND = Person("m-reed", AccountRole.MANAGER, "Sal Reed", "reed@service.example")
CELLIST = Person("t-okoro", AccountRole.TEACHER, "Zoe Okoro", "okoro@service.example")
CELLO = "cello"
OWN = "own"
"""The second manager's child's lesson."""


def more(starts_at: int, connection: Connection) -> None:
    """A second manager, a second teacher, and two more lessons."""
    add_person(connection, SECOND)
    add_person(connection, CELLIST)
    add_pupil(connection, NewPupil("ada", "Ada Reed", "Ada", "2008-05-05"), (SECOND.id,))
    add_pupil(connection, NewPupil("joe", "Joe Lind", "Joe", "2008-05-05"), (SAFEGUARDING.id,))
    for id_, pupil, subject in ((CELLO, "joe", "Cello"), (OWN, "ada", "Piano")):
        lesson = NewBooking(
            id=id_,
            kind=Kind.INDIVIDUAL,
            subject=subject,
            teacher=CELLIST.id,
            pupils=(pupil,),
            starts_at=starts_at,
            ends_at=starts_at + LASTS_MS,
            confirmed=True,
        )
        add_booking(connection, lesson)


async def furnished(home: House) -> None:
    await home.server.services.stores.write(lambda connection: more(home.starts_at, connection))
    for lesson in (LESSON, CELLO, OWN):
        await home.server.services.hosting.open(lesson)


async def order(page: Page) -> list[str]:
    """Whose tiles, as they stand."""
    return [text.split("\n")[0].strip() for text in await page.locator(".wall h2 a").all_inner_texts()]


async def axe(page: Page) -> list[str]:
    await page.evaluate(await asyncio.to_thread(AXE.read_text))
    found: list[str] = await page.evaluate(
        "async (tags) => (await axe.run(document, {runOnly: tags})).violations.map((v) => v.id)", AXE_RULES
    )
    return found


async def test_two_managers_see_the_same_lessons_but_for_ones_own(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        await furnished(home)
        one, two = await home.visit(MANAGER), await home.visit(SECOND, PHONE, color_scheme="dark")
        await expect(one.page.locator(".tile-card")).to_have_count(3)
        await expect(two.page.locator(".tile-card")).to_have_count(2)
        assert "Piano" not in await two.page.content(), "A6: never a lesson that one is booked in"
        for seated in (one, two):
            await expect(seated.page).to_have_title("Live lessons – Riverside Music Service")
            assert await axe(seated.page) == []
            text = await seated.page.locator("main").inner_text()
            assert not re.search(r"Sam|Hall|Ada|Joe|Lind", text), "Q1: no family's name"
            assert await seated.page.locator("main :is(img, video, canvas)").count() == 0
        log = await home.server.services.stores.audit_log(Role.SAFEGUARDING, LESSON)
        assert [line.what for line in log if line.person in (MANAGER.id, SECOND.id)] == []


WORST_FIRST = [
    "platform",
    "both_lost",
    "teacher_lost",
    "pupil_lost",
    "no_teacher",
    "no_pupil",
    "teacher_left",
    "not_connected",
    "paused",
    "decision",
    "pupil_left",
    "weak",
    "settling",
    "time_over",
    "live",
    "before",
    "over",
]
"""The states as the wall ranks them (docs/pages.md)."""


async def test_trouble_comes_first_by_itself_and_a_ring_runs(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        await furnished(home)
        teacher, family = await home.both_live()
        manager = await home.visit(MANAGER)
        violin = manager.page.locator(".tile-card", has_text="Violin")
        home.jump_to(61)
        # Two cameras on a busy machine may be weak.
        await expect(violin).to_have_attribute("data-state", re.compile("^(live|weak)$"))
        await expect(violin.get_by_text(re.compile("^(Going well|Weak connection)$"))).to_be_visible()
        bands = re.compile(r"^Teacher, last 5 minutes: (fine|weak)")
        await expect(violin.get_by_role("img", name=bands)).to_be_visible()
        # Nobody came to the others: at T their teacher's clock runs.
        for subject in ("Cello", "Piano"):
            waiting = manager.page.locator(".tile-card", has_text=subject)
            await expect(waiting.get_by_text("Awaiting teacher")).to_be_visible()
            await expect(waiting.get_by_text(re.compile(r"^Teacher's clock \d:\d\d$"))).to_be_visible()
            await expect(waiting.locator(".clock svg")).to_have_count(1)

        async def trouble_first() -> bool:
            states = await manager.page.eval_on_selector_all(
                ".tile-card", "(all) => all.map((one) => one.dataset.state)"
            )
            return states == sorted(states, key=WORST_FIRST.index) and "no_teacher" in states

        await until("trouble comes first, however the first lesson goes meanwhile", trouble_first)
        await family.page.context.set_offline(True)
        await family.page.close()
        gone = violin.get_by_role("img", name=re.compile(r"^Pupil, last 5 minutes: not there now"))
        await expect(gone).to_be_visible()
        assert teacher.mistakes == []


WAITS = "The order stays while you are on a tile."


async def test_nothing_moves_under_the_pointer_or_the_focus(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, starts_in_s=600) as home:
        await furnished(home)
        manager = await home.visit(MANAGER)
        page = manager.page
        await expect(page.locator(".tile-card")).to_have_count(3)
        patel, *_ = first = await order(page)
        assert patel == "Ms Patel"

        async def turned() -> bool:
            return (await order(page))[-1] == patel

        async def back() -> bool:
            return await order(page) == first

        await page.locator(".tile-card").first.hover()
        home.jump_to(1)  # all three teachers are waited for
        teacher = await home.teacher()
        await expect(page.get_by_text("Awaiting pupil")).to_be_visible()
        await expect(page.get_by_text(WAITS)).to_be_visible()
        assert await back()
        await page.mouse.move(2, 2)
        await until("the teacher who is there comes last", turned)
        await expect(page.get_by_text(WAITS)).to_have_count(0)

        await page.locator(".tile-card a").first.focus()
        await teacher.page.close()
        await expect(page.get_by_text("Awaiting teacher")).to_have_count(3)
        await expect(page.get_by_text(WAITS)).to_be_visible()
        assert await turned()
        await page.evaluate("document.activeElement.blur()")
        await until("by start and name again", back)


async def test_by_keyboard_into_a_lesson_and_back_to_where_one_was(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        await furnished(home)
        manager = await home.visit(MANAGER)
        page = manager.page
        await page.get_by_label("Instrument").select_option("Violin")
        await expect(page.locator(".tile-card")).to_have_count(1)
        await page.get_by_label("Instrument").focus()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Ms Patel Violin. Watch")).to_be_focused()
        ring = await page.evaluate("getComputedStyle(document.activeElement, '::after').outline")
        assert "3px" in ring
        assert "solid" in ring
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/lessons/{LESSON}/watch")

        async def visits() -> list[str]:
            log = await home.server.services.stores.audit_log(Role.SAFEGUARDING, LESSON)
            return [line.what for line in log if line.person == MANAGER.id]

        await until("opening a tile is a visit, on record (Q1)", visits)
        await page.get_by_role("link", name="Leave").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Live lessons")
        await expect(page.locator(".tile-card")).to_have_count(1)
        await expect(page.get_by_role("link", name="Ms Patel Violin. Watch")).to_be_focused()
        await page.get_by_label("Instrument").select_option("")
        await expect(page.locator(".tile-card")).to_have_count(3)
        await page.get_by_label("State").select_option("In trouble")
        await expect(page.get_by_text("No lesson like that now.")).to_be_visible()
        await page.get_by_role("button", name="Show all").click()
        await expect(page.locator(".tile-card")).to_have_count(3)


async def test_while_the_server_is_away_the_view_says_how_old_it_is(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        await furnished(home)
        manager = await home.visit(MANAGER)
        page = manager.page
        await expect(page.locator(".tile-card")).to_have_count(3)
        line = page.locator(".wall-line")
        height = await line.evaluate("(element) => element.getBoundingClientRect().height")

        async def away(route: Route) -> None:
            await route.abort()

        await page.route("**/api/wall", away)
        await expect(line).to_have_text(re.compile(r"^This view is \d+ seconds old\. Reconnecting\.$"))
        assert await line.evaluate("(element) => element.getBoundingClientRect().height") == height
        await expect(page.locator(".tile-card")).to_have_count(3)
        assert await axe(page) == []
        await page.unroute("**/api/wall")
        await expect(line).to_have_text(re.compile(r"^3 lessons, \d in trouble\.$"))


async def test_a_lesson_that_ends_leaves_the_wall(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher, _ = await home.both_live()
        manager = await home.visit(MANAGER)
        await expect(manager.page.locator(".tile-card")).to_have_count(1)
        await teacher.press("End lesson")
        await expect(manager.page.locator(".wall-line")).to_have_text(re.compile(r"^No lessons now\."))
        await expect(manager.page.locator(".tile-card")).to_have_count(0)


async def test_four_to_a_row_on_a_desk_and_a_list_on_a_phone(browser: Browser) -> None:
    await build()
    for size, columns in ((DESKTOP, 4), ((1920, 1080), 4), ((768, 1024), 2), (PHONE, 1)):
        gallery = await Gallery.open(browser, size)
        await gallery.draw("page=/&who=many")
        await gallery.page.locator(".tile-card").first.wait_for()
        lefts = await gallery.page.eval_on_selector_all(
            ".tile-card", "(all) => [...new Set(all.map((one) => one.getBoundingClientRect().left))]"
        )
        assert len(lefts) == columns, size
        await gallery.close()
