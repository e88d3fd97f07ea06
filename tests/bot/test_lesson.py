"""A whole lesson between two programs that share no code with the server: in, checked in, seen, heard, out."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rooms.events import Live
from server.bot.trouble import TROUBLES
from signalling.relay.port import LegView
from tests.bot.people import evidence, lesson, live
from tests.browser.chromium import until
from tests.browser.house import LESSON


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


async def test_negotiation_that_cannot_be_read_is_told_and_the_lesson_goes_on(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (_, teacher, pupil):
        generation = pupil.bot.media.links[0].generation
        for body in (
            {"kind": "description", "sdp_type": "offer", "sdp": "v=0\r\nm=nonsense"},
            {"kind": "candidate", "candidate": "candidate:nonsense", "sdp_mid": None, "sdp_m_line_index": 31},
        ):
            await teacher.bot.line.send("signal", to="sam", generation=generation, body=body)
        await pupil.says("A signal frame could not be used")
        await pupil.bot.chat("Still here")
        await teacher.shown("message", text="Still here")


async def test_each_bot_has_a_leg_to_the_relay_from_the_start_and_a_cut_reaches_it_too(tmp_path: Path) -> None:
    async with lesson(tmp_path, relay_addresses=("127.0.0.1",)) as (home, teacher, pupil):
        relay = home.server.hosting._legs._relay
        assert relay is not None

        async def seen(side: str) -> LegView | None:
            view = relay.view(LESSON, side)
            return view if view is not None and view.connected and view.audio > 20 and view.video > 20 else None

        for side in ("teacher", "sam"):
            await until(f"sound and picture of {side} at the relay", lambda side=side: seen(side))
        assert teacher.bot.media.leg_connected
        await pupil.bot.begin(TROUBLES["cut-media"])

        async def silent() -> bool:
            before = relay.view(LESSON, "sam")
            await asyncio.sleep(1)
            after = relay.view(LESSON, "sam")
            return before is not None and after is not None and before[:4] == after[:4]

        await until("nothing more from the pupil at the relay", silent)
        assert await seen("teacher")
        await pupil.bot.heal(TROUBLES["cut-media"])
        last = relay.view(LESSON, "sam")

        async def anew() -> bool:
            now = relay.view(LESSON, "sam")
            return now is not None and last is not None and now.audio > last.audio and now.leg == last.leg

        await until("the pupil's sound again, on the same leg", anew)
