"""A host with a store in memory and browsers in memory, for tests that say step by step what happens."""

from __future__ import annotations

import asyncio

from rooms.audience import PROJECTION_VERSION
from rooms.lesson import TEACHER, Actor, Kind, Lesson, Pupil, Role
from server.codec import Encoded
from server.errors import CloseReason
from server.frames import Ack, Cursor, EventFrame, Halt, Join, Report, StatusFrame
from server.hosting import Hosting, evidence_of
from server.seat import Admission, Seat
from tests.hosting.fake_relay import FakeRelay
from tests.simulation.memory_log import MemoryLog, MemorySpool
from tests.simulation.world import OneBooking, review
from tests.virtual_loop import LoopClock

T = 1_800_000_900_000
MINUTE_MS = 60_000
TESS = Actor(Role.TEACHER, "p-tess", "Tess", TEACHER)
SAM = Actor(Role.PUPIL_SIDE, "p-sam", "Sam", "sam")
ALEX = Actor(Role.PUPIL_SIDE, "p-alex", "Alex", "sam")
"""Sam's parent, with an account of their own."""
KIT = Actor(Role.PUPIL_SIDE, "p-kit", "Kit", "kit")
MO = Actor(Role.MANAGER, "p-mo", "Mo")
LESSON = Lesson(
    id="l1",
    kind=Kind.INDIVIDUAL,
    subject="Violin",
    teacher_name="Tess",
    pupils=(Pupil("sam", "Sam", 17),),
    starts_at=T,
    ends_at=T + 30 * MINUTE_MS,
)
SHARED = Lesson(
    id="l1",
    kind=Kind.SHARED,
    subject="Violin",
    teacher_name="Tess",
    pupils=(Pupil("sam", "Sam", 17), Pupil("kit", "Kit", 16)),
    starts_at=T,
    ends_at=T + 30 * MINUTE_MS,
)


class Tab:
    """One socket: everything that came through it, in order."""

    def __init__(self) -> None:
        self.frames: list = []
        self.closed: CloseReason | None = None
        self.seat: Seat | None = None
        self.packets = 0

    def deliver(self, n: int, shown: Encoded) -> None:
        self.frames.append(EventFrame(n=n, event=shown.shown))

    def send(self, frame) -> None:
        self.frames.append(frame)

    def close(self, reason: CloseReason) -> None:
        self.closed = self.closed or reason

    def of(self, kind: type) -> list:
        return [frame for frame in self.frames if isinstance(frame, kind)]

    def shown(self, kind: type) -> list:
        return [frame.event for frame in self.of(EventFrame) if isinstance(frame.event, kind)]

    @property
    def halted(self) -> bool:
        return bool(self.of(Halt))

    @property
    def status(self) -> StatusFrame:
        return self.of(StatusFrame)[-1]

    def ack(self, action: str) -> Ack | None:
        return next((frame for frame in self.of(Ack) if frame.action == action), None)


class Stage:
    """The process, its disk and its clock. `crash` and `boot` again keep the disk."""

    def __init__(
        self, lesson: Lesson = LESSON, *, fault=None, at: int = T - 600_000, relay: bool = True, view: bool = False
    ) -> None:
        """``view``: evidence has the relay's view, and who is to be ready needs a leg; else reports alone count."""
        self.loop = asyncio.get_running_loop()
        self.clock = LoopClock(self.loop, at)
        self.lesson = lesson
        self.log = MemoryLog(fault)
        self.spool = MemorySpool()
        self.relay = FakeRelay() if relay else None
        self.hosting: Hosting | None = None
        self._view = view
        self.reviewed: list[str] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._drawn = 0

    def _review(self, draft):
        self.reviewed.append(draft.text)
        return review(draft)

    def _entropy(self, size: int) -> bytes:
        self._drawn += 1
        return self._drawn.to_bytes(size, "big")

    def _call_later(self, delay_s, call):
        handle = self.loop.call_later(delay_s, call)
        self._timers.add(handle)
        return handle

    async def boot(self) -> Stage:
        self.hosting = Hosting(
            log=self.log,
            bookings=OneBooking(self.lesson),
            clock=self.clock,
            review=self._review,
            entropy=self._entropy,
            spool=self.spool,
            call_later=self._call_later,
            records=self.log,
            relay=self.relay,
            evidence=None if self._view else evidence_of,
        )
        await self.hosting.start()
        return self

    async def crash(self, *, survive: int = 0) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.clock.forget_listeners()
        for task in list(self.hosting._tasks):
            task.cancel()
        self.log.crash(survive)
        self.hosting = None
        await asyncio.sleep(0)

    async def join(self, actor: Actor, device: str = "d1", *, n: int | None = None, take_over: bool = False):
        """The tab, and what the host answered."""
        tab = Tab()
        resume = None if n is None else Cursor(PROJECTION_VERSION, n)
        join = Join(ticket="t", device=device, resume=resume, take_over=take_over)
        answer = await self.hosting.join(Admission(self.lesson.id, actor), join, tab)
        if isinstance(answer, Seat):
            tab.seat = answer
        return tab, answer

    async def enter(self, actor: Actor, device: str = "d1", **more) -> Tab:
        tab, answer = await self.join(actor, device, **more)
        assert isinstance(answer, Seat), answer
        return tab

    def does(self, tab: Tab, frame) -> None:
        self.hosting.receive(tab.seat, frame)

    async def live_on(self, seconds: int, *tabs: Tab) -> None:
        """Browsers that are well: a good report a second, which is their beat as well."""
        for _ in range(seconds):
            for tab in tabs:
                tab.packets += 80
                self.does(tab, well(tab.packets, t=1))
            await asyncio.sleep(1)

    def events(self, kind: type | None = None) -> list:
        events = self.log.events(self.lesson.id)
        return events if kind is None else [event for event in events if isinstance(event, kind)]


def well(packets: int, t: int | None = None) -> Report:
    counts = {"sent": packets, "received": packets, "frames": packets, "kbps_out": 1_000}
    return Report(camera="on", microphone="on", connected=True, t=t, **counts)
