"""Each page as the real server fills it: by axe, by its title, by keyboard alone; and the pictures in docs/."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.chromium import AXE_RULES, ROOT, until
from tests.browser.gallery import AXE, build
from tests.browser.house import LESSON, MANAGER, PIN, SAFEGUARDING, TEACHER, House, Seated, house, past_the_check
from tests.browser.pictures import FOLDER, PICTURES, SIZE_MAX, take

SERVICE = "Riverside Music Service"


async def is_sound(seated: Seated, title: str) -> None:
    """One heading, this title, nothing sideways, and axe finds nothing."""
    page = seated.page
    await expect(page).to_have_title(title)
    assert await page.locator("h1").count() == 1
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Evaluated, not added as a script: the page's own policy would refuse it, as it should.
    await page.evaluate(await asyncio.to_thread(AXE.read_text))
    found = await page.evaluate(
        "async (tags) => (await axe.run(document, {runOnly: tags})).violations.map((v) => [v.id, v.nodes[0].html])",
        AXE_RULES,
    )
    assert found == []


async def test_every_page_of_a_lesson_that_a_flag_ends(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, age=11) as home:
        teacher = await home.visit(TEACHER)
        await expect(teacher.page.get_by_role("link", name="Open room")).to_be_visible()
        await is_sound(teacher, f"Today – {SERVICE}")
        family = await home.visit_check_in((360, 740))
        await is_sound(family, f"Check in – {SERVICE}")
        await family.page.go_back()
        await family.page.go_back()
        await expect(family.page.get_by_role("link", name="Join lesson")).to_be_visible()
        await is_sound(family, f"My lessons – {SERVICE}")
        await both_in(home, teacher, family)
        await is_sound(teacher, "In progress – Violin with Sam")
        await is_sound(family, "In progress – Violin with Ms Patel")

        manager = await home.visit(MANAGER)
        await expect(manager.page.get_by_role("link", name="Watch")).to_be_visible()
        await is_sound(manager, f"Live lessons – {SERVICE}")
        await manager.page.get_by_role("link", name="Watch").click()
        await manager.sees("live")
        await is_sound(manager, "In progress – Violin with Sam")

        await family.say("my neighbour said something odd")
        await teacher.hears("my neighbour said something odd")
        await asyncio.sleep(0.6)  # a flag waits until the list lies still under the finger
        await teacher.page.get_by_role("button", name="Flag").first.click()
        await teacher.sees("ended_flagged")
        await is_sound(teacher, "Ended – Violin with Sam")
        await family.sees("ended_neutral")
        await is_sound(family, "Ended – Violin with Ms Patel")
        await family.page.goto(f"{home.server.base_url}/lessons/{LESSON}/after")
        await expect(family.page.get_by_role("heading", name="What it comes to")).to_be_visible()
        await is_sound(family, f"After the lesson – {SERVICE}")

        officer = await home.visit(SAFEGUARDING)
        case = officer.page.get_by_role("link", name=re.compile(r"^Case \d")).first
        number = await case.inner_text()
        await is_sound(officer, f"Cases – {SERVICE}")
        await case.click()
        await expect(officer.page.get_by_role("heading", name="Transcript")).to_be_visible()
        await is_sound(officer, f"{number} – {SERVICE}")
        await officer.page.goto(f"{home.server.base_url}/lessons/{LESSON}")
        await expect(officer.page.get_by_text("We cannot find that page.").first).to_be_visible()


async def both_in(home: House, teacher: Seated, family: Seated) -> None:
    """From their start pages into a live lesson, checked in by PIN."""
    await teacher.page.get_by_role("link", name="Open room").click()
    await is_sound(teacher, f"Check your device – {SERVICE}")
    await past_the_check(teacher.page)
    await family.page.get_by_role("link", name="Join lesson").click()
    await is_sound(family, f"Check your device – {SERVICE}")
    await past_the_check(family.page)
    await family.page.get_by_label("Family PIN").fill(PIN)
    await family.page.get_by_role("button", name="I am here").click()
    await teacher.page.get_by_role("button", name="Start now").click()
    await teacher.sees("live")
    await family.sees("live")


FOCUSED = "document.activeElement?.getAttribute('aria-label') || document.activeElement?.textContent?.trim() || ''"
STOPS_MAX = 14
"""Tab stops of a page or of the room, at most."""


async def tab_to(page: Page, name: str) -> list[str]:
    """Press Tab until this has the focus, with a ring to see it by; returns the stops on the way."""
    passed: list[str] = []
    for _ in range(STOPS_MAX):
        await page.keyboard.press("Tab")
        passed.append(await page.evaluate(FOCUSED))
        if passed[-1] == name:
            ring = await page.evaluate("getComputedStyle(document.activeElement).outline")
            assert "3px" in ring
            assert "solid" in ring
            return passed
    raise AssertionError(f"no way to {name!r} by Tab, only {passed}")


async def test_a_whole_lesson_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher = await home.visit(TEACHER)
        page, key = teacher.page, teacher.page.keyboard
        await page.get_by_role("link", name="Open room").wait_for()
        await tab_to(page, "Open room")
        await key.press("Enter")
        await page.get_by_role("button", name="Turn on camera and microphone").wait_for()
        await tab_to(page, "Continue")
        await key.press("Enter")
        await page.get_by_role("heading", name="Get ready").wait_for()
        await tab_to(page, "We are ready")
        await key.press("Enter")
        await page.locator("section[data-state=before]").wait_for()
        family = await home.family()
        await page.get_by_role("button", name="Start now").wait_for()
        order = await tab_to(page, "Start now")
        assert order[-2:] == ["Status", "Start now"]
        await key.press("Enter")
        await teacher.sees("live")

        # At this width the chat is open: F4 closes it and opens it again, with the focus in it.
        await key.press("F4")
        await expect(page.locator("#panel")).to_have_count(0)
        await key.press("F4")
        await expect(page.locator("#write")).to_be_focused()
        await key.type("Shall we begin?")
        await key.press("Enter")
        await family.hears("Shall we begin?")
        await key.press("Escape")
        await expect(page.locator("#chat-control")).to_be_focused()

        microphone = page.get_by_role("button", name="Microphone")
        await key.press("Control+d")
        await expect(microphone).to_have_attribute("aria-pressed", "false")
        await key.press("Control+d")
        await expect(microphone).to_have_attribute("aria-pressed", "true")
        # Letters by themselves do nothing: somebody who types must not mute or end.
        await key.type("mdeq")
        assert await teacher.state() == "live"

        async def end_has_focus() -> bool:
            await key.press("F2")
            focused: str = await page.evaluate(FOCUSED)
            return focused == "End lesson"

        await until("F2 reaches End", end_has_focus)
        await key.press("Enter")
        assert "You ended the lesson at" in await teacher.sees("ended_by_you")
        await expect(page.locator("#ended")).to_be_focused()
        await family.sees("ended_neutral")


async def test_tab_goes_through_the_room_in_reading_order_and_end_comes_last(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher = await home.teacher()
        await teacher.page.evaluate("document.activeElement.blur()")
        stops = await tab_to(teacher.page, "End lesson")
        wanted = ["Skip to messages", "Status", "Microphone", "Camera", "Chat", "More", "Messages", "Write a message"]
        assert [stop for stop in stops if stop in wanted] == wanted
        assert stops[-1] == "End lesson"


async def test_the_pictures_of_the_docs(browser: Browser, request: pytest.FixtureRequest) -> None:
    """With ``--pictures`` they are taken anew; they are listed, small, and of the size that they show."""
    if request.config.getoption("--pictures"):
        await build()
        for picture in PICTURES:
            await take(browser, picture)
    listed = await asyncio.to_thread((FOLDER / "README.md").read_text)
    for picture in PICTURES:
        file = FOLDER / f"{picture.name}.png"
        data = await asyncio.to_thread(file.read_bytes)
        assert f"({file.name})" in listed
        assert len(data) <= SIZE_MAX, file.name
        assert int.from_bytes(data[16:20], "big") == picture.size[0]
    files = await asyncio.to_thread(lambda: {path.stem for path in FOLDER.glob("*.png")})
    assert files == {picture.name for picture in PICTURES}
    assert "docs/pictures/room-desktop.png" in await asyncio.to_thread((ROOT / "README.md").read_text)
