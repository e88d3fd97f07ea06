"""`lessonroom bot` as somebody types it: what it prints, how it ends, and what wrong input reads like."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from server.bot.trouble import TROUBLES
from tests.bot.people import link, present
from tests.browser.house import FAMILY, MANAGER, PIN, TEACHER, house

ENDS_S = 40
NOBODY = "http://localhost:9/in#" + "a" * 43
"""Port 9 is *discard*: nobody listens there."""


class Command:
    """The process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.printed = ""

    async def prints(self, text: str) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(ENDS_S):
            while text not in self.printed:
                line = await self.process.stdout.readline()
                assert line, self.printed
                self.printed += line.decode()

    async def ends(self) -> tuple[int, str]:
        """The exit code, and what it complained of."""
        out, err = await asyncio.wait_for(self.process.communicate(), ENDS_S)
        self.printed += out.decode()
        assert self.process.returncode is not None
        return self.process.returncode, err.decode()


async def bot(*arguments: str, pin: str = "") -> Command:
    environment = {**os.environ, "FAMILY_PIN": pin}
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "server.cli", "bot", *arguments)
    return Command(
        await asyncio.create_subprocess_exec(*command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe)
    )


async def wrong(*arguments: str, pin: str = "") -> str:
    """What it says, as it gives up with the code for a wrong argument."""
    code, complaint = await (await bot(*arguments, pin=pin)).ends()
    assert code == 2, complaint
    return complaint


async def test_what_is_no_link_and_a_house_where_nobody_is_are_said_in_a_sentence() -> None:
    assert "That is not a sign-in link." in await wrong("http://localhost:8080/")
    assert "That is not a sign-in link." in await wrong("file:///etc/passwd#" + "a" * 43)
    assert "'x' is no trouble." in await wrong(NOBODY, "--trouble", "x")
    code, complaint = await (await bot(NOBODY)).ends()
    assert (code, complaint.count("\n")) == (1, 1)
    assert complaint.startswith("lessonroom: No lesson room answers at http://localhost:9")


async def test_what_answers_but_is_no_lesson_room_is_said_in_a_sentence() -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        writer.close()

    async with await asyncio.start_server(other, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        complaint = await wrong(f"http://127.0.0.1:{port}/in#" + "a" * 43)
    assert complaint == f"lessonroom: What answers at http://127.0.0.1:{port} is no lesson room.\n"


async def test_B1_a_used_link_a_wrong_pin_no_pin_and_another_role_are_said_in_a_sentence(tmp_path: Path) -> None:
    async with house(None, tmp_path, age=11) as home:  # type: ignore[arg-type]
        family = await link(home, FAMILY)
        assert "give the family PIN, in FAMILY_PIN or with --pin" in await wrong(family)
        assert "This link has been used." in await wrong(family)
        assert "PIN" in await wrong(await link(home, FAMILY), pin="000000")
        assert "Jordan Ellis, who takes no part in lessons" in await wrong(await link(home, MANAGER))
        assert "no such lesson" in await wrong(await link(home, FAMILY), "--lesson", "piano", pin=PIN)


async def test_a_room_that_is_not_open_yet_is_said_with_its_time(tmp_path: Path) -> None:
    async with house(None, tmp_path, starts_in_s=7_200) as home:  # type: ignore[arg-type]
        assert "Opens at " in await wrong(await link(home, FAMILY))


async def test_ctrl_c_leaves_cleanly_and_nothing_is_complained_of(tmp_path: Path) -> None:
    async with house(None, tmp_path, age=11) as home, present(home, TEACHER) as teacher:  # type: ignore[arg-type]
        command = await bot(await link(home, FAMILY), pin=PIN)
        await command.prints("Picture and sound: connected with Ms Patel.")
        command.process.send_signal(signal.SIGINT)
        assert await command.ends() == (130, "")
        await teacher.shown("happened", what="left", side="sam")
        assert "Leaving the lesson." in command.printed


async def test_it_ends_with_the_lesson_and_does_what_is_typed(tmp_path: Path) -> None:
    async with house(None, tmp_path) as home, present(home, TEACHER) as teacher:  # type: ignore[arg-type]
        command = await bot(await link(home, FAMILY), "--say", "", "--trouble", "camera-off@-100")
        assert command.process.stdin is not None
        await command.prints("In the room")
        home.jump_to(-50)
        await command.prints("Trouble: camera-off")
        command.process.stdin.write(b"v\nsay Typed by hand\nnonsense\n")
        await command.prints("'nonsense' is no trouble.")
        await command.prints("Healed: camera-off.")
        await teacher.shown("message", text="Typed by hand")
        assert (await teacher.bot.line.ask("end", because=None))["ok"]
        assert await command.ends() == (0, "")
        assert "What it came to: early, not charged, to be rescheduled." in command.printed


async def test_another_screen_is_not_pushed_out_unless_asked(tmp_path: Path) -> None:
    async with house(None, tmp_path) as home, present(home, FAMILY) as first:  # type: ignore[arg-type]
        await first.says("In the room")
        code, complaint = await (await bot(await link(home, FAMILY))).ends()
        assert code == 1
        assert "has the lesson open on another screen" in complaint
        assert first.running is not None
        assert not first.running.done()


async def test_a_screen_that_was_taken_over_says_so_and_stays_away(tmp_path: Path) -> None:
    async with house(None, tmp_path) as home:  # type: ignore[arg-type]
        first = await bot(await link(home, FAMILY))
        await first.prints("In the room")
        async with present(home, FAMILY, take_over=True) as second:
            await second.says("In the room")
            code, complaint = await first.ends()
            assert (code, complaint) == (1, "lessonroom: Another screen of this person took over.\n")


async def test_the_help_and_the_readme_name_every_trouble() -> None:
    command = await bot("--help")
    assert (await command.ends())[0] == 0
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    for trouble in TROUBLES.values():
        assert f"{trouble.key}  {trouble.name} " in command.printed
        assert f"`{trouble.name}`" in readme
