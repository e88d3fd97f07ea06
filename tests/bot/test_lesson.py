"""A whole lesson between two programs that share no code with the server: in, checked in, seen, heard, out."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rooms.events import Live
from tests.bot.people import evidence, lesson, live
from tests.browser.chromium import until


async def test_B1_the_bot_checks_the_adult_in_and_picture_and_sound_flow_both_ways(tmp_path: Path) -> None:
    async with lesson(tmp_path, age=11) as (home, teacher, pupil):
        await teacher.shown("happened", what="adult_in", side="sam", detail="Alex Hall")
        for someone in (teacher, pupil):

            async def flows(media=someone.bot.media) -> bool:
                counts = await media.counts()
                return counts.frames > 5 and counts.sounds > 5 and counts.sent > 20 and counts.received > 20

            await until("picture and sound", flows)
            report = await someone.bot.media.report()
            assert (report["camera"], report["microphone"], report["connected"]) == ("on", "on", True)
            assert report["rtt_ms"] < 1_000
        await live(home, teacher, pupil)
        assert any(isinstance(event, Live) for event in await home.events())


async def test_chat_is_the_same_for_both_and_the_end_ends_both(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (home, teacher, pupil):
        await asyncio.gather(teacher.bot.chat("One"), pupil.bot.chat("Two"), teacher.bot.chat("Three"))
        for text in ("One", "Two", "Three"):
            await pupil.shown("message", text=text)
        await live(home, teacher, pupil)
        ack = await teacher.bot.line.ask("end", because=None)
        assert ack["ok"]
        for someone, how in ((teacher, "by_you"), (pupil, "neutral")):
            await someone.shown("closing", how=how)
            await someone.ends()
            await someone.says("What it came to: early, not charged, to be rescheduled.")
        texts = [[e["text"] for e in one.bot.events if e["shown"] == "message"] for one in (teacher, pupil)]
        assert texts[0] == texts[1]


async def test_cannot_see_brings_another_generation_and_media_comes_back(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (_, teacher, pupil):
        first = pupil.bot.media.links[0].generation
        assert (await teacher.bot.line.ask("cannot_see"))["ok"]

        async def anew() -> bool:
            links = pupil.bot.media.links
            return bool(links) and links[0].generation > first and links[0].connection.connected

        await until("a later generation that is connected", anew)
        await evidence(teacher, "sam", "ready")


async def test_a_link_that_is_broken_for_good_is_asked_anew_by_the_bot_itself(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (_, teacher, pupil):
        first = pupil.bot.media.links[0].generation
        await teacher.bot.media.links[0].connection.pc.close()

        async def anew() -> bool:
            links = pupil.bot.media.links
            return bool(links) and links[0].generation > first and links[0].connection.connected

        await until("a later generation that is connected", anew)
        await evidence(teacher, "sam", "ready")
