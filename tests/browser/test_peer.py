"""Our client and our server with a peer of somebody else's making: the bot's aiortc, over the public wire."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser

from tests.bot.people import present
from tests.browser.chromium import until
from tests.browser.house import FAMILY, house


async def test_an_aiortc_peer_holds_a_lesson_with_a_browser(browser: Browser, tmp_path: Path) -> None:
    async with house(browser, tmp_path) as home:
        teacher = await home.teacher()
        async with present(home, FAMILY) as pupil:
            await teacher.media_arrives()

            async def decoded() -> bool:
                counts = await pupil.bot.media.counts()
                return counts.frames > 5 and counts.sounds > 5

            await until("the teacher's picture and sound at the aiortc peer", decoded, 30)
            await home.ready("teacher", "sam")
            await teacher.press("Start now")
            await teacher.sees("live")
            await pupil.bot.chat("Hello from another program")
            await teacher.hears("Hello from another program")
            await teacher.press("End lesson")
            await teacher.sees("ended_by_you")
            await pupil.shown("closing", how="neutral")
            assert pupil.bot.media.halted
            await pupil.ends()
