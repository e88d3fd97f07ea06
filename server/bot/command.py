"""`lessonroom bot`: its options, what it prints, and what may be typed while it runs."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Final

from server.bot.error import BotError
from server.bot.trouble import TROUBLES, Step, step
from server.bot.way_in import WayIn

PIN_VARIABLE: Final = "FAMILY_PIN"
EXIT_INTERRUPTED: Final = 130
HELLO: Final = "Hello! I am a scripted pupil. Can you hear my scale?"
SHORT: Final = "join a lesson as a scripted pupil, and make trouble on request"
LONG: Final = """\
Sign in by LINK and take part in that person's lesson: check the adult in, show a moving picture, play a scale, write a
line in the chat. It ends with the lesson, or leaves with Ctrl-C. The teacher's link plays the teacher.

Troubles, by --trouble or, while it runs, by typing the letter (again to heal it) and Enter:"""
AFTER: Final = """\
--trouble NAME[@SECONDS][+SECONDS], as often as you like: when, from the lesson's start (negative: before it; without
it as listed), and for how long. `--trouble cut-media@120+30` is half a minute without picture and sound.
`say TEXT` and Enter writes in the chat."""


def troubles() -> str:
    """The list, a line each."""
    return "\n".join(f"  {one.key}  {one.name:<19}{one.at_s:>4} s  {one.what}" for one in TROUBLES.values())


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("link", metavar="LINK", help="a sign-in link that was not used yet, whole")
    parser.add_argument("--pin", default=None, help=f"the family PIN (better in {PIN_VARIABLE}: others see options)")
    parser.add_argument("--adult", default="", metavar="NAME", help="who checks in (default: the account's name)")
    parser.add_argument("--lesson", default=None, metavar="ID", help="which lesson (default: the one that is open)")
    parser.add_argument("--say", default=HELLO, metavar="TEXT", help="the chat line; empty for none")
    parser.add_argument("--take-over", action="store_true", help="take the place of another screen of this person")
    add_troubles(parser)


def add_troubles(parser: argparse.ArgumentParser, help_: str = "make trouble; see below") -> None:
    """The one option that the demo takes, too."""
    parser.add_argument("--trouble", action="append", default=[], type=_step, metavar="NAME[@S][+S]", help=help_)


def _step(text: str) -> Step:
    try:
        return step(text)
    except BotError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def run(options: argparse.Namespace) -> int:
    """Run it to its end; returns the exit code."""
    try:
        return asyncio.run(_run(options))
    except BotError as problem:
        print(f"lessonroom: {problem}", file=sys.stderr)
        return problem.code


async def _run(options: argparse.Namespace) -> int:
    # Here, because it brings aiortc and its codecs: the other commands begin without them.
    from server.bot.participant import Participant

    way_in = WayIn(options.link)
    await way_in.sign_in()
    place = await way_in.place(options.lesson)
    _say(f"Signed in as {way_in.name}: {place.subject}, {place.teacher} with {place.first_name}.")
    participant = Participant(
        way_in, place, _say,
        pin=options.pin if options.pin is not None else os.environ.get(PIN_VARIABLE, ""),
        adult=options.adult, steps=options.trouble, take_over=options.take_over, hello=options.say,
    )  # fmt: skip
    await participant.check_in()
    loop = asyncio.get_running_loop()
    leaving: list[asyncio.Task[None]] = []

    def stop(number: signal.Signals) -> None:
        if not leaving:
            _say("Leaving the lesson.")
            leaving.append(asyncio.create_task(participant.leave()))
        elif number is signal.SIGINT:
            raise KeyboardInterrupt  # somebody pressed it again, and does not wait

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    if _listen(loop, participant.typed):
        _say("Type a letter and Enter for trouble (again to heal it), or: say TEXT\n" + troubles())
    await participant.run()
    for task in leaving:
        await task
    return EXIT_INTERRUPTED if leaving else 0


def _listen(loop: asyncio.AbstractEventLoop, typed: Callable[[str], None]) -> bool:
    """Hear what is typed; False where nobody can type: no input, a file, or a terminal that is another's."""
    number = 0
    try:
        if os.isatty(number) and os.tcgetpgrp(number) != os.getpgrp():
            return False  # a job in the background is stopped if it reads
        loop.add_reader(number, _read, loop, number, typed)
    except (OSError, ValueError):
        return False
    return True


def _read(loop: asyncio.AbstractEventLoop, number: int, typed: Callable[[str], None]) -> None:
    """A terminal, or a pipe, gives whole lines."""
    read = os.read(number, 4_096)
    if not read:
        loop.remove_reader(number)
    for line in read.decode(errors="replace").splitlines():
        typed(line)


def _say(text: str) -> None:
    print("\n".join(f"  bot  {line}" for line in text.splitlines()), flush=True)
