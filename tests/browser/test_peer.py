"""Our client and our server with a peer of somebody else's making: aiortc, over the public wire."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser

from tests.browser.chromium import until
from tests.browser.house import FAMILY, LESSON, house
from tests.browser.peer import aiortc_pupil


async def test_an_aiortc_peer_holds_a_lesson_with_a_browser(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher = await home.teacher()
        token = await home.server.services.sign_in.link(FAMILY.id)
        async with aiortc_pupil(home.server.base_url, token, LESSON) as pupil:
            await teacher.media_arrives(seconds=30)

            async def decoded() -> bool:
                return pupil.frames > 5 and pupil.sounds > 5

            await until("the teacher's picture and sound at the aiortc peer", decoded, 30)
            await home.ready("teacher", "sam")
            await teacher.press("Start now")
            await teacher.sees("live")
            await pupil.say("Hello from another program")
            await teacher.hears("Hello from another program")
            await teacher.press("End lesson")
            await teacher.sees("ended_by_you")

            async def stopped() -> bool:
                return pupil.halted and any(event["shown"] == "closing" for event in pupil.events)

            await until("halt and the closing at the aiortc peer", stopped, 10)
