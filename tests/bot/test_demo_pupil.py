"""`lessonroom demo --bot` as a newcomer runs it: a pupil comes by itself, and goes with the demo."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

from server.bot.command import HELLO
from server.bot.participant import Participant
from server.bot.trouble import HELD_MESSAGE
from server.bot.way_in import WayIn
from tests.bot.people import Someone
from tests.browser.chromium import until

COMES_S = 60


async def test_B1_a_pupil_comes_by_itself_checked_in_and_goes_with_the_demo(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.cli", "demo", "--port", "0", "--bot", "--trouble", "held-message@-119"),
        cwd=tmp_path, env={"PATH": os.environ["PATH"]}, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    printed = ""
    try:
        async with asyncio.timeout(COMES_S):
            while "In the room" not in printed:
                line = await process.stdout.readline()
                assert line, printed
                printed += line.decode()
        assert printed.index("Stop with Ctrl-C.") < printed.index("A scripted pupil joins now")
        assert "Alex Hall has checked in with the PIN." in printed
        link = re.search(r"http://localhost:\d+/in#\S+", printed)
        assert link is not None
        way_in = WayIn(link[0])
        await way_in.sign_in()
        said: list[str] = []
        teacher = Someone(Participant(way_in, await way_in.place(), said.append), said)
        running = asyncio.create_task(teacher.bot.run())
        await teacher.says("Picture and sound: connected with Sam.", seconds=30)
        await teacher.shown("message", text=HELLO)

        async def flows() -> bool:
            counts = await teacher.bot.media.counts()
            return counts.frames > 5 and counts.sounds > 5

        await until("the pupil's picture and scale", flows, 30)
        await teacher.shown("held", text=HELD_MESSAGE)  # its script had something for the first second
        await teacher.bot.leave()
        await running
        process.send_signal(signal.SIGINT)
        # The pipes close once the pupil's process is gone, too.
        out, complained = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 130
        assert complained == b""
        assert "Leaving the lesson." in out.decode()
    finally:
        if process.returncode is None:
            process.terminate()  # not killed: its pupil is to go with it
            await process.communicate()
