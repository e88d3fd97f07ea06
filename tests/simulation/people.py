"""People with browsers in memory: they join, type, press, drop out and come back, by a seeded plan."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rooms.audience import PROJECTION_VERSION
from rooms.lesson import Actor
from rooms.shown import Shown
from server.codec import MSGPACK, Encoded
from server.errors import CloseReason
from server.frames import Cursor, Elsewhere, Halt, Join, ServerFrame, StatusFrame, Welcome
from server.seat import Admission, Refused, Seat

if TYPE_CHECKING:
    from tests.simulation.world import World


class Received:
    """One thing that a browser got, and how much of the log was durable then."""

    __slots__ = ("at", "durable", "frame", "n")

    def __init__(self, at: int, durable: int, frame: ServerFrame | Shown, n: int | None = None) -> None:
        self.at = at
        self.durable = durable
        self.frame = frame
        self.n = n


class Browser:
    """`server.seat.Client` of one socket of one person."""

    def __init__(self, world: World, person: Person) -> None:
        self._world = world
        self._person = person
        self.closed: CloseReason | None = None

    def deliver(self, n: int, shown: Encoded) -> None:
        if self.closed is None:
            self._person.take(shown.shown, n)
            if self._world.keep_bytes:
                self._person.wire.append(shown.frame(MSGPACK, n))

    def send(self, frame: ServerFrame) -> None:
        if self.closed is None:
            self._person.take(frame, None)
            if self._world.keep_bytes:
                self._person.wire.append(MSGPACK.encode(frame))

    def close(self, reason: CloseReason) -> None:
        if self.closed is None:
            self.closed = reason
            self._person.wire.append(reason.name.encode())
            self._world.later(0.01, lambda: self._person.socket_closed(self))


class Person:
    """Somebody with an account and a device; comes back by themselves, with their cursor."""

    def __init__(self, world: World, lesson: str, actor: Actor, device: str) -> None:
        self._world = world
        self.lesson = lesson
        self.actor = actor
        self.device = device
        self.received: list[Received] = []
        self.wire: list[bytes] = []
        self.n = 0
        self.seat: Seat | None = None
        self.browser: Browser | None = None
        self.wanted = False
        self.halted_at: int | None = None
        self.refused: list[str] = []
        self.status: StatusFrame | None = None
        self._joining: asyncio.Task[None] | None = None
        self._actions = 0

    def take(self, frame: ServerFrame | Shown, n: int | None) -> None:
        world = self._world
        self.received.append(Received(world.clock.now_ms(), world.durable(self.lesson), frame, n))
        if n is not None:
            if n != self.n + 1:
                world.fail(f"{self.actor.person} got number {n} after {self.n}")
            self.n = n
        elif isinstance(frame, Welcome):
            if self.halted_at is not None:
                world.fail(f"{self.actor.person} was let in after a halt")
            self.n = frame.cursor.n
        elif isinstance(frame, Halt) and self.halted_at is None:
            self.halted_at = world.clock.now_ms()
        elif isinstance(frame, StatusFrame):
            self.status = frame

    # Coming and going -----------------------------------------------------------------------------------------

    def come(self) -> None:
        self.wanted = True
        if self._joining is None and self.browser is None and self._world.hosting is not None:
            self._joining = asyncio.get_running_loop().create_task(self._join())

    async def _join(self) -> None:
        hosting = self._world.hosting
        browser = Browser(self._world, self)
        resume = Cursor(PROJECTION_VERSION, self.n) if self.n else None
        join = Join(ticket="t", device=self.device, resume=resume, take_over=True)
        try:
            answer = await hosting.join(Admission(self.lesson, self.actor), join, browser)
        finally:
            self._joining = None
        if self._world.hosting is not hosting:
            return
        if isinstance(answer, Seat):
            self.seat, self.browser = answer, browser
            if browser.closed is not None or not self.wanted:
                self.drop()
        elif isinstance(answer, Elsewhere):
            self._world.fail("asked elsewhere in spite of take_over")
        elif isinstance(answer, Refused):
            self.refused.append(answer.code)
            if browser.closed is not None and browser.closed.resumable and self.wanted:
                self._world.later(2.0, self._come_back)

    def _come_back(self) -> None:
        if self.wanted and self.browser is None:
            self.come()

    def socket_closed(self, browser: Browser) -> None:
        if self.browser is browser:
            self.drop()
            if browser.closed is not None and browser.closed.resumable and self.wanted:
                self._world.later(1.0, self._come_back)

    def drop(self) -> None:
        """The line breaks."""
        seat, self.seat, self.browser = self.seat, None, None
        if seat is not None and self._world.hosting is not None:
            self._world.hosting.left(seat)

    def flap(self, away_s: float) -> None:
        self.drop()
        self._world.later(away_s, self._come_back)

    def host_died(self) -> None:
        if self._joining is not None:
            self._joining.cancel()
            self._joining = None
        self.seat = self.browser = None

    # Doing ----------------------------------------------------------------------------------------------------

    def does(self, frame_type, **fields) -> None:
        if self.seat is None or self._world.hosting is None:
            return
        self._actions += 1
        frame = frame_type(action=f"{self.actor.person}-{self._actions}", **fields)
        self._world.asked(self, frame)
        self._world.hosting.receive(self.seat, frame)
