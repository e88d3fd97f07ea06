"""Before a lesson has started: whose clock runs on which cut, and who is charged when it acts."""

from __future__ import annotations

from pathlib import Path

from rooms.events import EvidenceChanged, PartEnded
from tests.browser.house import House
from tests.networks.lesson import SIDES, Lesson
from tests.networks.nets import Net, enter

NOT_CHARGED = ("not_charged", True)


async def ends(home: House, rule: str) -> PartEnded:
    """Five minutes on, by the policy clock: the ending, under this rule and no other."""
    home.clock.jump(305_000)
    part = await home.outcome()
    assert part.outcome.rule == rule
    return part


async def test_C3_a_pupil_whose_line_is_cut_is_on_their_own_clock(net: Net, tmp_path: Path) -> None:
    async with net.served(tmp_path) as home:
        lesson = Lesson(home, await enter(home, "teacher"), await enter(home, "sam"))
        await home.ready(*SIDES)
        cut = await lesson.cut()
        await net.cut("sam", "control")
        assert (await cut.verdict("sam", "lost")).reasons == ("line",)
        home.jump_to(1)
        words = await lesson.teacher.sees("other_clock")
        assert "Waiting for Sam's side." in words
        assert "Sam's connection has dropped." in words
        # The page itself knows only that its line is gone; picture and sound go on.
        assert "Chat is reconnecting. You can carry on." in await lesson.sam.sees("reconnecting")
        part = await ends(home, "C3")
        assert (part.outcome.charge, part.outcome.reschedule) == ("charged", False)
        assert "lost" not in await cut.classes("teacher")


async def test_C2_a_teacher_who_is_cut_off_is_on_their_own_clock(net: Net, tmp_path: Path) -> None:
    async with net.served(tmp_path) as home:
        lesson = Lesson(home, await enter(home, "teacher", armed=True), await enter(home, "sam", armed=True))
        await home.ready(*SIDES)
        cut = await lesson.cut()
        await net.cut("teacher", "media", "control")
        assert (await cut.verdict("teacher", "lost")).reasons == ("line",)
        home.jump_to(1)
        words = await lesson.sam.sees("other_clock")
        assert "You are ready. Waiting for Ms Patel." in words
        assert "Ms Patel's connection has dropped." in words
        part = await ends(home, "C2")
        assert (part.outcome.charge, part.outcome.reschedule) == NOT_CHARGED
        # Whoever cannot send because nobody is there to receive is not at fault for it.
        assert "lost" not in await cut.classes("sam")
        assert "You did nothing wrong." in await lesson.sam.sees("ended_C2")


async def test_C7_two_sides_that_never_reach_each_other_are_on_nobodys_clock(net: Net, tmp_path: Path) -> None:
    async with net.served(tmp_path) as home:
        teacher, sam = await enter(home, "teacher", armed=True), None
        await net.cut("teacher", "media")
        sam = await enter(home, "sam", armed=True)
        home.jump_to(2)
        for seated in (teacher, sam):
            words = await seated.sees("nobodys_clock", seconds=10)
            assert "This is nobody's fault." in words
        part = await ends(home, "C7")
        assert (part.outcome.charge, part.outcome.reschedule) == NOT_CHARGED
        for seated in (teacher, sam):
            assert "Nobody is charged. There will be another time." in await seated.sees("ended_C7")
        found = [e for e in await home.events() if isinstance(e, EvidenceChanged) and e.reasons == ("line",)]
        assert found == []
