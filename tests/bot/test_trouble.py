"""Each trouble that the bot makes shows as what it is, on the right side, under the right rule."""

from __future__ import annotations

from pathlib import Path

from rooms.events import Interrupted
from server.bot.trouble import BAD_MESSAGE, HELD_MESSAGE, TROUBLES
from tests.bot.people import evidence, lesson, live
from tests.browser.chromium import until


async def test_C3_leave_before_start_is_the_pupils_clock_and_the_bot_ends_with_the_lesson(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (home, teacher, pupil):
        await pupil.bot.begin(TROUBLES["leave-before-start"])
        await evidence(teacher, "sam", "lost", "away")
        home.jump_to(5)
        await teacher.stands("starting", "pupil")
        home.jump_to(306)
        part = await home.outcome()
        assert (part.outcome.rule, part.outcome.charge) == ("C3", "charged")
        await teacher.shown("closing", how="C3")
        await pupil.ends()
        await pupil.says("The lesson has ended meanwhile. What it came to: C3, charged, not rescheduled.")


async def test_C3_cut_line_is_a_lost_line_and_healing_it_resumes_without_loss(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (home, teacher, pupil):
        await pupil.bot.begin(TROUBLES["cut-line"])
        await evidence(teacher, "sam", "lost", "line")
        home.jump_to(5)
        await teacher.stands("starting", "pupil")
        await teacher.bot.chat("Are you there?")
        # The server gives a silent socket up after 12 s; then only a new one can bring the rest.
        await teacher.shown("happened", what="gone", side="sam", seconds=20)
        assert not any(event.get("text") == "Are you there?" for event in pupil.bot.events)
        await pupil.bot.heal(TROUBLES["cut-line"])
        await pupil.says("In the room again, nothing is lost")
        await pupil.shown("message", text="Are you there?")
        assert [event.get("text") for event in pupil.bot.events].count("Are you there?") == 1
        await evidence(teacher, "sam", "ready")
        assert pupil.bot.line.sockets == 2


async def test_C2_the_teachers_bot_that_stays_away_is_the_teachers_clock(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (home, teacher, pupil):
        await teacher.bot.begin(TROUBLES["leave-before-start"])
        await evidence(pupil, "teacher", "lost", "away")
        home.jump_to(5)
        await pupil.stands("starting", "teacher")
        home.jump_to(306)
        await pupil.shown("closing", how="C2")
        await pupil.ends()
        assert (await home.outcome()).outcome.charge == "not_charged"


async def test_C3_cut_media_is_the_pupils_clock_where_the_relay_hears_whose_it_is(tmp_path: Path) -> None:
    async with lesson(tmp_path, relay_addresses=("127.0.0.1",)) as (home, teacher, pupil):
        await pupil.bot.begin(TROUBLES["cut-media"])
        await evidence(teacher, "sam", "lost", "media", seconds=40)
        await evidence(teacher, "teacher", "ready")
        await pupil.bot.chat("I cannot see you any more")
        await teacher.shown("message", text="I cannot see you any more")
        home.jump_to(5)
        await teacher.stands("starting", "pupil")
        home.jump_to(306)
        part = await home.outcome()
        assert (part.outcome.rule, part.outcome.charge) == ("C3", "charged")
        await pupil.ends()


async def test_C7_cut_media_is_a_loss_of_media_with_both_lines_alive(tmp_path: Path) -> None:
    """Without a relay nothing shows whose it is."""
    async with lesson(tmp_path) as (home, teacher, pupil):
        received = (await pupil.bot.media.report())["received"]
        assert received > 0
        await pupil.bot.begin(TROUBLES["cut-media"])
        await evidence(teacher, "sam", "unknown", "media")
        await pupil.bot.chat("I cannot see you any more")
        await teacher.shown("message", text="I cannot see you any more")
        home.jump_to(5)
        await teacher.stands("starting", "nobody")
        before = (await pupil.bot.media.report())["received"]
        await pupil.bot.heal(TROUBLES["cut-media"])

        async def anew() -> bool:
            return (await pupil.bot.media.report())["received"] > before

        await until("packets anew", anew)
        await evidence(teacher, "sam", "ready")


async def test_C3_camera_off_counts_until_the_lesson_has_started(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (home, teacher, pupil):
        await pupil.bot.begin(TROUBLES["camera-off"])
        await evidence(teacher, "sam", "lost", "camera")
        home.jump_to(5)
        await teacher.stands("starting", "pupil")
        frames = teacher.bot.media.links[0].connection
        before = (await frames.counts()).frames
        await pupil.bot.heal(TROUBLES["camera-off"])
        await evidence(teacher, "sam", "ready")

        async def pictures() -> bool:
            return (await frames.counts()).frames > before + 5

        await until("pictures again", pictures)


async def test_C6_a_camera_that_stops_midway_is_an_interruption(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (home, teacher, pupil):
        await live(home, teacher, pupil)
        home.jump_to(90)
        await teacher.shown("happened", what="started")
        await pupil.bot.begin(TROUBLES["camera-unplugged"])
        await teacher.stands("interrupted")
        await evidence(teacher, "sam", "lost", "camera")

        async def written() -> bool:  # a status may be told before the disk has what it is drawn from
            return any(isinstance(event, Interrupted) for event in await home.events())

        await until("the interruption is in the log", written)
        home.jump_to(400)
        await teacher.shown("happened", what="decision_opened")


async def test_B1_adult_out_makes_the_side_not_ready_and_a_check_in_heals_it(tmp_path: Path) -> None:
    async with lesson(tmp_path, age=11) as (_, teacher, pupil):
        await teacher.shown("happened", what="adult_in", detail="Alex Hall")
        await pupil.bot.begin(TROUBLES["adult-out"])
        await evidence(teacher, "sam", "lost", "adult")
        await teacher.shown("happened", what="adult_left")
        await pupil.bot.heal(TROUBLES["adult-out"])
        await evidence(teacher, "sam", "ready")


async def test_D_the_held_message_is_held_for_the_teacher(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (_, teacher, pupil):
        await pupil.bot.begin(TROUBLES["held-message"])
        held = await teacher.shown("held", text=HELD_MESSAGE)
        assert held["releasable"]
        await pupil.says("waits to be checked")


async def test_D_the_bad_message_ends_the_lesson_and_nobody_reads_it(tmp_path: Path) -> None:
    async with lesson(tmp_path) as (home, teacher, pupil):
        await live(home, teacher, pupil)
        await pupil.bot.begin(TROUBLES["bad-message"])
        for someone in (teacher, pupil):
            await someone.shown("closing", how="neutral")
            await someone.ends()
            assert not any(event.get("text") == BAD_MESSAGE for event in someone.bot.events)
        assert (await home.outcome()).outcome.rule == "auto"
