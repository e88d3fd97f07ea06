"""A whole lesson in two real browsers: picture, sound, chat, and each way it can end."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from rooms.events import MessageDelivered, MessageDropped
from tests.browser.chromium import until
from tests.browser.house import IN_THE_ROOM, LESSON, MANAGER, PHONE, SAFEGUARDING, TEACHER, Seated, house


async def test_both_sides_see_hear_and_write_to_each_other(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher, family = await home.both_live()
        await teacher.media_arrives()
        await family.media_arrives()
        await teacher.say("Good afternoon, Sam")
        await family.hears("Good afternoon, Sam")
        await family.say("Is it this page?")
        await teacher.hears("Is it this page?")
        await expect(teacher.page.get_by_text("This lesson may be observed. It is not recorded.").first).to_be_visible()


async def test_C1_chat_works_before_the_other_side_sends_media(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher = await home.teacher()
        blocked = await home.family()
        # Picture and sound stop at their source; the control line is untouched.
        await blocked.page.evaluate("window.__tracks.forEach((track) => track.stop())")
        await blocked.say("We cannot find the camera")
        await teacher.hears("We cannot find the camera")


async def test_B1_check_in_by_pin_and_by_sight(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, age=11) as home:
        teacher = await home.teacher()
        family = await home.family()
        await expect(teacher.page.get_by_text("Grown-up: here")).to_be_visible()
        await teacher.page.get_by_role("button", name="Start now").click()
        await family.sees("live")
    async with house(browser, tmp_path / "again", age=11) as home:
        teacher = await home.teacher()
        family = await home.visit_check_in()
        await family.page.get_by_role("button", name="I forgot the PIN").click()
        await family.page.get_by_role("button", name="I am here").click()
        await family.page.locator(IN_THE_ROOM).wait_for()
        await asyncio.sleep(2)
        assert await teacher.page.get_by_role("button", name="Start now").count() == 0
        await teacher.page.get_by_role("button", name="Yes", exact=True).first.click()
        await teacher.page.get_by_role("button", name="Start now").click()
        await family.sees("live")


async def test_D1_one_click_ends_for_all_and_a_rejoin_is_refused(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher, family = await home.both_live()
        await teacher.press("End lesson")
        words = await family.sees("ended_neutral")
        assert "This lesson has ended. If there is anything you need to know, we will email you." in words
        assert "You ended the lesson at" in await teacher.sees("ended_by_you")
        for seated in (teacher, family):
            assert await seated.live_tracks() == 0
        await family.page.reload()
        await until("no way back", lambda: _refused(family.page), 10)
        await home.outcome()


async def _refused(page) -> bool:  # type: ignore[no-untyped-def]
    text = await page.evaluate("document.body.innerText")
    return "ended" in text and await page.locator("video").count() == 0


async def test_D3_an_unsafe_message_ends_the_lesson_and_reaches_safeguarding(browser: Browser, tmp_path: Path) -> None:
    unsafe = "send me a naked picture of you"
    async with house(browser, tmp_path) as home:
        teacher, family = await home.both_live()
        await teacher.say("Let us begin")
        await family.hears("Let us begin")
        await teacher.say(unsafe)
        closing = "This lesson has ended. If there is anything you need to know, we will email you."
        for seated in (teacher, family):
            assert closing in await seated.sees("ended_neutral")
            assert await seated.live_tracks() == 0
        assert unsafe not in await family.page.content()
        kinds = [type(event) for event in await home.events()]
        assert kinds.count(MessageDelivered) == 1
        assert kinds.count(MessageDropped) == 1
        mail = home.folder / "mail"
        await until("an alert in the mail folder", lambda: _mailed(mail), 20)
        alert = b"".join(path.read_bytes() for path in mail.rglob("*.eml"))
        assert b"naked" not in alert
        assert b"Sam" not in alert
        officer = await home.visit(SAFEGUARDING)
        await officer.page.get_by_role("link", name="Case").first.click()
        await expect(officer.page.get_by_text(unsafe)).to_be_visible()
        await expect(officer.page.get_by_text("Let us begin")).to_be_visible()


async def _mailed(folder: Path) -> bool:
    return bool(await asyncio.to_thread(lambda: list(folder.rglob("*.eml"))))


async def test_D3_the_teacher_flags_a_message_with_one_click(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher, family = await home.both_live()
        await family.say("my neighbour said something odd")
        await teacher.hears("my neighbour said something odd")
        await asyncio.sleep(0.6)  # a flag waits until the list lies still under the finger
        await teacher.page.get_by_role("button", name="Flag").first.click()
        words = await teacher.sees("ended_flagged")
        assert "The lesson has ended. The safeguarding team has the message." in words
        await family.sees("ended_neutral")


async def test_D_a_held_message_waits_for_the_teacher(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher, family = await home.both_live()
        await family.say("my number is 07700 900123")
        await expect(family.page.get_by_text("Waiting to be checked. You can carry on.")).to_be_visible()
        await expect(teacher.page.get_by_text("A message from Sam is waiting for you.")).to_be_visible()
        assert await teacher.page.locator("[data-message=message]").count() == 0
        await teacher.press("Let it through")
        await family.hears("07700 900123")
        await teacher.hears("07700 900123")


async def test_a_reload_in_the_middle_resumes(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher, family = await home.both_live()
        for text in ("one", "two", "three"):
            await teacher.say(text)
            await family.hears(text)
        await family.page.reload()
        await family.sees("live", "interrupted_theirs", "interrupted_yours")
        await family.media_arrives()
        shown = await family.page.locator("[data-message=message] .text").all_inner_texts()
        assert shown == ["one", "two", "three"]
        await family.sees("live")
        await teacher.media_arrives()


async def test_Q1_a_people_manager_watches_and_can_end_for_safety(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher, family = await home.both_live()
        await teacher.say("Bar twelve, please")
        await family.hears("Bar twelve, please")
        before = [await _standing(seated) for seated in (teacher, family)]
        manager = await home.visit(MANAGER)
        await manager.page.get_by_role("link", name="Watch").first.click()
        await expect(manager.page.get_by_text("Bar twelve, please", exact=True)).to_be_visible()
        assert await manager.page.get_by_label("Write a message").count() == 0
        await asyncio.sleep(1)
        after = [await _standing(seated) for seated in (teacher, family)]
        assert after == before
        await manager.press("End for safety")
        await manager.page.get_by_role("dialog").get_by_role("button", name="End this lesson").click()
        for seated in (teacher, family):
            await seated.sees("ended_neutral")
        assert (await home.outcome()).outcome.rule == "D9"


async def _standing(seated: Seated) -> str:
    """What stands on a page: not what was just spoken, nor how many minutes are left."""
    text = await seated.page.evaluate(
        """() => { const page = document.body.cloneNode(true);
            page.querySelectorAll('[role=status],[role=alert],script').forEach((spoken) => spoken.remove());
            return page.textContent; }"""
    )
    return re.sub(r"\d+ minutes left", "", text)


async def test_a_disk_that_stalls_does_not_hold_back_the_end(browser: Browser, tmp_path: Path) -> None:
    import sqlite3

    async with house(browser, tmp_path) as home:
        teacher, family = await home.both_live()
        lock = sqlite3.connect(tmp_path / "lessonroom.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        try:
            pressed = time.monotonic()
            await teacher.press("End lesson")

            async def stopped() -> bool:
                return await teacher.live_tracks() == 0 and await family.live_tracks() == 0

            await until("both sides' camera and microphone off", stopped, 5)
            assert time.monotonic() - pressed < 1.0
            assert "The lesson is ending" in await family.sees("ending")
            await asyncio.sleep(10 - (time.monotonic() - pressed))
            assert await family.state() == "ending"
        finally:
            lock.execute("ROLLBACK")
            lock.close()
        await family.sees("ended_neutral")
        await teacher.sees("ended_by_you")


@pytest.mark.parametrize("size", [PHONE])
async def test_a_second_screen_asks_before_it_takes_over(
    browser: Browser, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with house(browser, tmp_path) as home:
        teacher, _ = await home.both_live()
        second = await home.visit(TEACHER, size)
        await second.page.goto(f"{home.server.base_url}/lessons/{LESSON}")
        await second.sees("taken_over")
        await second.press("Use it here")
        await teacher.sees("moved")
        await second.media_arrives()
        # The lesson had not started: the moment without a ready teacher goes back to waiting (C, settled).
        await second.sees("before")
        await second.press("Start now")
        await second.sees("live")
