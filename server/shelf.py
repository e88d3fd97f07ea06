"""Which rooms are in memory: found, opened, taken up after a crash, forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, NamedTuple

from rooms.commands import Depart, Judge, PlatformIs
from rooms.events import Departed, Entered, Event, Opened, PlatformChanged, Started
from rooms.lesson import TEACHER, Lesson, PersonId, SideId
from server.chat import Review, unjudged
from server.house import EvidenceOf, House
from server.live_room import LiveRoom
from server.seat import Bookings
from server.store.port import Append, Appended, Log, StoreBusy, StoreDown
from server.work import Work, fact

LIVE_MAX: Final = 5_000
"""Rooms in memory, some 6 kB each without their people: what HOTPATH.md reckons with for a node."""
OPENINGS_MAX: Final = 4
"""How often an opening is tried: each failure is the store's, or another host's opening of the same lesson."""


class NotHosted(Exception):
    """The lesson could not be taken up here now: ask again."""


class _Kept(NamedTuple):
    """What a lesson that is taken up has to be told first."""

    down_since: int | None
    """The platform was down from then on, Unix ms."""
    endings: list[Work]


_NOTHING_KEPT: Final = _Kept(None, [])

_Take = Callable[[], Awaitable[LiveRoom | None]]


class _Turn:
    """Who takes up or opens one lesson: one at a time."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.asked = 0
        """How many hold the lock or wait for it."""


class Shelf:
    """The live rooms by lesson."""

    def __init__(self, house: House, bookings: Bookings, evidence: EvidenceOf, review: Review) -> None:
        self._house = house
        self._bookings = bookings
        self._evidence = evidence
        self._review = review
        self._rooms: dict[str, LiveRoom] = {}
        self._taking: dict[str, _Turn] = {}
        self._kept: dict[str, _Kept] = {}

    def live(self, lesson: str) -> LiveRoom | None:
        """The room, if it is in memory."""
        return self._rooms.get(lesson)

    def all(self) -> list[LiveRoom]:
        """Every room in memory."""
        return list(self._rooms.values())

    async def booked(self, lesson: str) -> Lesson | None:
        """The booking."""
        return await self._bookings.lesson(lesson)

    async def may_watch(self, person: PersonId, lesson: str) -> bool:
        """Whether that account may watch that lesson (A6).

        Raises:
            StoreDown: it could not be read.
        """
        return await self._bookings.may_watch(person, lesson)

    def forget(self, live: LiveRoom) -> None:
        """Let go of a room: it is all in its log."""
        if self._rooms.get(live.id) is live:
            del self._rooms[live.id]
            self._house.deadlines.set(live.id, None)

    def keep(self, lesson: str, down_since: int | None, endings: list[Work]) -> None:
        """For whoever takes it up next: since when the platform was down, and endings that are asked first."""
        self._kept[lesson] = _Kept(down_since, endings)

    async def find(self, lesson: str) -> LiveRoom | None:
        """The room of a lesson that has a log, taken up if need be; None where it has none.

        Raises:
            StoreDown: the log could not be read.
            NotHosted: no room for more rooms.
        """
        return self._rooms.get(lesson) or await self._one_at_a_time(lesson, partial(self._take_up, lesson))

    async def open(self, lesson: Lesson, *, missed_from: int | None = None) -> LiveRoom:
        """The room of a lesson whose log may not exist yet; its first event is then the booking.

        ``missed_from``: when it should have opened, of a lesson that nobody hosted. It is opened as of then, and taken
        up like one that crashed at once. Unix ms.

        Raises:
            StoreDown: the log could not be written or read.
            NotHosted: no room for more rooms.
        """
        take = partial(self._open, lesson, missed_from)
        live = self._rooms.get(lesson.id) or await self._one_at_a_time(lesson.id, take)
        if live is None:
            raise NotHosted(lesson.id)
        return live

    async def _one_at_a_time(self, lesson: str, take: _Take) -> LiveRoom | None:
        turn = self._taking.setdefault(lesson, _Turn())
        turn.asked += 1
        try:
            async with turn.lock:
                return self._rooms.get(lesson) or await take()
        finally:
            turn.asked -= 1
            # Not while others wait for it: whoever came next would take the same lesson up beside them.
            if turn.asked == 0:
                del self._taking[lesson]

    async def _take_up(self, lesson: str) -> LiveRoom | None:
        if await self._house.log.load(lesson) is None:
            return None
        await self._house.log.claim(lesson)
        log = await self._house.log.load(lesson)
        return None if log is None else self._put(lesson, log)

    async def _open(self, lesson: Lesson, missed_from: int | None) -> LiveRoom:
        for turn in range(OPENINGS_MAX):
            epoch = await self._house.log.claim(lesson.id)
            # Who opens has just looked and found none. Were there one by now, the append would not fit it.
            log = await self._house.log.load(lesson.id) if turn else None
            if log is not None:
                return self._put(lesson.id, log)
            now = self._house.clock.now_ms()
            begun = _begun(lesson, now, missed_from)
            done: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
            append = Append(lesson=lesson.id, epoch=epoch, expected_sequence=0, events=begun, recorded_at=now)
            try:
                self._house.log.append(append, partial(_set, done))
            except StoreBusy as error:
                raise StoreDown("the store's queue is full") from error
            if await done is Appended.COMMITTED:
                return self._put(lesson.id, Log(epoch=epoch, events=begun, texts={}), fresh=missed_from is None)
        raise NotHosted(lesson.id)

    def _put(self, lesson: str, log: Log, *, fresh: bool = False) -> LiveRoom:
        if len(self._rooms) >= LIVE_MAX:
            raise NotHosted(lesson)
        opened = log.events[0]
        if not isinstance(opened, Opened):
            raise TypeError(f"the log of {lesson} begins with {type(opened).__name__}")
        live = LiveRoom(self._house, lesson, log, self._evidence(opened.lesson))
        self._rooms[lesson] = live
        _tell_started(live)
        kept = self._kept.pop(lesson, _NOTHING_KEPT)
        if not fresh:
            self._bring_up_to_date(live, kept.down_since)
        for work in kept.endings:
            # Before what is due: at E a room closes by itself, and refuses a flag that was pressed an hour ago.
            work.tries = 0
            live.submit(work)
        live.look()
        return live

    def _bring_up_to_date(self, live: LiveRoom, down_since: int | None) -> None:
        """After a crash: the time without us is the platform's, nobody is here, and what was not reviewed is now.

        Told before anything that is due is looked at.
        """
        now = self._house.clock.now_ms()
        if live.halted:
            return
        if down_since is not None:
            # Not before the last that was recorded: until then the platform was demonstrably there.
            at = min(now, max(down_since, live.events[-1].at))
            live.submit(fact(PlatformIs(up=False, at=at)))
        for entered in still_in(live.events):
            live.submit(fact(Depart(by=entered.by, device=entered.device, epoch=entered.epoch)))
        live.evidence.resumed_platform(now)
        live.hear_evidence(now)
        live.submit(fact(PlatformIs(up=True, at=now)))
        for submitted in unjudged(live.events):
            text = live.texts.get(submitted.message)
            if text is not None:
                verdict = self._review(live.chat.draft(submitted.by, text))
                live.submit(fact(Judge(message=submitted.message, verdict=verdict)))


def _begun(lesson: Lesson, now: int, missed_from: int | None) -> list[Event]:
    """How a log begins: that the platform was away from the first moment on is in it from the first append on."""
    if missed_from is None:
        return [Opened(at=now, lesson=lesson)]
    return [Opened(at=missed_from, lesson=lesson), PlatformChanged(at=missed_from, up=False)]


def _tell_started(live: LiveRoom) -> None:
    """Evidence is not in the log; that a lesson has started is: from then on a camera switched off is no loss."""
    for event in live.events:
        if isinstance(event, Started):
            live.evidence.set_started(event.pupil, True)
            live.evidence.set_started(TEACHER, True)


def still_in(events: list[Event]) -> list[Entered]:
    """Devices that came in and, as far as the log knows, never went."""
    here: dict[tuple[PersonId, SideId | None], Entered] = {}
    for event in events:
        if isinstance(event, Entered):
            here[event.by.person, event.by.side] = event
        elif isinstance(event, Departed):
            came = here.get((event.by.person, event.by.side))
            if came is not None and came.epoch <= event.epoch:
                del here[event.by.person, event.by.side]
    return list(here.values())


def _set(done: asyncio.Future[Appended], result: Appended) -> None:
    if not done.done():
        done.set_result(result)
