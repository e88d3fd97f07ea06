"""One socket's way out: what hosting sends through, and what becomes of a client that is slow or never reads.

A frame is written at once, without a task, as long as the client reads. A slow one gets a bounded backlog and a task
that empties it; when that overflows, or nothing moves for `SLOW_S_MAX`, the socket is closed with a resumable code, and
cut if even that does not get through. A room never waits for a client.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from typing import Any, Final, Protocol

from server import errors
from server.codec import Encoded, Wire
from server.connection import Connection, Wrong
from server.errors import CloseReason
from server.frames import ServerFrame

BACKLOG_BYTES_MAX: Final = 1_000_000
"""Waiting for one slow client: a long lesson's replay at once, or 10 s of the most that a peer may send."""
BACKLOGS_BYTES_MAX: Final = 64_000_000
"""Waiting for all of them: what a node can spare."""
SLOW_S_MAX: Final = 10.0
"""Without a frame getting through: long enough for a phone that changes networks, then coming back is quicker."""
LINGER_S_MAX: Final = 5.0
"""After our close, for the other side to take it; then the connection is cut, or it would be held for ever."""

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Socket(Protocol):
    """What a server offers beside ASGI (`server.websocket`): ASGI cannot write without a task, nor end a connection."""

    def push(self, data: Wire, *, soon: bool = False) -> bool:
        """Write one message; False: it has to wait its turn."""
        ...

    @property
    def transport(self) -> asyncio.Transport:
        """The connection under it."""
        ...


class Backlogs:
    """How much waits for all slow clients together, in bytes."""

    def __init__(self, bytes_max: int = BACKLOGS_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self.bytes = 0

    def has_room(self, size: int) -> bool:
        """Whether so much more may wait."""
        return self.bytes + size <= self._bytes_max


class _Begun:
    """A ``send()`` that has run one step and waits: something to await for the rest."""

    def __init__(self, steps: Generator[Any, Any, None], waits_for: object) -> None:
        self._steps = steps
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        try:
            yield self._waits_for
        except BaseException:
            self._steps.close()
            raise
        yield from self._steps


class Outlet:
    """The `server.seat.Client` of one connection. Nothing here blocks or raises."""

    __slots__ = (
        "_backlog",
        "_backlogs",
        "_closing",
        "_codec",
        "_cut_at",
        "_kind",
        "_loop",
        "_moved",
        "_send",
        "_size",
        "_socket",
        "_timer",
        "_writer",
        "connection",
        "now",
    )

    def __init__(self, send: Send, connection: Connection, backlogs: Backlogs, socket: Socket | None = None) -> None:
        """The way out of one connection; without ``socket`` it is ASGI's alone."""
        self.connection: Final = connection
        self._socket = socket
        self._codec = connection.codec
        self._kind = "text" if connection.codec.text else "bytes"
        self._send = send
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time
        """Transport time, seconds."""
        self._backlogs = backlogs
        self._backlog: deque[Message] | None = None
        """Made for a slow client only: an empty one is 0.6 kB."""
        self._size = 0
        """Bytes (characters of JSON) in the backlog."""
        self._writer: asyncio.Task[None] | None = None
        self._moved = 0.0
        """When the backlog last got shorter, or began."""
        self._closing = False
        """Nothing more is taken; a close is written or waits."""
        self._cut_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    # What hosting calls -------------------------------------------------------------------------------------

    def deliver(self, n: int, shown: Encoded) -> None:
        """Send the viewer's ``n``-th event; its author's acknowledgement follows at once."""
        self._push(shown.frame(self._codec, n), soon=True)

    def send(self, frame: ServerFrame) -> None:
        """Send anything else."""
        self._push(self._codec.encode(frame))

    def close(self, reason: CloseReason) -> None:
        """Close, behind what waits already. The connection takes nothing in any more."""
        if self._closing:
            return
        self._closing = True
        self.connection.close()
        self._write({"type": "websocket.close", "code": reason.code, "reason": reason.name}, 0)
        self._cut_at = self._loop.time() + LINGER_S_MAX
        self._arm()

    # What the gateway calls ---------------------------------------------------------------------------------

    def answer(self, wrong: Wrong) -> None:
        """Say what was wrong, and close if it closes."""
        if wrong.answer is not None:
            self.send(wrong.answer)
        if wrong.closes is not None:
            self.close(wrong.closes)

    def watch(self) -> None:
        """Look at the deadlines, now and whenever one may have passed."""
        now = self._loop.time()
        if self._cut_at is not None and now >= self._cut_at:
            self._cut()
            return
        if self._writer is not None and not self._closing and now >= self._moved + SLOW_S_MAX:
            self._overflow()
            return
        reason = self.connection.overdue(now)
        if reason is not None:
            self.close(reason)
            return
        self._arm()

    def gone(self) -> None:
        """The socket's task has ended: drop what waits. What is still in the server's own buffer is cut in time."""
        self._closing = True
        self._drop()
        if self._writer is not None:
            self._writer.cancel()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._socket is not None:
            self._loop.call_later(LINGER_S_MAX, self._socket.transport.abort)

    # Writing ------------------------------------------------------------------------------------------------

    def _push(self, data: Wire, *, soon: bool = False) -> None:
        if self._closing:
            return
        if self._socket is not None and self._writer is None and self._socket.push(data, soon=soon):
            return
        self._write({"type": "websocket.send", self._kind: data}, len(data))

    def _write(self, message: Message, size: int) -> None:
        """Write now, or behind what waits."""
        if self._writer is not None:
            self._wait(message, size)
            return
        steps = self._send(message).__await__()
        try:
            waits_for = next(steps)
        except StopIteration:
            return
        except (OSError, RuntimeError):
            # The other side has gone, or the server closed meanwhile: the task reads of it next, and ends.
            self._closing = True
            return
        self._moved = self._loop.time()
        self._writer = self._loop.create_task(self._empty(_Begun(steps, waits_for)))
        self._arm()

    def _wait(self, message: Message, size: int) -> None:
        fits = self._size + size <= BACKLOG_BYTES_MAX and self._backlogs.has_room(size)
        if not fits:
            self._overflow()
            return
        if self._backlog is None:
            self._backlog = deque()
        self._backlog.append(message)
        self._size += size
        self._backlogs.bytes += size

    async def _empty(self, begun: _Begun) -> None:
        """The writer task of a client that is slow: lives as long as something waits."""
        try:
            await begun
            while self._backlog:
                message = self._backlog.popleft()
                size = len(message.get("bytes") or message.get("text") or "")
                self._size -= size
                self._backlogs.bytes -= size
                self._moved = self._loop.time()
                await self._send(message)
        except (OSError, RuntimeError):
            self._closing = True
            self._drop()
        finally:
            self._writer = None

    def _overflow(self) -> None:
        """Too slow: what waits is dropped (a resume brings it), and the close goes first."""
        self._drop()
        self.close(errors.SLOW)

    def _drop(self) -> None:
        self._backlogs.bytes -= self._size
        self._size = 0
        self._backlog = None

    # Deadlines ----------------------------------------------------------------------------------------------

    def _next_check(self) -> float:
        if self._cut_at is not None:
            return self._cut_at
        due = self.connection.next_check()
        return due if self._writer is None else min(due, self._moved + SLOW_S_MAX)

    def _arm(self) -> None:
        """One timer a connection; it is not moved by every frame, but looks again when it rings."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._next_check(), self.watch)

    def _cut(self) -> None:
        """The close did not get through, or was not answered: end the connection under it."""
        self._drop()
        if self._socket is not None:
            self._socket.transport.abort()
