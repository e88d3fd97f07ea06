"""The control line of docs/protocol.md: join, beat, cursor, resume, actions until acknowledged, and coming back.

What a frame means is not its business: each goes, read, to whoever listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgpack  # type: ignore[import-untyped]
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Origin, Subprotocol

from server.bot.error import BotError
from server.bot.way_in import Refusal, Unreachable

Frame = dict[str, Any]

SUBPROTOCOL: Final = Subprotocol("lesson.v1.msgpack")
SILENT_S: Final = 6.0
"""Nothing heard for this long: the line is dead, whatever the socket says (protocol.md, Heartbeat)."""
ATTEMPT_S_MAX: Final = 10.0
BACKOFF_S: Final = (0.5, 1.0, 2.0, 4.0)
"""Before each try to come back, with up to half as much again at random; then the last one always."""
TRIES_MAX: Final = 90
"""In a row: six minutes of nobody there is longer than any clock of a lesson."""
FRAME_BYTES_MAX: Final = 1_000_000
"""What a server may send in one frame: its own bound on all that waits for a client."""
COMES_BACK: Final = frozenset({1001, 1006, 1012})
"""And 45xx."""
BAD_TICKET: Final = 4401
BAD_TICKETS_MAX: Final = 2
"""One that came too late is bad luck, two are not."""
OVER: Final = frozenset({4410})
ASKED_MAX: Final = 50
"""Actions that wait for their acknowledgement; a bot that has more is broken."""
LEAVE_S_MAX: Final = 2.0
"""For the ``leave`` to be acknowledged and the socket to be closed."""

_WHY: Final = {
    4400: "The server did not understand the bot's frames.",
    4401: "The server did not take the join ticket.",
    4403: "The lesson cannot be joined now.",
    4409: "Another screen of this person took over.",
    4423: "This person has the lesson open on another screen. With --take-over the bot takes its place.",
    4429: "The bot sent too much at once.",
}


class Line:
    """One device's line to one lesson, over as many sockets as it takes."""

    def __init__(
        self,
        origin: str,
        ticket: Callable[[], Awaitable[str]],
        heard: Callable[[Frame], None],
        *,
        take_over: bool = False,
    ) -> None:
        """Nothing is opened yet.

        Args:
            origin: the service's, as in the link.
            ticket: gets a new join ticket.
            heard: called with every frame, in order.
            take_over: whether to take another screen's place.
        """
        self._origin = origin
        self._ticket = ticket
        self._heard = heard
        self._take_over = take_over
        self._device = str(uuid.uuid4())
        self._cursor: dict[str, int] | None = None
        self._socket: ClientConnection | None = None
        self._joined = False
        self._asked: dict[str, tuple[Frame, asyncio.Future[Frame]]] = {}
        self._way = asyncio.Event()
        """Cleared while the line is cut, or the bot has stepped out."""
        self._way.set()
        self._cut = False
        self._stepped_out = False
        self._leaving = False
        self._refused = ""
        self._silent_from = 0.0
        self._now_ms = 0
        self._now_at = 0.0
        self.sockets = 0
        """How many were joined."""

    @property
    def joined(self) -> bool:
        """Whether a socket is in the lesson, and not cut."""
        return self._joined and not self._cut

    def now_ms(self) -> float:
        """The server's clock, as told last, and gone on since by our own."""
        return self._now_ms + (time.monotonic() - self._now_at) * 1_000

    async def run(self) -> int:
        """Be in the lesson until there is no coming back; returns the last close code.

        Raises:
            BotError: when the server says that there is nothing to come back to, or is away for too long.
        """
        failures = bad_tickets = 0
        while True:
            await self._way.wait()
            if self._leaving:
                return 1000
            sockets = self.sockets
            try:
                code = await self._once()
            except (Unreachable, Refusal) as problem:
                code = self._without_ticket(problem)
            except (OSError, TimeoutError, WebSocketException) as problem:
                code = self._refusal_of(problem)
            finally:
                self._socket, self._joined = None, False
            if self._leaving or code in OVER:
                return code
            if self._stepped_out:
                self._stepped_out = False
                continue
            bad_tickets = bad_tickets + 1 if code == BAD_TICKET else 0
            if not _comes_back(code, bad_tickets):
                raise BotError(self._refused or _WHY.get(code, f"The server closed the line ({code})."))
            failures = 0 if self.sockets > sockets else failures + 1
            if failures > TRIES_MAX:
                raise BotError(f"{self._origin} did not answer for too long.")
            pause = BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
            await asyncio.sleep(pause * random.uniform(1, 1.5))  # noqa: S311 - spreads, hides nothing

    async def send(self, type_: str, **fields: object) -> bool:
        """Send what is worth nothing later; False where the line is down."""
        socket = self._socket
        if not self.joined or socket is None:
            return False
        return await self._put(socket, {"type": type_, **fields})

    async def ask(self, type_: str, **fields: object) -> Frame:
        """An action: sent now or as soon as the line is up, again after coming back; returns its ``ack``."""
        if len(self._asked) >= ASKED_MAX:
            raise BotError("Too many actions wait for an answer.")
        action = str(uuid.uuid4())
        frame = {"type": type_, "action": action, **fields}
        answered: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._asked[action] = (frame, answered)
        try:
            await self.send(type_, action=action, **fields)
            return await answered
        finally:
            self._asked.pop(action, None)

    def cut(self, on: bool) -> None:
        """The cable is out: nothing is read and nothing is sent, no end is closed. Or in again."""
        self._cut = on
        if self._socket is not None:
            (self._socket.transport.pause_reading if on else self._socket.transport.resume_reading)()
        if on:
            self._way.clear()
        else:
            self._silent_from = time.monotonic()
            self._way.set()

    async def whole(self) -> None:
        """After a cut: ask again what was asked meanwhile, if the socket outlived it."""
        if self._socket is not None:
            await self._repeat(self._socket)

    async def step_out(self) -> None:
        """Press Leave, and close in good order; `come_back` joins again with the cursor."""
        self._stepped_out = True
        self._way.clear()
        await self._goodbye()

    def come_back(self) -> None:
        """Join again."""
        self._way.set()

    async def leave(self) -> None:
        """Leave for good: `run` returns."""
        self._leaving = True
        await self._goodbye()
        self._way.set()

    async def _goodbye(self) -> None:
        socket = self._socket
        if socket is None:
            return
        with contextlib.suppress(TimeoutError, WebSocketException, OSError):
            async with asyncio.timeout(LEAVE_S_MAX):
                if self.joined:
                    await self.ask("leave")
                await socket.close()
        socket.transport.abort()

    async def _once(self) -> int:
        """One socket, from its ticket to its end; returns the close code."""
        ticket = await self._ticket()
        self._refused = ""
        url = self._origin.replace("http", "ws", 1) + "/ws"
        socket = await connect(
            url, origin=Origin(self._origin), subprotocols=[SUBPROTOCOL], compression=None, proxy=None,
            ping_interval=None, open_timeout=ATTEMPT_S_MAX, close_timeout=LEAVE_S_MAX, max_size=FRAME_BYTES_MAX,
        )  # fmt: skip
        self._socket = socket
        if self._leaving:
            await self._goodbye()
            return 1000
        self._silent_from = time.monotonic()
        try:
            join = {"type": "join", "ticket": ticket, "device": self._device, "take_over": self._take_over}
            await self._put(socket, join if self._cursor is None else {**join, "resume": self._cursor})
            while True:
                message = await self._receive(socket)
                await self._way.wait()
                await self._read(socket, msgpack.unpackb(message))
        except ConnectionClosed as closed:
            return 1006 if closed.rcvd is None else closed.rcvd.code
        finally:
            socket.transport.abort()

    async def _receive(self, socket: ClientConnection) -> bytes:
        """The next message.

        Raises:
            TimeoutError: when nothing came for so long, while the line was not cut, that it is dead.
        """
        while True:
            left = self._silent_from + SILENT_S - time.monotonic()
            if left <= 0 and not self._cut:
                raise TimeoutError
            try:
                async with asyncio.timeout(left if left > 0 else SILENT_S):
                    message = await socket.recv(decode=False)
            except TimeoutError:
                continue
            self._silent_from = time.monotonic()
            return message

    async def _read(self, socket: ClientConnection, frame: Frame) -> None:
        match frame:
            case {"type": "welcome", "cursor": cursor, "now": now}:
                self._cursor = {"projection": cursor["projection"], "n": cursor["n"]}
                self._told(now)
                self._joined = True
                self.sockets += 1
                self._heard(frame)
                await self._repeat(socket)
                return
            case {"type": "event", "n": n} if self._cursor is not None:
                if n <= self._cursor["n"]:
                    return
                self._cursor["n"] = n
            case {"type": "ack", "action": action} if action in self._asked:
                answered = self._asked[action][1]
                if not answered.done():
                    answered.set_result(frame)
            case {"type": "error", "text": text}:
                self._refused = text
            case {"type": "beat" | "status", "now": now}:
                self._told(now)
        self._heard(frame)

    async def _repeat(self, socket: ClientConnection) -> None:
        for frame, _ in list(self._asked.values()):
            await self._put(socket, frame)

    async def _put(self, socket: ClientConnection, frame: Frame) -> bool:
        try:
            await socket.send(msgpack.packb(frame))
        except ConnectionClosed:
            return False  # the reader sees it too, and comes back
        return True

    def _told(self, now: int) -> None:
        self._now_ms, self._now_at = now, time.monotonic()

    def _without_ticket(self, problem: Unreachable | Refusal) -> int:
        """No ticket: what that comes to, as a close code.

        Raises:
            Unreachable, Refusal: when there is nothing to wait for.
        """
        if self.sockets and isinstance(problem, Refusal) and problem.reason == "over":
            return 4410
        if self.sockets and (isinstance(problem, Unreachable) or problem.passing):
            return 1006
        raise problem

    def _refusal_of(self, problem: BaseException) -> int:
        """What a socket that did not open, or fell silent, comes to, as a close code."""
        if isinstance(problem, InvalidStatus) and problem.response.status_code < 429:
            self._refused = f"The server refused the bot's socket (HTTP {problem.response.status_code})."
            return 4400
        return 1006


def _comes_back(code: int, bad_tickets: int) -> bool:
    return 4500 <= code < 4600 or code in COMES_BACK or (code == BAD_TICKET and bad_tickets < BAD_TICKETS_MAX)
