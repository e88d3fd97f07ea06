from __future__ import annotations

import asyncio

from rooms.events import Ended, Flagged
from server.frames import FlagFrame
from tests.hosting.stage import SAM, TESS, Stage


async def test_D3_a_flag_on_a_message_that_is_not_there_ends_the_lesson_all_the_same():
    stage = await Stage().boot()
    teacher, pupil = await stage.enter(TESS), await stage.enter(SAM)
    stage.does(teacher, FlagFrame(action="f1", message="no-such-message"))
    assert teacher.halted
    assert pupil.halted
    await asyncio.sleep(20)
    assert teacher.ack("f1").ok
    assert [event.message for event in stage.events(Flagged)] == ["no-such-message"]
    assert len(stage.events(Ended)) == 1
