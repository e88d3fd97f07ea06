"""The 5-minute rules, seen in two browsers: the policy clock is jumped, so that minutes take milliseconds."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from rooms.events import Interrupted, Started
from tests.browser.chromium import until
from tests.browser.house import IN_THE_ROOM, House, Seated, house, past_the_check

CUT = {"packetLoss": 100.0}
WHOLE = {"packetLoss": 0.0}


async def network(page: Page) -> None:
    """Arm Chromium's own network emulation, which has to be there before a peer connection exists (1 ms of latency)."""
    page.cdp = await page.context.new_cdp_session(page)  # type: ignore[attr-defined]
    await page.cdp.send("Network.enable")  # type: ignore[attr-defined]
    await conditions(page, WHOLE)


async def conditions(page: Page, wanted: dict[str, float]) -> None:
    """Change what the page's media suffers; the WebSocket is not touched by packet loss."""
    whole = {"offline": False, "latency": 1, "downloadThroughput": -1, "uploadThroughput": -1, "packetLoss": 0.0}
    await page.cdp.send("Network.emulateNetworkConditions", {**whole, **wanted})  # type: ignore[attr-defined]


async def test_C2_teacher_never_there_is_not_charged(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, starts_in_s=20) as home:
        family = await home.family()
        await home.ready("sam")
        home.jump_to(5)
        assert "You are ready. Waiting for Ms Patel." in await family.sees("other_clock")
        home.jump_to(304)
        words = await family.sees("ended_C2")
        assert "The lesson could not start because of trouble at Ms Patel's side. You did nothing wrong." in words
        part = await home.outcome()
        assert (part.outcome.rule, part.outcome.charge, part.outcome.reschedule) == ("C2", "not_charged", True)
        assert part.at == home.starts_at + 300_001


async def test_C3_pupil_never_there_is_charged_as_missed(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, starts_in_s=20) as home:
        teacher = await home.teacher()
        await home.ready("teacher")
        home.jump_to(5)
        words = await teacher.sees("other_clock")
        assert "Waiting for Sam's side." in words
        assert "Sam is not here yet." in words
        home.jump_to(304)
        assert "It is recorded as missed." in await teacher.sees("ended_C3")
        part = await home.outcome()
        assert (part.outcome.rule, part.outcome.charge, part.outcome.reschedule) == ("C3", "charged", False)
        assert part.at == home.starts_at + 300_001


async def test_C3_keep_waiting_holds_the_room_open_until_the_teacher_ends_it(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, starts_in_s=20) as home:
        teacher = await home.teacher()
        await home.ready("teacher")
        home.jump_to(200)
        await teacher.sees("other_clock")
        assert await teacher.page.get_by_role("button", name="Keep waiting").count() == 0
        home.jump_to(245)
        await teacher.page.get_by_role("button", name="Keep waiting").click()
        assert "You are keeping the lesson open." in await teacher.sees("kept_waiting")
        home.jump_to(420)
        await teacher.page.get_by_role("button", name="Record as missed").click()
        await teacher.page.get_by_role("dialog").get_by_role("button", name="Record as missed").click()
        await teacher.sees("ended_C3")
        part = await home.outcome()
        assert (part.outcome.rule, part.outcome.charge) == ("C3", "charged")
        assert part.outcome.clocks.pupil > 415_000


async def test_C3_a_kept_wait_still_becomes_a_lesson(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, starts_in_s=20) as home:
        teacher = await home.teacher()
        await home.ready("teacher")
        home.jump_to(250)
        await teacher.page.get_by_role("button", name="Keep waiting").click()
        home.jump_to(350)
        family = await home.family()
        await family.sees("settling")
        await asyncio.sleep(1.5)
        home.clock.jump(9_500)
        await teacher.sees("live")
        await family.sees("live")


async def test_C7_media_that_gets_through_to_nobody_is_nobodys_fault(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, starts_in_s=30) as home:
        teacher, family = await armed(home)
        for page in (teacher.page, family.page):
            await conditions(page, CUT)
        await teacher.sees("before")
        home.jump_to(2)
        for seated in (teacher, family):
            assert "This is nobody's fault." in await seated.sees("nobodys_clock")
        home.jump_to(306)
        for seated in (teacher, family):
            words = await seated.sees("ended_C7")
            assert "Nobody is charged. There will be another time." in words
        part = await home.outcome()
        assert (part.outcome.rule, part.outcome.charge, part.outcome.reschedule) == ("C7", "not_charged", True)


async def armed(home: House) -> tuple[Seated, Seated]:
    """Both in the room, before any peer connection, with a network that can be cut."""
    from tests.browser.house import FAMILY, TEACHER

    seats = []
    for person, link in ((TEACHER, "Open room"), (FAMILY, "Join lesson")):
        seated = await home.visit(person)
        await network(seated.page)
        await seated.page.get_by_role("link", name=link).click()
        await past_the_check(seated.page)
        await seated.page.locator(IN_THE_ROOM).wait_for()
        seats.append(seated)
    return seats[0], seats[1]


async def test_C6_one_sides_media_cut_is_seen_and_timed_on_both(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher, family = await armed(home)
        await teacher.page.get_by_role("button", name="Start now").click()
        for seated in (teacher, family):
            await seated.sees("live")
            await seated.media_arrives()
        home.jump_to(60)
        await until("started", lambda: _started(home))
        await conditions(family.page, CUT)
        for seated in (teacher, family):
            # Both control lines live, so nobody can tell whose path it is: the fault is nobody's, on both sides.
            words = await seated.sees("interrupted_platform")
            assert "We are finding another way to connect you." in words
            assert "Lost so far" in words
        assert any(isinstance(event, Interrupted) for event in await home.events())
        home.clock.jump(310_000)
        await expect(teacher.page.get_by_role("button", name="Decide now")).to_be_visible()
        await conditions(family.page, WHOLE)
        await teacher.page.get_by_role("button", name="Decide now").click()
        dialog = teacher.page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Stop, no charge").click()
        await family.sees("ended_decision")
        part = await home.outcome()
        assert (part.outcome.rule, part.outcome.charge, part.outcome.reschedule) == ("C6", "not_charged", True)
        assert part.outcome.interrupted_ms > 300_000


async def test_B1_a_child_whose_grown_up_has_not_checked_in_is_not_ready(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, age=11, starts_in_s=20) as home:
        teacher = await home.teacher()
        family = await home.visit_check_in()
        await family.page.get_by_role("link", name="go to the room").click()
        await family.sees("before")
        await teacher.media_arrives()
        await home.ready("teacher")
        home.jump_to(45)
        assert "Sam's grown-up has not checked in yet." in await teacher.sees("other_clock")
        assert "A grown-up still needs to check in." in await family.sees("own_clock")


async def test_C_a_lesson_that_is_live_at_its_end_runs_on_and_then_closes(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, age=13) as home:
        teacher, family = await home.both_live()
        home.jump_to(70)
        await teacher.sees("live")
        home.jump_to(1_502)
        assert "Please ask your adult to come for the end." in await family.sees("adult_asked_back")
        home.jump_to(1_803)
        for seated in (teacher, family):
            assert "Lesson time is over. You can finish until" in await seated.sees("time_over")
        home.jump_to(2_401)
        assert "The lesson has ended. Well done." in await family.sees("ended_time")
        await teacher.sees("ended_time")
        for seated in (teacher, family):
            assert await seated.live_tracks() == 0
        part = await home.outcome()
        assert (part.outcome.rule, part.outcome.charge, part.outcome.minutes_owed) == ("held", "charged", 0)


async def test_B1_a_lesson_pauses_while_a_young_childs_grown_up_is_away(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path, age=9) as home:
        teacher, family = await home.both_live()
        home.jump_to(65)
        await teacher.sees("live")
        await until("started", lambda: _started(home))
        await teacher.press("They have left")
        assert "The lesson is paused. Please ask your grown-up to come back." in await family.sees("paused")
        assert "The lesson is paused. Sam's grown-up has left the room." in await teacher.sees("paused")
        await family.media_arrives()  # the pictures stay
        await teacher.press("They are back, carry on")
        await teacher.sees("live")
        await family.sees("live")


async def _started(home: House) -> bool:
    return any(isinstance(event, Started) for event in await home.events())
