"""What one connection's task waits on, in place of asyncio's own: for one reader, and small while nobody waits."""

from __future__ import annotations

import asyncio
from typing import Any


class Inbox:
    """What uvicorn asks of an `asyncio.Queue`, for one reader: the real one is four deques, 3 kB a connection."""

    __slots__ = ("_messages", "_waiter")

    def __init__(self) -> None:
        self._messages: list[Any] = []
        """A few: reading pauses while one waits."""
        self._waiter: asyncio.Future[None] | None = None

    def put_nowait(self, message: object) -> None:
        """Put one in."""
        self._messages.append(message)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def get(self) -> object:
        """The next, once there is one."""
        while not self._messages:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._messages.pop(0)

    def empty(self) -> bool:
        """Whether none waits."""
        return not self._messages


class Gate:
    """What uvicorn asks of an `asyncio.Event`; a deque's 0.6 kB less while nobody waits."""

    __slots__ = ("_opens", "open")

    def __init__(self) -> None:
        self.open = True
        self._opens: asyncio.Future[None] | None = None

    def set(self) -> None:
        """Open it: who waits goes on."""
        self.open = True
        if self._opens is not None and not self._opens.done():
            self._opens.set_result(None)
        self._opens = None

    def clear(self) -> None:
        """Close it."""
        self.open = False

    async def wait(self) -> bool:
        """Until it is open."""
        while not self.open:
            if self._opens is None:
                self._opens = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._opens)
        return True
