"""The demo's other half on request: `lessonroom bot` as a process of its own, as the pupil's family.

Of its own, because it encodes pictures: in the server's process it would take the time of everybody's frames.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from server import demo
from server.app import Serving
from server.bot.command import PIN_VARIABLE
from server.bot.trouble import Step

LEAVES_S_MAX: Final = 8
"""How long it may take to leave the lesson: its own bounds are 2 s for the line and 5 s for each connection."""
SAYS: Final = """\
A scripted pupil joins now in place of Sam's grown-up: it checks the adult in with the PIN, shows a moving picture,
plays a scale and writes in the chat. Open the teacher's link, then "Open room": the rest of the lesson is yours.
Once it is live, type a letter and Enter here to make trouble, and watch the clocks.
"""


class DemoPupil:
    """Started once the demo's links are printed, and gone when the demo is."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> DemoPupil:
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(LEAVES_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    async def introduce(self, server: Serving) -> None:
        """Introduce the demo as ever, then send the pupil in."""
        pin = await demo.introduce(server)
        print(SAYS, flush=True)
        link = await demo.sign_in_link(server.services, demo.FAMILY)
        troubles = [part for step in self._steps for part in ("--trouble", str(step))]
        self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - returns at once; our own command
            [sys.executable, "-m", "server.cli", "bot", link, *troubles], env={**os.environ, PIN_VARIABLE: pin}
        )
