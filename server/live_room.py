"""One live room's memory and its way to the disk: decide at once, append, show from the commit's callback.

Memory may run ahead of the disk, nobody's screen does. An append that the store refuses, or of which it cannot say
whether it holds, drops the memory and all that is queued behind it; the log is read again and the commands are asked
anew, never the events that they had come to.
"""

from __future__ import annotations

from collections import deque
from functools import partial

import structlog

from rooms.audience import SHOWN_EVENTS, Viewer, project, project_all
from rooms.commands import Tick
from rooms.events import Entered, Event, PartEnded, Removed, Shut, Started
from rooms.lesson import TEACHER, SideId
from rooms.prefix import PREFIX_EVENTS, Prefix
from rooms.room import Room
from server.chat import Chat
from server.codec import Encoded
from server.errors import FAILED, MOVED, OVER, CloseReason
from server.frames import Halt
from server.glance import Glance
from server.house import Evidence, House
from server.refusals import sentence
from server.reread import Reread
from server.screens import only_chat, tells
from server.seat import Answer, Seat
from server.sounds import Sounds
from server.spool import SpoolFull
from server.store.port import Append, Appended, Log, StoreBusy
from server.work import Batch, Work, fact

PENDING_MAX = 256
"""Appends of one room that wait for the store: a few seconds of everybody typing. More is refused to people."""
TRIES_MAX = 4
"""How often a command is decided anew after a conflict: one host holds a room, so a second conflict is rare already."""
BUSY_S = 0.05
"""The store's queue was full: how long until it is asked again, seconds."""
SPOOL_AFTER_S = 1.0
"""An ending that is not durable after this goes to the spool as well, seconds: the promise is media off within one."""
LOOK_SOON_MS = 50
"""Something changed: when to find the next deadline. A course is played forward for it: a fifth of what a join cost,
while each of its events did so."""
RECHECK_MS = 500
"""A deadline passed, but evidence is not complete up to it: when to look again. Within a second is promised."""
ANSWER_S_MAX = 15.0
"""How long a person waits for the store before they are told to try again, seconds: longer than a hiccup of a disk, and
than some repeats of the page itself (one in 5 s). Looked at once a second."""
LINGER_MS = 300_000
"""How long after an ending is settled a page may keep its socket: by then it has read everything, and is forgotten."""

NOTED: frozenset[type[Event]] = frozenset({Entered, PartEnded, Started, Removed})
"""Of these the host itself keeps or does something; one look at a message's events tells that they are none of them."""

HALT = Halt()
OK = Answer(True)
BUSY = Answer(False, "busy", "Our service is very busy. Try again in a moment.")
TRY_AGAIN = Answer(False, "try_again", "That did not go through. Try again.")
NOT_STORED = Answer(False, "try_again", "We could not save that. Wait a moment, then try again.")

_log = structlog.stdlib.get_logger("rooms")


class LiveRoom:
    """One lesson while it is in memory."""

    def __init__(self, house: House, lesson_id: str, log: Log, evidence: Evidence) -> None:
        self._house = house
        self.id = lesson_id
        self.evidence = evidence
        self.seats: dict[SideId, Seat] = {}
        """The one active device of each side."""
        self.arriving: dict[SideId, Seat] = {}
        """Let in by memory, not yet by the disk."""
        self.observers: list[Seat] = []
        """Beside the room: it knows nothing of them."""
        self.epochs: dict[SideId, int] = {}
        """The latest epoch of each side's devices: two people of one side may take over from one another."""
        self.no_leg: set[SideId] = set()
        """Sides whose leg the relay would not open: that it hears nothing of them is not theirs."""
        self.parted: set[SideId] = set()
        """Pupils whose part has ended with an outcome in the log: before that it is only what it would come to."""
        self.halted = False
        self.status_holds_until = 0
        """Unix ms: before this, time alone changes nothing of what people are told of how the room stands."""
        self.weak_told: tuple[SideId, ...] = ()
        """The sides that were last told to be weak."""
        self.sounds = Sounds()
        self.given_up = False
        """This host lost it: nothing is asked of it any more."""
        self._idle_since: int | None = None
        self._settled_since: int | None = None
        self._pending: deque[Batch] = deque()
        self._out = 0
        self._waiting: deque[Work] = deque()
        self._reloading = False
        self._reread = Reread(house.log, lesson_id)
        self._dropped_for: Appended | None = None
        self._dropped_since = 0
        """When the first of what was dropped was asked of the store, Unix ms."""
        self._viewers: tuple[Seat, ...] = ()
        self._viewer_of_seats: list[Viewer] = []
        """Each seat's, in the same order."""
        self.events: list[Event] = []
        self._restore(log)
        lesson = self.prefix.lesson
        if lesson is None:
            raise ValueError(f"the log of {lesson_id} does not begin with Opened")
        self.lesson = lesson
        self.chat = Chat(lesson, self.events, self.texts)
        self.glance = Glance(lesson)
        """For the live wall; nothing here reads it."""

    # Asking ---------------------------------------------------------------------------------------------------

    def submit(self, work: Work) -> None:
        """Decide, store, then show and answer. Never blocks, never raises; ``work.answer`` is called once."""
        if self.given_up:
            self._finish(work, TRY_AGAIN)
        elif work.refusable and len(self._pending) + len(self._waiting) >= PENDING_MAX and not work.ends:
            work.answer(BUSY)
        elif self._reloading:
            self._halt_meanwhile(work)
            work.asked_at = self._house.clock.now_ms()
            self._waiting.append(work)
        else:
            self._decide(work)

    def _decide(self, work: Work) -> None:
        batch = Batch(work, self._house.clock.now_ms())
        work.asked_at = work.asked_at or batch.queued_at
        if work.seat is not None:
            self._seat_arrives(work.seat)
        try:
            refused = self._ask_room(work, batch)
        except Exception:
            self._memory_failed(work)
            return
        if refused is not None:
            if work.seat is not None and not refused.ok:
                self.remove(work.seat)
            self._rest_on_pending(work, refused)
        elif not batch.events:
            self._rest_on_pending(work, OK)
        else:
            self.sequence += len(batch.events)
            batch.chat_only = only_chat(batch.events)
            if not batch.chat_only:
                batch.telling = tells(batch.events)
            self._append(batch)
            if not batch.chat_only:
                self.look_soon()
                self._house.changed(self)

    def _memory_failed(self, work: Work) -> None:
        """A mistake of ours half way: what was applied is in no log, so memory is read again. Not asked anew."""
        _log.exception("a command could not be decided", lesson=self.id, command=type(work.commands[0]).__name__)
        self._drop(Appended.WRONG_SEQUENCE)
        self._finish(work, TRY_AGAIN)
        self._reload_when_back()

    def _ask_room(self, work: Work, batch: Batch) -> Answer | None:
        """Decide and apply; the answer where the first command is refused, or was done before."""
        first = True
        for command in work.commands:
            decision = self.room.decide(command, batch.queued_at)
            if first:
                if decision.refused:
                    return Answer(False, decision.refused, sentence(decision.refused))
                if decision.repeated:
                    return OK
                for message, held in work.texts.items():
                    self.texts[message] = held.text
                first = False
            if decision.halts and type(command) is not Tick:
                self._halt_before(work)
            self._take_in(decision.events, batch)
        if work.then is not None:
            for command in work.more():
                decision = self.room.decide(command, batch.queued_at)
                if decision.halts:
                    self._halt_before(work)
                self._take_in(decision.events, batch)
        return None

    def _take_in(self, events: tuple[Event, ...], batch: Batch) -> None:
        """Apply what was decided, each event shown as the log before it has it."""
        batch.events += events
        for event in events:
            kind = type(event)
            if kind in SHOWN_EVENTS:
                all_shown = project_all(event, self._viewer_of_seats, self.prefix, self.texts)
                if all_shown:
                    batch.shown.append((self._viewers, all_shown))
            self.room.apply(event)
            if kind in PREFIX_EVENTS:
                self.prefix.apply(event)
            if kind in NOTED:
                self._note_new(event)

    def _note_new(self, event: Event) -> None:
        """What the host keeps of an event, and does about it, when it is decided."""
        self._note(event)
        if isinstance(event, Started):
            self.evidence.set_started(event.pupil, True)
            self.evidence.set_started(TEACHER, True)
        elif isinstance(event, Removed):
            self._halt_side(event.pupil)

    def _note(self, event: Event) -> None:
        """What the host itself keeps of the log."""
        if isinstance(event, Entered):
            side = event.by.side or ""
            self.epochs[side] = max(event.epoch, self.epochs.get(side, 0))
        elif isinstance(event, PartEnded):
            self.parted.add(event.pupil)

    def _rest_on_pending(self, work: Work, answer: Answer) -> None:
        """An answer without events still rests on what it was decided by: it waits until that is durable."""
        if self._pending:
            self._pending[-1].after.append((work, answer))
        else:
            self._finish(work, answer)

    def _finish(self, work: Work, answer: Answer) -> None:
        if work.spool_timer is not None:
            work.spool_timer.cancel()
        if work.spooled is not None:
            self._house.spool.remove(work.spooled)
        if work.seat is not None:
            if answer.ok:
                self._seat_arrived(work.seat)
            else:
                self.remove(work.seat)
        work.answer(answer)

    # Halting --------------------------------------------------------------------------------------------------

    def _halt_before(self, work: Work) -> None:
        """An ending that was accepted: media stops now, whatever the disk does."""
        self.halt()
        if work.spool_timer is None and work.spooled is None:
            work.spool_timer = self._house.call_later(SPOOL_AFTER_S, partial(self._spool, work))

    def _halt_meanwhile(self, work: Work) -> None:
        """While the log is being read, what memory was says whether this ends the lesson: media does not wait."""
        if not work.ends:
            return
        if self.room.decide(work.commands[0], self._house.clock.now_ms()).halts:
            self._halt_before(work)

    def _spool(self, work: Work) -> None:
        """Not durable within a second: written down locally as well, so that it survives this process."""
        work.spool_timer = None
        try:
            work.spooled = self._house.spool.put(self.id, work.asked(), work.texts)
        except SpoolFull:
            _log.exception("an ending could not be spooled: it is in memory only", lesson=self.id)

    def halt(self) -> None:
        """Everybody's media stops, nobody joins. Once halted, a room stays so."""
        if self.halted:
            return
        self.halted = True
        for seat in (*self.seats.values(), *self.observers):
            if seat.welcomed and not seat.gone:
                seat.client.send(HALT)
        self._house.changed(self)

    def _halt_side(self, side: SideId) -> None:
        """One pupil is removed: their media stops at once, as it would if the lesson ended."""
        seat = self.seats.get(side)
        if seat is not None and seat.welcomed and not seat.gone:
            seat.client.send(HALT)

    # The disk -------------------------------------------------------------------------------------------------

    def _append(self, batch: Batch) -> None:
        behind = bool(self._pending) and not self._pending[-1].queued
        self._pending.append(batch)
        if not behind:
            self._queue(batch)

    def _queue(self, batch: Batch) -> bool:
        token = self._house.watch.sent(batch.queued_at)
        try:
            self._house.log.append(
                Append(
                    lesson=self.id,
                    epoch=self.epoch,
                    expected_sequence=self.sequence_queued,
                    events=batch.events,
                    recorded_at=batch.queued_at,
                    texts=batch.work.texts,
                ),
                partial(self._came_back, batch, token),
            )
        except StoreBusy:
            self._house.call_later(BUSY_S, partial(self._queue_again, token))
            return False
        batch.queued = True
        self.sequence_queued += len(batch.events)
        self._out += 1
        return True

    def _queue_again(self, token: int) -> None:
        """The token stayed out meanwhile: a store that is busy for long is a store that does not answer."""
        self._house.watch.back(token)
        for batch in self._pending:
            if not batch.queued and not self._queue(batch):
                return

    def _came_back(self, batch: Batch, token: int, result: Appended) -> None:
        self._out -= 1
        if batch.dropped:
            pass
        elif result is Appended.COMMITTED:
            self._committed(batch)
        else:
            self._drop(result)
        self._house.watch.back(token)
        if self._reloading:
            self._reload_when_back()

    def _reload_when_back(self) -> None:
        """The log is read once all that is out has come back."""
        if self._reloading and self._out == 0 and self._dropped_for is not None:
            reason, self._dropped_for = self._dropped_for, None
            self._house.spawn(self._reload(reason))

    def _committed(self, batch: Batch) -> None:
        self._pending.popleft()
        self.events.extend(batch.events)
        if not batch.chat_only and not self.halted and any(isinstance(event, Shut) for event in batch.events):
            self.halt()
        if batch.work.seat is not None:
            self._seat_arrived(batch.work.seat)
        encoded: Encoded | None = None
        for seats, all_shown in batch.shown:
            for seat, shown in zip(seats, all_shown, strict=True):
                if shown is None or seat.gone or not seat.welcomed:
                    continue
                if encoded is None or (encoded.shown is not shown and encoded.shown != shown):
                    encoded = Encoded(shown)
                seat.n = number = seat.n + 1
                seat.client.deliver(number, encoded)
        self._finish(batch.work, OK)
        for work, answer in batch.after:
            self._finish(work, answer)
        if not batch.chat_only:
            self._house.changed(self)

    def answer_late(self, now: int) -> None:
        """Tell whoever has waited long for the store to try again: what is not out at the store is then given up.

        What is out may still become durable; it is shown then, and the same action asked again is a repeat of it.
        """
        asked_before = now - int(ANSWER_S_MAX * 1_000)
        for batch in self._pending:
            for work in (batch.work, *(work for work, _ in batch.after)):
                if work.waits_since(asked_before):
                    work.answer_late(NOT_STORED)
        late = [work for work in self._waiting if work.waits_since(asked_before)]
        if late:
            self._waiting = deque(work for work in self._waiting if work not in late)
        for work in late:
            work.answer_late(NOT_STORED)

    # Dropping memory ------------------------------------------------------------------------------------------

    def _drop(self, reason: Appended) -> None:
        """Memory and the disk went apart. What is still out comes back refused: the log is read once all of it did."""
        self._reloading = True
        self._dropped_for = reason
        self._dropped_since = self._pending[0].queued_at if self._pending else self._house.clock.now_ms()
        again: list[Work] = []
        for batch in self._pending:
            batch.dropped = True
            batch.work.tries += 1
            again.append(batch.work)
            again.extend(work for work, _ in batch.after)
        self._pending.clear()
        self._waiting.extendleft(work for work in reversed(again) if not work.late)
        # Who was on the way in comes in again with their command: until then nothing is theirs.
        self.arriving.clear()
        self.observers = [seat for seat in self.observers if seat.welcomed]
        self._count_viewers()

    async def _reload(self, reason: Appended) -> None:
        # Until the log is read the store is not known to be up: this is time without it, if it takes long.
        token = self._house.watch.sent(self._house.clock.now_ms())
        log: Log | None = None
        try:
            log = await self._reread.under(self.epoch, anew=reason is Appended.UNKNOWN)
            if log is not None:
                self._restore(log)
        except Exception:
            # Whatever it is, it is this room's: the others must not be told that the store is away.
            _log.exception("a room could not be taken up again", lesson=self.id)
            log, reason = None, Appended.UNKNOWN
        finally:
            self._house.watch.back(token)
        if log is None:
            self.give_up(MOVED if reason is Appended.STALE_EPOCH else FAILED)
            return
        _log.warning("room reloaded", lesson=self.id, reason=reason.value, retried=len(self._waiting))
        self._reloading = False
        self._retry()

    def _restore(self, log: Log) -> None:
        """Memory is exactly the log again; who is here is shown what it holds beyond what they saw."""
        known = len(self.events)
        self.epoch = log.epoch
        self.texts = {message: held.text for message, held in log.texts.items()}
        self.room = Room.fold(log.events)
        self.prefix = Prefix()
        self.epochs.clear()
        self.parted.clear()
        for number, event in enumerate(log.events):
            for seat in self._viewers if number >= known else ():
                shown = project(event, seat.viewer, self.prefix, self.texts) if seat.welcomed else None
                if shown is not None and not seat.gone:
                    seat.n += 1
                    seat.client.deliver(seat.n, Encoded(shown))
            self.prefix.apply(event)
            self._note(event)
        self.events = list(log.events)
        self.sequence = self.sequence_queued = len(self.events)
        if any(isinstance(event, Shut) for event in log.events[known:]):
            self.halt()

    def _retry(self) -> None:
        waiting, self._waiting = self._waiting, deque()
        while waiting:
            work = waiting.popleft()
            if self._reloading:
                self._waiting.append(work)
            elif work.tries > TRIES_MAX and work.halts:
                # Everybody's media has stopped for it: the lesson is taken up anew, and this is asked first.
                self._waiting = deque((work, *waiting))
                self.give_up(FAILED)
                return
            elif work.tries > TRIES_MAX:
                self._finish(work, TRY_AGAIN)
            else:
                self._decide(work)
        self.look_again()
        self._house.changed(self)

    def give_up(self, reason: CloseReason) -> None:
        """Another host holds the lesson, or the store has been gone for long: everybody is asked to come back."""
        self.given_up = True
        for seat in (*self.seats.values(), *self.arriving.values(), *self.observers):
            if not seat.gone:
                seat.gone = True
                seat.client.close(reason)
        waiting, self._waiting = self._waiting, deque()
        endings = [work for work in waiting if work.halts]
        for work in waiting:
            work.seat = None
            if not work.halts:
                self._finish(work, TRY_AGAIN)
        self._house.lost(self, endings, self._dropped_since, elsewhere=reason is MOVED)

    # Time -----------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """A deadline came, or was to be looked at again."""
        now = self._house.clock.now_ms()
        self.hear_evidence(now)
        due = None if self._reloading else self.room.next_deadline()
        if due is not None and due <= now:
            until = min(self.evidence.complete_until(now), self._house.watch.complete_until(now))
            self.submit(fact(Tick(complete_until=until)))
        self.look_again()

    def hear_evidence(self, now: int) -> None:
        """What evidence says of the sides has changed, perhaps: tell the room."""
        changes = self.evidence.changes(now)
        if self.room.ended is None:
            for change in changes:
                self.submit(Work((change,), answer=partial(self._heard, change.side), refusable=False))

    def _heard(self, side: SideId, answer: Answer) -> None:
        """Evidence says everything once: what the store would not take, tried again and again, it is to say again."""
        if answer is TRY_AGAIN:
            self.evidence.tell_again(side)

    def look_soon(self) -> None:
        """Something changed that may bring the next deadline nearer: it is found once what came with it is told too."""
        at = self._house.clock.now_ms() + LOOK_SOON_MS
        known = self._house.deadlines.of(self.id)
        if known is None or known > at:
            self._house.deadlines.set(self.id, at)

    def look_again(self) -> None:
        """Set when to look next."""
        now = self._house.clock.now_ms()
        if self._reloading:
            self._house.deadlines.set(self.id, now + RECHECK_MS)
            return
        due = self.room.next_deadline()
        self._house.deadlines.set(self.id, due if due is None or due > now else now + RECHECK_MS)

    # Who is here ----------------------------------------------------------------------------------------------

    def _seat_arrives(self, seat: Seat) -> None:
        """From now on what is decided is projected for this seat; what was before is its replay."""
        if seat.gone:
            return
        seat.prefix = self.sequence
        side = seat.viewer.side
        if seat.observes or side is None:
            if seat not in self.observers:
                self.observers.append(seat)
        else:
            self.arriving[side] = seat
        self._count_viewers()

    def _seat_arrived(self, seat: Seat) -> None:
        if seat.gone or seat.welcomed:
            return
        self._house.arrived(self, seat)

    def take_place(self, seat: Seat, side: SideId) -> Seat | None:
        """The seat is its side's active one now; returns the one that it replaces."""
        replaced = self.seats.get(side)
        self.seats[side] = seat
        if self.arriving.get(side) is seat:
            del self.arriving[side]
        self._count_viewers()
        return replaced

    def remove(self, seat: Seat) -> bool:
        """That seat is no longer there; True where it was its side's active one."""
        side = seat.viewer.side
        active = False
        if seat in self.observers:
            self.observers.remove(seat)
        elif side is not None:
            if self.arriving.get(side) is seat:
                del self.arriving[side]
            if self.seats.get(side) is seat:
                del self.seats[side]
                active = True
        self._count_viewers()
        return active

    def _count_viewers(self) -> None:
        self._viewers = (*self.seats.values(), *self.arriving.values(), *self.observers)
        self._viewer_of_seats = [seat.viewer for seat in self._viewers]

    def see_off(self, now: int) -> None:
        """A while after all is settled, close what forgotten pages still hold open; they keep what they show."""
        if not self.halted or not self.room.status(now).settled:
            self._settled_since = None
            return
        if self._settled_since is None:
            self._settled_since = now
        if now - self._settled_since >= LINGER_MS:
            for seat in (*self.seats.values(), *self.observers):
                seat.client.close(OVER)

    def idle_since(self, now: int) -> int:
        """Unix ms since when nobody needs it in memory: settled, empty, nothing under way; else ``now``."""
        needed = self.seats or self.arriving or self.observers or not self.durable
        if needed or not self.halted or not self.room.status(now).settled or self.room.next_deadline() is not None:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now
        return now if self._idle_since is None else self._idle_since

    @property
    def durable(self) -> bool:
        """Whether memory is exactly what the disk holds."""
        return not self._pending and not self._reloading

    @property
    def telling(self) -> bool:
        """Whether memory holds something that may be on nobody's screen yet."""
        return self._reloading or any(batch.telling for batch in self._pending)

    @property
    def reloading(self) -> bool:
        """Memory was dropped, and is being read again."""
        return self._reloading
