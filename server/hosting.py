"""Live rooms: what a person or the world says is decided at once, stored, and shown from the commit's callback.

No task a room: a connection's own task decides and applies, and hands the events to the store. One heap of deadlines
for all rooms; once a second every room's evidence is looked at for silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

import structlog

from rooms.commands import CannotSee, Command, Leave
from rooms.evidence import LessonEvidence
from rooms.lesson import OBSERVERS, TEACHER, Lesson, SideId
from rooms.quality import Sample
from rooms.room import Room
from rooms.status import Status
from server import asking
from server.chat import Review
from server.deadlines import Deadlines
from server.doorway import OPENS_BEFORE_MS, Doorway, is_theirs, refused, try_later
from server.errors import RESTARTING
from server.frames import (
    Ack,
    Asking,
    Beat,
    BeatBack,
    ClientFrame,
    Elsewhere,
    IceFrame,
    IceServersFrame,
    Join,
    LegFrame,
    Report,
    SayFrame,
    SignalFrame,
)
from server.house import EvidenceOf, MediaRelay, PolicyClock, Records, Spooled
from server.legs import Legs
from server.live_room import LiveRoom
from server.media_view import MediaView
from server.observers import Visits
from server.paths import PathBoard
from server.platform_marks import MARK_EVERY_S, PlatformMarks
from server.platform_time import PlatformTime
from server.refusals import sentence
from server.roster import Roster
from server.seat import (
    Admission,
    Answer,
    Bookings,
    CallLater,
    Client,
    Handle,
    ReadRoom,
    Refused,
    Seat,
)
from server.shelf import NotHosted, Shelf
from server.status_board import StatusBoard
from server.store.port import LogStore, StoreDown
from server.store_watch import StoreWatch
from server.turn import NO_ICE_SERVERS, IceServers, IceServersOf
from server.wall import Wall
from server.work import Work

__all__ = [
    "Admission",
    "Answer",
    "Bookings",
    "CallLater",
    "Client",
    "Handle",
    "Hosting",
    "ReadRoom",
    "Refused",
    "Review",
    "Seat",
]

SWEEP_S: Final = 1.0
"""How often silence is looked for, seconds. It is found within this of being one, and dated truly."""
SWEEP_ROOMS: Final = 50
"""Of these at a time, about a millisecond; then messages have their turn."""
SWEEP_PAUSE_S: Final = 0.005
"""Between two of them: 5,000 rooms take half a second, so a sweep ends before the next begins."""
HEARD_EVERY_MS: Final = 500
"""Between beats an action also shows that the line is there; more often than this it shows nothing new."""
UNLOAD_AFTER_MS: Final = 30_000
"""A room that is settled and empty stays in memory this long: for the page that follows, and who comes back at once."""
TAKE_AGAIN_S: Final = 5.0
"""How often a lesson that was lost with the store is tried again."""
DRAIN_S_MAX: Final = 5.0
"""How long a stop waits for what was decided to become durable; the platform kills a process 30 s after SIGTERM."""

_log = structlog.stdlib.get_logger("hosting")


def _no_ice_servers(_: str) -> IceServers:
    return NO_ICE_SERVERS


def evidence_of(lesson: Lesson, *, relay: bool = False) -> LessonEvidence:
    """What folds the samples of a lesson's sides; ``relay``: with the media relay's view of them."""
    return LessonEvidence((TEACHER, *(pupil.id for pupil in lesson.pupils)), relay=relay)


class Hosting:
    """The live rooms of this process. One loop's thread; nothing here is safe from another."""

    def __init__(
        self,
        *,
        log: LogStore,
        bookings: Bookings,
        clock: PolicyClock,
        review: Review,
        entropy: Callable[[int], bytes],
        spool: Spooled,
        call_later: CallLater,
        records: Records,
        node: str = "main",
        time_zone: str = "Europe/London",
        ice_servers: IceServersOf = _no_ice_servers,
        evidence: EvidenceOf | None = None,
        relay: MediaRelay | None = None,
        sweep_s: float = SWEEP_S,
        mark_s: float = MARK_EVERY_S,
    ) -> None:
        """A process's rooms; `start` before the first join.

        Args:
            log: The lessons' logs.
            bookings: The confirmed lessons.
            clock: The policy clock.
            review: The built-in review.
            entropy: `server.entropy.EntropyPool`: message ids and salts.
            spool: Endings that the store has not taken.
            call_later: ``loop.call_later``.
            records: Marks, visits, unfinished lessons (`server.store.Stores`).
            node: This process's name in the marks.
            time_zone: IANA name, for every time that is shown.
            ice_servers: By person, with their short-lived credentials.
            evidence: What folds samples, by default with the relay's view where there is a relay; a simulation tells
                facts instead.
            relay: The media relay; None where there is none.
            sweep_s: How often silence is looked for.
            mark_s: How often this process's being there is marked.
        """
        self.log = log
        self.clock = clock
        self.call_later = call_later
        self.spool = spool
        self._review = review
        self._entropy = entropy
        self._sweep_s = sweep_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: Handle | None = None
        self._to_sweep: list[LiveRoom] = []
        self.draining = False
        self.platform = PlatformTime(clock, self._all_live)
        self.watch = StoreWatch(call_later, self.platform.store_down, self._store_up)
        self.deadlines = Deadlines(clock, call_later, self._due)
        self._board = StatusBoard(clock, call_later, lambda: self.watch.stalled_since is not None)
        self.wall = Wall(clock, self._all_live)
        self._paths = PathBoard(relay)
        self._legs = Legs(relay, self._paths, call_later, self.spawn)
        self._roster = Roster(clock, self._paths)
        self._ice_servers = ice_servers
        self._doorway = Doorway(
            clock=clock,
            roster=self._roster,
            board=self._board,
            visits=Visits(records, clock, self.spawn),
            time_zone=time_zone,
            ice_servers=ice_servers,
            relay=self._legs.there,
        )
        self._view = MediaView(relay)
        self._shelf = Shelf(self, bookings, evidence or partial(evidence_of, relay=relay is not None), review)
        self._marks = PlatformMarks(records, clock, node, self.platform.slept, mark_s)
        self._records = records
        clock.on_jump(self._jumped)

    # Joining --------------------------------------------------------------------------------------------------

    async def join(self, admission: Admission, join: Join, client: Client) -> Seat | Refused | Elsewhere:
        """Let a device in; `Welcome`, the replay, peers and status were sent through ``client`` when this returns."""
        if self.draining:
            client.close(RESTARTING)
            return refused("restarting")
        try:
            if admission.actor.role in OBSERVERS:
                return await self._watch(admission, join, client)
            live = await self._open_for(admission)
        except (StoreDown, NotHosted):
            return try_later(client, "try_again")
        if isinstance(live, Refused):
            return live
        return await self._doorway.enter(live, admission, join, client)

    async def _watch(self, admission: Admission, join: Join, client: Client) -> Seat | Refused:
        """Let an observer watch a lesson that has its room, and that is in their scope still (A6)."""
        if not await self._shelf.may_watch(admission.actor.person, admission.lesson):
            return refused("not_yours")
        live = await self._shelf.find(admission.lesson)
        if live is None or live.halted:
            return refused("not_open" if live is None else "over")
        return await self._doorway.observe(live, admission, join, client)

    async def _open_for(self, admission: Admission) -> LiveRoom | Refused:
        """The room that a participant may join now."""
        live = self._shelf.live(admission.lesson)
        if live is None:
            lesson = await self._shelf.booked(admission.lesson)
            if lesson is None or not is_theirs(lesson, admission):
                return refused("not_yours")
            now = self.clock.now_ms()
            if now < lesson.starts_at - OPENS_BEFORE_MS:
                return refused("early")
            live = await self._shelf.find(admission.lesson)
            if live is None:
                if now >= lesson.ends_at:
                    return refused("over")
                live = await self._shelf.open(lesson)
        return live

    def arrived(self, live: LiveRoom, seat: Seat) -> None:
        """What lets this seat in is durable."""
        self._doorway.arrived(live, seat)
        self._legs.arrived(live, seat)

    def left(self, seat: Seat, *, clean: bool = False) -> None:
        """The socket is gone, whoever closed it; ``clean``: its client closed it in good order. Harmless twice."""
        self._legs.left(seat, clean=clean)
        live = self._shelf.live(seat.lesson)
        if live is None:
            self._doorway.leave_nowhere(seat)
            return
        self._doorway.leave(live, seat, clean=clean)
        if not seat.observes:
            # An observer's going must not even be the reason for which a status is drawn a moment sooner.
            self.changed(live)

    # Frames ---------------------------------------------------------------------------------------------------

    def receive(self, seat: Seat, frame: ClientFrame) -> None:
        """Any frame but `Join`. Answers go through the seat's client: `Ack` once the effect is durable.

        The branches stand by how often they are taken: a negotiation at its height, a report a second, and the rest.
        """
        live = self._shelf.live(seat.lesson)
        if live is None or seat.gone:
            return
        side = seat.viewer.side
        if seat.observes or side is None:
            self._receive_observer(live, seat, frame)
            return
        if type(frame) is SignalFrame:
            self._roster.relay(live, seat, frame)
        elif type(frame) is Report:
            self._hear_report(live, seat, side, frame)
        elif type(frame) is Beat:
            now = self.clock.now_ms()
            live.evidence.heard(side, seat.device, now)
            seat.client.send(BeatBack(t=frame.t, now=now))
        elif isinstance(frame, Asking):
            self._hear_action(live, seat, side)
            self._ask(live, seat, frame)
        elif type(frame) is LegFrame:
            self._legs.offer(live, seat, frame)
        elif type(frame) is IceFrame:
            given = self._ice_servers(seat.actor.person)
            seat.client.send(IceServersFrame(ice_servers=given.servers, ice_life_s=given.life_s))
        if live.evidence.changed:
            live.hear_evidence(self.clock.now_ms())

    def _hear_report(self, live: LiveRoom, seat: Seat, side: SideId, frame: Report) -> None:
        now = self.clock.now_ms()
        live.evidence.report(side, seat.device, _sample(frame), now)
        self._paths.report(live, side, frame, now)
        if live.sounds.note(side, frame):
            self._board.changed(live)
        if frame.t is not None:
            seat.client.send(BeatBack(t=frame.t, now=now))

    def _hear_action(self, live: LiveRoom, seat: Seat, side: SideId) -> None:
        """Somebody pressed or wrote something: their line is there."""
        now = self.clock.now_ms()
        if now - seat.heard_at >= HEARD_EVERY_MS:
            seat.heard_at = now
            live.evidence.heard(side, seat.device, now)

    def _receive_observer(self, live: LiveRoom, seat: Seat, frame: ClientFrame) -> None:
        if type(frame) is Beat:
            seat.client.send(BeatBack(t=frame.t, now=self.clock.now_ms()))
        elif isinstance(frame, Asking):
            if type(frame) in asking.OBSERVER_MAY:
                self._ask(live, seat, frame)
            else:
                _acknowledge(seat, frame, Answer(False, "not_yours", sentence("not_yours")))
        elif type(frame) is LegFrame:
            self._legs.offer(live, seat, frame)

    def _ask(self, live: LiveRoom, seat: Seat, frame: Asking) -> None:
        if type(frame) is SayFrame:
            said, reviewed, texts = live.chat.say(seat.actor, frame.action, frame.text, self._entropy, self._review)
            live.submit(Work((said,), partial(_acknowledge, seat, frame), reviewed, texts))
        else:
            answered = partial(self._answered, live, seat, frame)
            live.submit(Work((asking.command_of(frame, seat.actor),), answered))

    def _answered(self, live: LiveRoom, seat: Seat, frame: Asking, answer: Answer) -> None:
        if answer.ok and seat.viewer.side is not None:
            self._follow(live, seat, frame)
        _acknowledge(seat, frame, answer)

    def _follow(self, live: LiveRoom, seat: Seat, frame: Asking) -> None:
        """What an action means for evidence and media, beside what it means to the room."""
        command = type(asking.command_of(frame, seat.actor))
        now = self.clock.now_ms()
        side = seat.viewer.side or ""
        if command is Leave:
            live.evidence.left(side, now, seat.device)
            self._legs.left(seat, clean=True)
        elif command is CannotSee:
            live.evidence.path_switching(side, now)
            if self._paths.ask(live, side, now):
                self._roster.tell(live)
            else:
                self._roster.restart(live, seat)
        else:
            return
        live.hear_evidence(now)

    # From HTTP ------------------------------------------------------------------------------------------------

    async def command(self, lesson: str, command: Command) -> Answer:
        """From HTTP (AdultIn, Explain, Decide, Overrule …): returns once durable, or refused."""
        try:
            live = await self._shelf.find(lesson)
            if live is None:
                if not await self.open(lesson):
                    return Answer(False, "not_open", sentence("not_open"))
                live = await self._shelf.find(lesson)
        except (StoreDown, NotHosted):
            live = None
        if live is None or self.draining:
            return Answer(False, "try_again", sentence("try_again"))
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def answer(given: Answer) -> None:
            if not answered.done():
                answered.set_result(given)

        live.submit(Work((command,), answer=answer))
        return await answered

    async def open(self, lesson: str, *, late: bool = False) -> bool:
        """Open a booked lesson's log though nobody joined yet, so that it reaches its end; False where it may not be.

        ``late``: one that is over, and that nobody hosted: the platform was down for all of it (C7).

        Raises:
            StoreDown: ask again.
        """
        booked = await self._shelf.booked(lesson)
        now = self.clock.now_ms()
        if booked is None or now < booked.starts_at - OPENS_BEFORE_MS or (now >= booked.ends_at) is not late:
            return False
        if await self._shelf.find(lesson) is None:
            await self._shelf.open(booked, missed_from=booked.starts_at - OPENS_BEFORE_MS if late else None)
        return True

    async def read(self, lesson: str) -> ReadRoom | None:
        """A lesson as its log tells it, live or not: only what is durable; None while it has no log.

        Raises:
            StoreDown: ask again.
        """
        live = self._shelf.live(lesson)
        if live is not None:
            events, texts = list(live.events), dict(live.texts)
        else:
            log = await self.log.load(lesson)
            if log is None:
                return None
            events, texts = log.events, {message: held.text for message, held in log.texts.items()}
        return ReadRoom(Room.fold(events), tuple(events), texts)

    async def status(self, lesson: str) -> Status | None:
        """How a lesson stands now, live or not; None while it has no log. Of a live one nothing is folded.

        Raises:
            StoreDown: ask again.
        """
        live = self._shelf.live(lesson)
        now = self.clock.now_ms()
        if live is not None and not live.telling:
            return live.room.status(now)
        read = await self.read(lesson)  # memory holds what may be on nobody's screen yet, or there is none
        return None if read is None else read.room.status(now)

    # The process ----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Load what was unfinished, enter the time that the platform was down, run what is overdue.

        Raises:
            StoreDown: nothing was started; ask again.
        """
        last = await self._marks.last()
        orders = self._spooled()
        for lesson in await self._records.unfinished():
            self._shelf.keep(lesson, last, orders.pop(lesson, []))
            await self._take_up(lesson)
        await self._ask_late(orders)
        self.spawn(self._marks.run())
        self._timer = self.call_later(self._sweep_s, self._sweep)

    async def _take_up(self, lesson: str) -> None:
        """One lesson at the start; one that cannot be read holds back no other, and is tried again."""
        try:
            await self._shelf.find(lesson)
        except StoreDown:
            raise
        except Exception:
            _log.exception("an unfinished lesson could not be taken up", lesson=lesson)
            self.spawn(self._take_again(lesson))

    def _spooled(self) -> dict[str, list[Work]]:
        """Endings that were pressed and never stored: whoever pressed them has seen everybody's media stop."""
        orders: dict[str, list[Work]] = {}
        for order in self.spool.pending():
            work = Work(order.commands, texts=order.texts, refusable=False)
            work.spooled = order.name
            orders.setdefault(order.lesson, []).append(work)
        return orders

    async def _ask_late(self, orders: dict[str, list[Work]]) -> None:
        """Of lessons whose log has its end: refused there, most likely, and then out of the spool."""
        for lesson, works in orders.items():
            live = await self._shelf.find(lesson)
            for work in works:
                if live is not None:
                    live.submit(work)
                elif work.spooled is not None:
                    _log.error("an ending in the spool names a lesson without a log", lesson=lesson)
                    self.spool.remove(work.spooled)

    async def drain(self) -> None:
        """Before a stop: no more joins, and every socket is closed with a code that says come back."""
        self.draining = True
        self.platform.stopping()
        for live in self._all_live():
            for seat in (*live.seats.values(), *live.arriving.values(), *live.observers):
                seat.client.close(RESTARTING)
        self._legs.stop()
        waited_s = 0.0
        while waited_s < DRAIN_S_MAX and not all(live.durable for live in self._all_live()):
            await asyncio.sleep(0.05)
            waited_s += 0.05

    async def close(self) -> None:
        """Stop timers and tasks; nothing is decided any more. After `drain`, before the store closes."""
        if self._timer is not None:
            self._timer.cancel()
        self._to_sweep = []
        self.deadlines.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it on the loop, held until it is done; what it raises is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a task of the host failed", exc_info=task.exception())

    def changed(self, live: LiveRoom) -> None:
        """How the room stands may have changed."""
        self._legs.look_again(live)
        self._board.changed(live)
        self._roster.look_again(live)

    def lost(self, live: LiveRoom, endings: list[Work], since: int, *, elsewhere: bool) -> None:
        """This host no longer holds the room; where no other does, the lesson must not stay without a deadline."""
        self._forget(live)
        if not elsewhere:
            # On the shelf, because whoever comes back first takes it up, and that is seldom `_take_again`.
            self._shelf.keep(live.id, since, endings)
            self.spawn(self._take_again(live.id))

    async def _take_again(self, lesson: str) -> None:
        live: LiveRoom | None = None
        while live is None:
            await asyncio.sleep(TAKE_AGAIN_S)
            try:
                live = await self._shelf.find(lesson)
            except (StoreDown, NotHosted):
                continue
            except Exception:
                # Tried again all the same: without a host the lesson would have no deadline.
                _log.exception("a lesson could not be taken up again", lesson=lesson)

    def _forget(self, live: LiveRoom) -> None:
        self._shelf.forget(live)
        self._legs.forget(live)
        self._roster.forget(live)
        self._paths.forget(live)

    def _all_live(self) -> list[LiveRoom]:
        return self._shelf.all()

    def _due(self, lesson: str) -> None:
        live = self._shelf.live(lesson)
        if live is not None:
            live.look()

    def _sweep(self) -> None:
        """Once a second: silence, clocks that time alone moves, answers that are late, rooms that nobody needs."""
        self._timer = self.call_later(self._sweep_s, self._sweep)
        if not self._to_sweep:  # else the last sweep is still under way
            self._to_sweep = self._all_live()
            self._sweep_some()

    def _sweep_some(self) -> None:
        """A few rooms, then let messages through: all of a full node's rooms at once held up every message for them."""
        some, self._to_sweep = self._to_sweep[:SWEEP_ROOMS], self._to_sweep[SWEEP_ROOMS:]
        if self._to_sweep:
            self.call_later(SWEEP_PAUSE_S, self._sweep_some)
        now = self.clock.now_ms()
        for live in some:
            if live.given_up:
                continue
            if not live.durable:
                live.answer_late(now)
            if live.seats and not live.reloading:
                if self._paths.look(live, now):
                    self._roster.tell(live)
                    self._legs.paths_changed(live)
                self._view.tell(live, now)
                live.hear_evidence(now)
            self._board.look(live)
            if live.halted:
                live.see_off(now)
                if live.idle_since(now) <= now - UNLOAD_AFTER_MS:
                    self._forget(live)

    def _jumped(self, ms: int) -> None:
        """The policy clock jumped: what was heard a second ago still was; what is due is due now."""
        for live in self._all_live():
            live.evidence.shift(ms)
            self._paths.shift(live, ms)
        for live in self._all_live():
            live.look()
            self._board.tell(live, anew=True)
        self.deadlines.rearm()

    def _store_up(self) -> None:
        self.platform.store_up()
        for live in self._all_live():
            self.changed(live)


def _sample(report: Report) -> Sample:
    return Sample(
        camera=report.camera,
        microphone=report.microphone,
        sent=report.sent,
        received=report.received,
        frames=report.frames,
        lost_permille=report.lost_permille,
        rtt_ms=report.rtt_ms,
        kbps_out=report.kbps_out,
        connected=report.connected,
    )


def _acknowledge(seat: Seat, frame: Asking, answer: Answer) -> None:
    if not seat.gone:
        seat.client.send(Ack(action=frame.action, ok=answer.ok, code=answer.code, text=answer.text))
