"""A host's end of the control channel: `server.house.MediaRelay` for a relay that is another process.

What holds of *halt* and every other close: with the channel up it is said at once. It is kept until the relay says that
it is done, and said again first of all after each reconnect. While the way to the relay is gone, its legs end 60 s
later by themselves (`server.relay_control.ORPHAN_S`); the browsers have stopped theirs at once, as they were told to.

A view is the last that was told, with the time since then added to its seconds. A relay that has said nothing for
`SILENT_S_MAX` has none: what it would hear is unknown, and nobody's fault.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final, NamedTuple

import structlog

from rooms.lesson import SideId
from server.house import RelayAway
from server.relay_channel import (
    MESSAGE_BYTES_MAX,
    Answer,
    Channel,
    ChannelAddress,
    ChannelBroken,
    Close,
    CloseLesson,
    Done,
    Failed,
    Hold,
    HostHello,
    LetGo,
    Publish,
    Refusal,
    RelayHello,
    RelaySays,
    SideView,
    Views,
    Watch,
    greet,
    read_relay,
)
from signalling.relay.port import LegId, LegView, Refused

SILENT_S_MAX: Final = 2.5
"""Five views that did not come: the relay is dead, or the way to it; below the 3 s after which silence is a loss."""
BEAT_S: Final = 1.0
"""How often this host says that it lives, and which lessons are new."""
CONNECT_S_MAX: Final = 2.0
RETRY_FIRST_S: Final = 0.1
RETRY_MAX_S: Final = 2.0
"""Between two tries, doubled from the first: a relay that was restarted is found again within these."""
HOLD_S: Final = 120.0
"""A lesson that nobody asks about, and that has no leg of ours, is held this long."""
LESSONS_A_MESSAGE: Final = 1_000
"""Names of 100 characters at most: half of the longest message."""
ASKED_MAX: Final = 500
"""Offers that wait for an answer at a time; a relay needs a second for so many."""
CLOSES_MAX: Final = 10_000
"""Closes that are not done. Above it the oldest are left to the relay, whose orphans end by themselves."""

_log = structlog.stdlib.get_logger("relay")


class _Told(NamedTuple):
    """Everything that the relay told at one moment."""

    at: float
    quiet_s: float | None
    sides: dict[tuple[str, str], SideView]


class RelayLink:
    """A relay elsewhere, on the running loop. `run` keeps the connection; the rest never waits but for its answer."""

    def __init__(self, address: ChannelAddress, secret: bytes, clock: Callable[[], float]) -> None:
        """Not connected yet.

        Args:
            address: Of the control channel.
            secret: Shared with the relay.
            clock: Transport time, seconds.
        """
        self._address = address
        self._secret = secret
        self._clock = clock
        self._channel: Channel | None = None
        self._n = 0
        self._asked: dict[int, asyncio.Future[str]] = {}
        self._closes: dict[int, Close | CloseLesson] = {}
        self._own: dict[tuple[str, str], LegId] = {}
        """By lesson and who it is, the leg that was opened here and not closed here: their lessons are held."""
        self._lessons: dict[str, float] = {}
        """Held, and when each was last asked about."""
        self._new: list[str] = []
        """Held, and not told to the relay yet."""
        self._told: _Told | None = None
        self._telling: dict[tuple[str, str], SideView] = {}
        self._told_once = asyncio.Event()

    # What hosting asks --------------------------------------------------------------------------------------------

    async def publish(self, leg: LegId, offer: str) -> str:
        """Take what one side sends. Raises `Refused`, or `RelayAway`."""
        return await self._ask(leg, lambda n: Publish(n, *leg, offer))

    async def watch(self, leg: LegId, sides: Sequence[SideId], offer: str) -> str:
        """Send these sides. Raises `Refused`, or `RelayAway`."""
        return await self._ask(leg, lambda n: Watch(n, *leg, tuple(sides), offer))

    def close(self, leg: LegId) -> None:
        """End one leg, now or as soon as the relay is reached."""
        if self._own.get(leg[:2]) == leg:
            del self._own[leg[:2]]
        self._close(Close(self._number(), *leg))

    def close_lesson(self, lesson: str) -> None:
        """End all legs of a lesson, now or as soon as the relay is reached."""
        self._own = {key: leg for key, leg in self._own.items() if leg.lesson != lesson}
        self._close(CloseLesson(self._number(), lesson))

    def view(self, lesson: str, side: SideId) -> LegView | None:
        """What the relay was last heard to say of this side; None where it says nothing, or is not heard."""
        self._hold(lesson)
        told = self._heard()
        seen = None if told is None else told.sides.get((lesson, side))
        if told is None or seen is None:
            return None
        quiet_s, others_quiet_s = (self._since(told, one) for one in (seen.quiet_s, seen.others_quiet_s))
        leg = LegId(lesson, side, seen.epoch)
        return LegView(leg, seen.connected, seen.audio, seen.video, quiet_s, others_quiet_s)

    def quiet_s(self) -> float | None:
        """Seconds since RTP came on any leg; None before the first, and while the relay is not heard."""
        told = self._heard()
        return None if told is None else self._since(told, told.quiet_s)

    async def heard(self) -> None:
        """Wait until the relay is heard."""
        await self._told_once.wait()

    # The connection -----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the connection, until cancelled."""
        wait_s = RETRY_FIRST_S
        while True:
            try:
                async with asyncio.timeout(CONNECT_S_MAX):
                    reader, writer = await self._open()
            except (OSError, TimeoutError):
                pass
            else:
                try:
                    if await self._converse(reader, writer):
                        wait_s = RETRY_FIRST_S
                finally:
                    writer.transport.abort()
            await asyncio.sleep(wait_s)
            wait_s = min(RETRY_MAX_S, wait_s * 2)

    def _open(self) -> Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        limit = MESSAGE_BYTES_MAX
        if self._address.path:
            return asyncio.open_unix_connection(self._address.path, limit=limit)
        return asyncio.open_connection(self._address.host, self._address.port, limit=limit)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Until this connection is no more. Whether the relay was one of ours."""
        beats: asyncio.Task[None] | None = None
        try:
            channel = await greet(reader, writer, self._secret, "host")
            channel.send(HostHello())
            if type(await self._next(channel)) is not RelayHello:
                raise ChannelBroken("the relay began with something else")
            beats = asyncio.create_task(self._beat(), name="relay beats")
            self._up(channel)
            while True:
                self._take(await self._next(channel))
        except ChannelBroken as why:
            _log.warning("the way to the relay is gone", reason=str(why))
        finally:
            if beats is not None:
                beats.cancel()
            self._down()
        return beats is not None

    async def _next(self, channel: Channel) -> RelaySays:
        try:
            async with asyncio.timeout(SILENT_S_MAX):
                return read_relay(await channel.receive())
        except TimeoutError as problem:
            raise ChannelBroken("the relay is silent") from problem

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self._forget_lessons()
            self._say_held()

    def _say_held(self) -> None:
        """Which lessons are new here; none is a sign of life all the same."""
        new, self._new = self._new, []
        for at in range(0, len(new) or 1, LESSONS_A_MESSAGE):
            self._say(Hold(tuple(new[at : at + LESSONS_A_MESSAGE])))

    def _up(self, channel: Channel) -> None:
        """First what is to be closed: a leg that ended while there was no way must not be seen a moment longer."""
        _log.info("the relay is connected", closes=len(self._closes))
        self._channel = channel
        for close in list(self._closes.values()):
            self._say(close)
        self._new = list(self._lessons)
        self._say_held()

    def _down(self) -> None:
        self._channel = None
        self._told, self._telling = None, {}
        self._told_once.clear()
        asked, self._asked = self._asked, {}
        for waiting in asked.values():
            if not waiting.done():
                waiting.set_exception(RelayAway("the relay went away"))

    def _say(self, says: Publish | Watch | Close | CloseLesson | Hold | LetGo) -> None:
        """Say it if there is a way. A way that breaks is found by whoever reads from it."""
        if self._channel is not None:
            try:
                self._channel.send(says)
            except ChannelBroken:
                self._channel.close()

    def _take(self, says: RelaySays) -> None:
        match says:
            case Views():
                self._tell(says)
            case Done(n=n):
                self._closes.pop(n, None)
            case Answer(n=n, sdp=sdp):
                waiting = self._asked.get(n)
                if waiting is not None and not waiting.done():
                    waiting.set_result(sdp)
            case Refusal(n=n, code=code):
                self._fail(n, Refused(code))
            case Failed(n=n):
                self._fail(n, RelayAway("the relay failed at it"))
            case RelayHello():
                raise ChannelBroken("the relay began twice")

    def _fail(self, n: int, why: Exception) -> None:
        waiting = self._asked.get(n)
        if waiting is not None and not waiting.done():
            waiting.set_exception(why)

    def _tell(self, views: Views) -> None:
        for side in views.sides:
            self._telling[side.lesson, side.who] = side
        if not views.more:
            self._told, self._telling = _Told(self._clock(), views.quiet_s, self._telling), {}
            self._told_once.set()

    # Bookkeeping --------------------------------------------------------------------------------------------------

    async def _ask(self, leg: LegId, message: Callable[[int], Publish | Watch]) -> str:
        if self._channel is None or len(self._asked) >= ASKED_MAX:
            raise RelayAway("there is no way to the relay")
        self._hold(leg.lesson)
        n = self._number()
        waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asked[n] = waiting
        self._say(message(n))
        try:
            answer = await waiting
        finally:
            self._asked.pop(n, None)
        self._own[leg[:2]] = leg
        return answer

    def _close(self, close: Close | CloseLesson) -> None:
        self._closes[close.n] = close
        if len(self._closes) > CLOSES_MAX:
            del self._closes[next(iter(self._closes))]
        self._say(close)

    def _number(self) -> int:
        self._n += 1
        return self._n

    def _hold(self, lesson: str) -> None:
        if lesson not in self._lessons:
            self._new.append(lesson)
        self._lessons[lesson] = self._clock()

    def _forget_lessons(self) -> None:
        now = self._clock()
        own = {lesson for lesson, _ in self._own}
        gone = [one for one, at in self._lessons.items() if now - at >= HOLD_S and one not in own]
        for lesson in gone:
            del self._lessons[lesson]
        if gone:
            self._new = [one for one in self._new if one in self._lessons]
            for at in range(0, len(gone), LESSONS_A_MESSAGE):
                self._say(LetGo(tuple(gone[at : at + LESSONS_A_MESSAGE])))

    def _heard(self) -> _Told | None:
        told = self._told
        return told if told is not None and self._clock() - told.at <= SILENT_S_MAX else None

    def _since(self, told: _Told, seconds: float | None) -> float | None:
        return None if seconds is None else seconds + max(0.0, self._clock() - told.at)


@contextlib.asynccontextmanager
async def linked(address: ChannelAddress, secret: bytes) -> AsyncIterator[RelayLink]:
    """A relay elsewhere, looked for until the block is left."""
    link = RelayLink(address, secret, time.monotonic)
    running = asyncio.create_task(link.run(), name="relay link")
    try:
        yield link
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
