"""The bot in a lesson: a script over the control line and its media, told in plain lines as it goes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

from server.bot.error import EXIT_ASKED_WRONG, BotError
from server.bot.line import Frame, Line
from server.bot.media import Media
from server.bot.tracks import scale
from server.bot.trouble import MESSAGES, Script, Step, Trouble, by_key
from server.bot.way_in import Place, Unreachable, WayIn, in_words

SECOND_S: Final = 1.0
STUCK_S: Final = 3.0
"""Before another path is asked for: a peer that reloads its page is back sooner, and then needs none."""
OUTSIDE_S: Final = 5.0
"""A page asks as often."""
RESULT_S_MAX: Final = 20.0
"""An outcome is settled at most 12 s after the end."""
MEDIA_FRAMES: Final = ("welcome", "peers", "signal", "halt", "leg_answer", "leg_refused")
CLOCKS: Final = {"teacher": "the teacher's clock", "pupil": "the pupil's clock", "nobody": "nobody's clock"}
HAPPENED: Final = {"here": "is here", "gone": "is gone", "path_asked": "asked for another path", "left": "left"}


class Participant:
    """One scripted person in one lesson."""

    def __init__(
        self,
        way_in: WayIn,
        place: Place,
        say: Callable[[str], None] = lambda text: None,
        *,
        pin: str = "",
        adult: str = "",
        steps: list[Step] | None = None,
        take_over: bool = False,
        hello: str = "",
    ) -> None:
        """Nobody is in the room yet.

        Args:
            way_in: signed in.
            place: the lesson, and whose side.
            say: told what happens, a line each.
            pin: the family's, for an adult who has to check in.
            adult: the name that adult types; the account's own without it.
            steps: the script of its troubles.
            take_over: whether to take another screen's place.
            hello: what it writes when the other side is there; nothing if empty.
        """
        self._way_in = way_in
        self._place = place
        self._say = say
        self._pin = pin
        self._adult = adult or way_in.name
        self._script = Script(steps or [])
        self._hello = hello
        self._heard_now = False
        self._connected = False
        self._stands = ""
        self._stuck_since: float | None = None
        self._settled = asyncio.Event()
        self._on: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken: asyncio.Future[None] | None = None
        self.line = Line(way_in.origin, lambda: way_in.ticket(place), self._heard, take_over=take_over)
        self.media = Media(self.line.send, self._media_changed, say)
        self.events: list[Frame] = []
        """What it was shown, in order."""
        self.status: Frame = {}
        """How the room stands, as told last."""
        self.ended = False

    async def check_in(self) -> None:
        """The adult's check-in, where the pupil's age asks for one.

        Raises:
            BotError: when there is no PIN to check in with, or it is wrong.
        """
        if not self._place.adult_checks_in:
            return
        if not self._pin:
            raise BotError(
                f"{self._place.first_name} is of an age at which an adult checks in: give the family PIN, "
                "in FAMILY_PIN or with --pin.",
                EXIT_ASKED_WRONG,
            )
        await self._way_in.check_in(self._place, self._pin, self._adult)
        self._say(f"{self._adult} has checked in with the PIN.")

    async def run(self) -> None:
        """Be in the lesson until it ends, or `leave` was called.

        Raises:
            BotError: when there is no way in, or none back.
        """
        await asyncio.to_thread(scale)
        self._broken = asyncio.get_running_loop().create_future()
        self._spawn(self.media.run())
        self._spawn(self._seconds())
        line = asyncio.create_task(self.line.run())
        try:
            ends: set[asyncio.Future[Any]] = {line, self._broken}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if self._broken.done():
                self._broken.result()
            await line
        finally:
            for task in (line, *self._tasks):
                task.cancel()
            await asyncio.gather(line, *self._tasks, return_exceptions=True)
            self._broken.cancel()
            await self.media.close()

    async def leave(self) -> None:
        """Leave for good, in good order."""
        await self.line.leave()

    async def chat(self, text: str) -> None:
        """Write in the chat; what was not taken is told."""
        await self._ask("say", text=text)

    async def begin(self, trouble: Trouble) -> None:
        """Make this trouble now; one that lasts does nothing while it is on."""
        if trouble.name in self._on:
            return
        if trouble.lasts:
            self._on.add(trouble.name)
        self._say(f"Trouble: {trouble.name} ({trouble.what}).")
        match trouble.name:
            case "leave-before-start":
                await self.line.step_out()
                await self.media.close()
                self._spawn(self._watch_from_outside(trouble))
            case "cut-media":
                self.media.cut(True)
            case "cut-line":
                self.line.cut(True)
                self._spawn(self._watch_from_outside(trouble))
            case "camera-off":
                self.media.devices(camera="off")
            case "camera-unplugged":
                self.media.devices(camera="ended")
            case "adult-out":
                await self._ask("adult_out", pupil=self._place.pupil)
            case name if name in MESSAGES:
                await self.chat(MESSAGES[name])

    async def heal(self, trouble: Trouble) -> None:
        """End this trouble, if it is on."""
        if trouble.name not in self._on:
            return
        self._on.discard(trouble.name)
        self._say(f"Healed: {trouble.name}.")
        match trouble.name:
            case "leave-before-start":
                self.line.come_back()
            case "cut-media":
                self.media.cut(False)
            case "cut-line":
                self.line.cut(False)
                await self.line.whole()
            case "camera-off" | "camera-unplugged":
                self.media.devices(camera="on")
            case "adult-out":
                await self._adult_back()

    def typed(self, text: str) -> None:
        """A line that somebody typed: a trouble's letter or name, again to heal it, or ``say TEXT``."""
        text = text.strip()
        trouble = by_key(text)
        if text.startswith("say ") and text[4:].strip():
            self._spawn(self.chat(text[4:].strip()))
        elif trouble is not None:
            self._spawn(self.heal(trouble) if trouble.name in self._on else self.begin(trouble))
        elif text:
            self._say(f"{text!r} is no trouble. Type a letter of the list, or: say TEXT.")

    async def _adult_back(self) -> None:
        try:
            await self._way_in.check_in(self._place, self._pin, self._adult)
        except BotError as problem:
            self._say(str(problem))

    # Once a second --------------------------------------------------------------------------------------

    async def _seconds(self) -> None:
        """Beat and report, look whether media is stuck, and make the troubles whose time has come."""
        due = time.monotonic()
        while True:
            t = round(due * 1_000)
            if self.media.halted:
                await self.line.send("beat", t=t)
            else:
                await self.line.send("report", t=t, **await self.media.report())
                self.media.mend()
                self._unstick()
            if self._heard_now and not self.ended:
                at_s = (self.line.now_ms() - self._place.starts_at) / 1_000
                for trouble, begins in self._script.due(at_s):
                    self._spawn(self.begin(trouble) if begins else self.heal(trouble))
            due = max(due + SECOND_S, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    def _unstick(self) -> None:
        """A link that is broken for good gets another generation, by *cannot see*: aiortc cannot restart ICE."""
        if not self.media.stuck or not self.line.joined:
            self._stuck_since = None
        elif self._stuck_since is None:
            self._stuck_since = time.monotonic()
        elif time.monotonic() - self._stuck_since >= STUCK_S:
            self._stuck_since = None
            self._spawn(self._ask("cannot_see"))

    # What the server says -------------------------------------------------------------------------------

    def _heard(self, frame: Frame) -> None:
        if frame["type"] in MEDIA_FRAMES:
            self.media.heard(frame)
        match frame:
            case {"type": "welcome", "lesson": lesson, "resumed": resumed}:
                self._heard_now = True
                again = " again, nothing is lost" if resumed else ""
                self._say(f"In the room{again}: {lesson['subject']} with {lesson['teacher_name']}.")
            case {"type": "peers", "peers": [_, *_]} if self._hello:
                hello, self._hello = self._hello, ""
                self._spawn(self.chat(hello))
            case {"type": "event", "event": event}:
                self.events.append(event)
                self._event(event)
            case {"type": "status"}:
                self.status = frame
                self._stand(frame)
            case {"type": "halt"}:
                self._say("Camera, microphone and all media are stopped.")
            case {"type": "error", "code": code, "text": text}:
                self._say(f"The server says {code}: {text}")

    def _event(self, event: Frame) -> None:
        match event:
            case {"shown": "message", "author": author, "text": text}:
                self._say(f"{author}: {text}")
            case {"shown": "held", "author": author}:
                self._say(f"A message of {author} waits to be checked.")
            case {"shown": "unsent"}:
                self._say("The message was not sent.")
            case {"shown": "happened", "what": what, "side": side}:
                who = "" if side is None else ("Teacher " if side == "teacher" else f"{self._place.first_name} ")
                self._say(f"· {who}{HAPPENED.get(what, what.replace('_', ' '))}")
            case {"shown": "closing", "how": how}:
                self._say(f"The lesson has ended ({how}).")
                self.ended = True
                self._spawn(self._after_the_end())
            case {"shown": "result", "outcome": outcome}:
                self._say(f"What it came to: {in_words(outcome)}.")
                self._settled.set()

    def _stand(self, status: Frame) -> None:
        """Tell how the lesson stands, when that changed."""
        part = status["parts"][0]
        clock = part["clock"]
        stands = f"{part['phase']}" + (f", {CLOCKS[clock]} runs" if clock else "")
        if stands != self._stands:
            self._stands = stands
            at = f" (it stands at {part['clocks'][clock] // 1_000} s of 300)" if clock else ""
            self._say(f"The lesson is: {stands}{at}.")

    def _media_changed(self) -> None:
        connected = self.media.connected
        if connected != self._connected:
            self._connected = connected
            with_whom = ", ".join(link.name for link in self.media.links if link.connection.connected)
            self._say(f"Picture and sound: connected with {with_whom}." if connected else "Picture and sound: cut off.")

    async def _after_the_end(self) -> None:
        """The outcome comes when evidence is complete; then there is nothing more to see."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._settled.wait(), RESULT_S_MAX)
        await self.line.leave()

    async def _watch_from_outside(self, trouble: Trouble) -> None:
        """Without a line nothing tells of the lesson's end: ask for it, until the trouble is healed."""
        while trouble.name in self._on:
            await asyncio.sleep(OUTSIDE_S)
            with contextlib.suppress(Unreachable):
                came_to = await self._way_in.came_to(self._place)
                if came_to is not None and trouble.name in self._on:
                    self._say(f"The lesson has ended meanwhile. What it came to: {came_to}.")
                    await self.line.leave()
                    return

    # The rest -------------------------------------------------------------------------------------------

    async def _ask(self, type_: str, **fields: object) -> None:
        ack = await self.line.ask(type_, **fields)
        if not ack["ok"]:
            self._say(f"The server refused {type_} ({ack['code']}): {ack['text']}")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and self._broken is not None and not self._broken.done():
            self._broken.set_exception(error)
