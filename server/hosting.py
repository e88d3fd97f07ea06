"""Live rooms: what a person or the world says is decided at once, stored, and shown from the commit's callback."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rooms.commands import Command
from rooms.verdict import Verdict
from server.clock import Clock
from server.frames import ClientFrame, Elsewhere, Join
from server.seat import (
    Admission,
    Answer,
    Bookings,
    CallLater,
    Client,
    Handle,
    LiveLesson,
    ReadRoom,
    Refused,
    Seat,
)
from server.store.port import LogStore

if TYPE_CHECKING:
    from moderation.pipeline import Draft
    from server.spool import Spool

__all__ = [
    "Admission",
    "Answer",
    "Bookings",
    "CallLater",
    "Client",
    "Handle",
    "Hosting",
    "LiveLesson",
    "ReadRoom",
    "Refused",
    "Review",
    "Seat",
]

Review = Callable[["Draft"], Verdict]
"""The built-in review of one message: synchronous, about a millisecond at most, and it never raises."""


class Hosting:
    """The live rooms of this process. One loop's thread; nothing here is safe from another."""

    def __init__(
        self,
        *,
        log: LogStore,
        bookings: Bookings,
        clock: Clock,
        review: Review,
        entropy: Callable[[int], bytes],
        spool: Spool,
        call_later: CallLater,
    ) -> None:
        self._log = log

    async def join(self, admission: Admission, join: Join, client: Client) -> Seat | Refused | Elsewhere:
        """Let a device in. `Welcome`, the replay, peers and status have been sent through ``client`` when this returns."""
        raise NotImplementedError

    def receive(self, seat: Seat, frame: ClientFrame) -> None:
        """Any frame but `Join`. Answers go through the seat's client: `Ack` once the effect is durable."""
        raise NotImplementedError

    def left(self, seat: Seat) -> None:
        """The socket is gone, whoever closed it. May be called twice."""
        raise NotImplementedError

    async def command(self, lesson: str, command: Command) -> Answer:
        """From HTTP (AdultIn, Explain, Decide, Overrule …): returns once durable, or refused."""
        raise NotImplementedError

    async def open(self, lesson: str) -> bool:
        """Open a booked lesson's log at its time though nobody joined, so that it reaches its end; False if unbooked."""
        raise NotImplementedError

    async def read(self, lesson: str) -> ReadRoom | None:
        """A lesson as its log tells it, live or not; None while it has no log."""
        raise NotImplementedError

    def live(self) -> list[LiveLesson]:
        """The lessons that go on now."""
        raise NotImplementedError

    async def start(self) -> None:
        """Load what was unfinished, enter the time that the platform was down, run what is overdue."""
        raise NotImplementedError

    async def drain(self) -> None:
        """Before a stop: no more joins, and every socket is closed with a code that says come back."""
        raise NotImplementedError
