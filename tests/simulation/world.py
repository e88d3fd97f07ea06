"""One simulated lesson: a host, its store, people and what befalls them, all from one seed on the virtual loop."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from moderation.reviewer import Draft
from rooms import commands as c
from rooms.lesson import TEACHER, Actor, Kind, Lesson, Pupil, Role
from rooms.verdict import Ruling, Verdict
from server import frames as f
from server.hosting import Hosting
from server.store.port import Append, Appended, StoreDown
from tests.simulation.facts import Fact, ScriptedEvidence, random_facts
from tests.simulation.memory_log import Fault, MemoryLog, MemorySpool
from tests.simulation.people import Person
from tests.virtual_loop import LoopClock

MINUTE_MS = 60_000
START_MS = 1_800_000_000_000
LESSON = "lesson-1"
SWEEP_S = 30.0
"""Coarse: silence and clocks are looked at this often; what matters is looked at when it is due."""

RULINGS = {
    "hold": Verdict(Ruling.HOLD, reason="a word", category="profanity"),
    "end": Verdict(Ruling.END, category="grooming"),
    "escalate": Verdict(Ruling.ESCALATE, category="disclosure"),
}
ALLOW = Verdict(Ruling.ALLOW)


def review(draft: Draft) -> Verdict:
    """The first word says it."""
    return RULINGS.get(draft.text.split(" ", 1)[0], ALLOW)


class OneBooking:
    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson

    async def lesson(self, lesson: str) -> Lesson | None:
        return self._lesson if lesson == self._lesson.id else None

    async def may_watch(self, person_id: str, lesson: str) -> bool:
        return True


class World:
    """Everything of one seed. `run` plays it to the end of the lesson and beyond."""

    def __init__(self, seed: int, *, observer: bool = False, keep_bytes: bool = False) -> None:
        self.seed = seed
        self.keep_bytes = keep_bytes
        self.draw = random.Random(seed)
        self._fault_draw = random.Random(f"{seed}-faults")
        self.faulty = self.draw.random() < 0.5
        self.loop = asyncio.get_running_loop()
        self.clock = LoopClock(self.loop, START_MS)
        self.lesson = self._book()
        self.facts: list[Fact] = random_facts(
            self.draw,
            [TEACHER, *(pupil.id for pupil in self.lesson.pupils)],
            self.lesson.starts_at,
            self.lesson.ends_at,
        )
        self.log = MemoryLog(self._fault)
        self.spool = MemorySpool()
        self.hosting: Hosting | None = None
        self.failures: list[str] = []
        self.jumped_ms = 0
        self.crashes = 0
        self.ends_asked: list[tuple[int, str, str]] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._counter = 0
        teacher = Actor(Role.TEACHER, "p-teacher", "Tess", TEACHER)
        self.teacher = Person(self, LESSON, teacher, "laptop")
        self.pupils = [
            Person(self, LESSON, Actor(Role.PUPIL_SIDE, f"p-{pupil.id}", pupil.first_name, pupil.id), "tablet")
            for pupil in self.lesson.pupils
        ]
        self.people = [self.teacher, *self.pupils]
        self.observer = Person(self, LESSON, Actor(Role.MANAGER, "p-manager", "Mo"), "desk") if observer else None

    def _book(self) -> Lesson:
        draw = self.draw
        shared = draw.random() < 0.25
        pupils = tuple(Pupil(name, name.title(), draw.choice([8, 12, 14, 17])) for name in ("sam", "kit")[: 1 + shared])
        starts_at = START_MS + 900_000
        ends_at = starts_at + draw.choice([10, 20, 30, 45]) * MINUTE_MS
        return Lesson(
            id=LESSON,
            kind=draw.choice([Kind.SHARED, Kind.SMALL_GROUP]) if shared else Kind.INDIVIDUAL,
            subject="Violin",
            teacher_name="Tess",
            pupils=pupils,
            starts_at=starts_at,
            ends_at=ends_at,
            next_booking_at=draw.choice([None, None, ends_at + 120_000]),
        )

    # The ground -----------------------------------------------------------------------------------------------

    def fail(self, what: str) -> None:
        self.failures.append(f"at {self.clock.now_ms() - self.lesson.starts_at} ms after T: {what}")

    def durable(self, lesson: str) -> int:
        return len(self.log.events(lesson))

    def later(self, delay_s: float, call: Callable[[], None]) -> None:
        """What people and fate do: it outlives the host."""
        self.loop.call_later(delay_s, call)

    def at(self, at_ms: int, call: Callable[[], None]) -> None:
        self.later(max(0, at_ms - self.clock.now_ms()) / 1_000, call)

    def _call_later(self, delay_s: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        """The host's timers die with it."""

        def due() -> None:
            self._timers.discard(handle)
            call()

        handle = self.loop.call_later(delay_s, due)
        self._timers.add(handle)
        return handle

    def _entropy(self, size: int) -> bytes:
        self._counter += 1
        return self._counter.to_bytes(size, "big")

    def _fault(self, append: Append) -> Fault:
        draw = self._fault_draw
        if not self.faulty:
            return Fault(delay_s=0.002)
        chance = draw.random()
        if chance < 0.02:
            return Fault(0.02, Appended.UNKNOWN, committed=draw.random() < 0.5)
        if chance < 0.03:
            return Fault(0.01, Appended.WRONG_SEQUENCE)
        if chance < 0.05:
            return Fault(delay_s=draw.choice([0.5, 2.0, 10.0, 40.0]))
        return Fault(delay_s=draw.choice([0.001, 0.003, 0.05]))

    async def boot(self) -> None:
        hosting = Hosting(
            log=self.log,
            bookings=OneBooking(self.lesson),
            clock=self.clock,
            review=review,
            entropy=self._entropy,
            spool=self.spool,
            call_later=self._call_later,
            records=self.log,
            evidence=lambda _: ScriptedEvidence(self.facts),
            sweep_s=SWEEP_S,
            mark_s=SWEEP_S,
        )
        while True:
            try:
                await hosting.start()
                break
            except StoreDown:
                await asyncio.sleep(1)
        self.hosting = hosting
        for person in self.people:
            if person.wanted:
                self.later(self.draw.random() * 3, person.come)
        if self.observer is not None and self.observer.wanted:
            self.later(1.5, self.observer.come)

    def _everybody(self) -> list[Person]:
        return [*self.people, *([self.observer] if self.observer else [])]

    def crash(self, away_s: float) -> None:
        """kill -9: timers, tasks and sockets are gone; of what was queued some became durable."""
        hosting, self.hosting = self.hosting, None
        if hosting is None:
            return
        self.crashes += 1
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.clock.forget_listeners()
        for task in list(hosting._tasks):
            task.cancel()
        self.log.crash(self._fault_draw.randrange(self.log.waiting + 1))
        for person in self._everybody():
            person.host_died()
        self.later(away_s, lambda: self._tasks.append(self.loop.create_task(self.boot())))

    def asked(self, person: Person, frame: f.Asking) -> None:
        self._kept_asked.append((self.clock.now_ms(), person, frame))

    _kept_asked: list

    # The plan -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        self._tasks: list[asyncio.Task] = []
        draw = random.Random(f"{self.seed}-look")
        self._kept_asked = []
        await self.boot()
        self._plan_people()
        self._plan_fate()
        if self.observer:
            self._plan_observer(self.observer)
        over_at = self.lesson.ends_at + self.lesson.policy.overrun_ms + 2 * MINUTE_MS
        while self.clock.now_ms() < over_at:
            await asyncio.sleep(min(60.0, (over_at - self.clock.now_ms()) / 1_000))
            self._look(fold=draw.random() < 0.1)
        self._look(fold=True)
        for _ in range(60):
            if self.hosting is not None and not self.log.waiting and not self._unsettled():
                break
            await asyncio.sleep(10)
        if self.hosting is not None:
            await self.hosting.close()
        self.clock.forget_listeners()

    def _unsettled(self) -> bool:
        return self.hosting is None or any(not live.durable for live in self.hosting._all_live())

    def _look(self, *, fold: bool) -> None:
        """Now and then: no lesson without a deadline; memory is the fold of the log."""
        if self.hosting is None:
            return
        for live in self.hosting._all_live():
            ended = live.room.ended is not None
            if not ended and self.hosting.deadlines.of(live.id) is None:
                self.fail("an open lesson without a deadline")
            if fold and live.durable:
                now = self.clock.now_ms()
                folded = type(live.room).fold(self.log.events(live.id))
                if folded.status(now) != live.room.status(now):
                    self.fail("memory is not the fold of its log")

    def _plan_people(self) -> None:
        draw, lesson = self.draw, self.lesson
        for person in self.people:
            if draw.random() < 0.07:
                continue
            comes_at = lesson.starts_at + draw.choice([-880_000, -300_000, -60_000, 10_000, 200_000, 500_000])
            self.at(comes_at + draw.randrange(5_000), person.come)
            for _ in range(draw.choice([0, 1, 3, 8])):
                self.at(self._some_time(), lambda person=person: person.flap(draw.choice([0.2, 2.0, 30.0])))
            for _ in range(draw.choice([0, 4, 20])):
                self.at(self._some_time(), lambda person=person: self._does_something(person))
            for pupil in self.pupils:
                if person is pupil and draw.random() < 0.8:
                    self.at(comes_at + draw.randrange(120_000), lambda pupil=pupil: self._adult(pupil))
        if draw.random() < 0.5:
            self.at(self._some_time(), lambda: self._ends(self.teacher))

    def _some_time(self) -> int:
        return self.draw.randrange(self.lesson.starts_at - 800_000, self.lesson.ends_at + 500_000)

    def _adult(self, pupil: Person) -> None:
        if self.hosting is None:
            return
        self._counter += 1
        how = "pin" if self.draw.random() < 0.7 else "sight"
        adult = c.AdultIn(by=pupil.actor, action=f"adult-{self._counter}", pupil=pupil.actor.side, name="Alex", how=how)
        self._tasks.append(self.loop.create_task(self._from_page(adult)))

    async def _from_page(self, command: c.Command) -> None:
        hosting = self.hosting
        await hosting.command(LESSON, command)

    def _ends(self, person: Person) -> None:
        because = self.draw.choice([None, None, "agreed", "other", "conduct"])
        person.does(f.EndFrame, because=because)

    def _does_something(self, person: Person) -> None:
        draw = self.draw
        pupil = draw.choice(self.lesson.pupils).id
        messages = [received.frame.message for received in person.received if hasattr(received.frame, "message")]
        some_message = draw.choice(messages) if messages else "none"
        kind = draw.choice(["say"] * 12 + ["press"] * 5 + ["answer"] * 3)
        if kind == "say":
            word = draw.choice(["hello"] * 40 + ["hold"] * 6 + ["escalate", "end"])
            person.does(f.SayFrame, text=f"{word} {draw.randrange(1000)}")
        elif kind == "answer":
            person.does(draw.choice([f.ReleaseFrame, f.WithholdFrame]), message=some_message)
        elif draw.random() < 0.03:
            person.does(f.FlagFrame, message=some_message)
        else:
            self._presses(person, pupil)

    def _presses(self, person: Person, pupil: str) -> None:
        draw = self.draw
        does = draw.choice(
            [
                (f.StartFrame, {}),
                (f.KeepWaitingFrame, {}),
                (f.EndAsMissedFrame, {}),
                (f.CannotSeeFrame, {}),
                (f.LeaveFrame, {}),
                (f.DecideFrame, {"choose": draw.choice(["abort", "carry_over", "teach_on"]), "pupil": pupil}),
                (f.ExplainFrame, {"because": draw.choice(["agreed", "other", "conduct"])}),
                (f.WarnFrame, {"reason": "taking part in the lesson"}),
                (f.AdultOutFrame, {"pupil": pupil}),
                (f.AdultSeenFrame, {"pupil": pupil, "seen": draw.random() < 0.6}),
                (f.CarryOnFrame, {"pupil": pupil}),
            ]
            + ([(f.RemoveFrame, {"pupil": pupil})] if draw.random() < 0.1 else [])
        )
        person.does(does[0], **does[1])

    def _plan_fate(self) -> None:
        draw = self.draw
        if draw.random() < 0.3:
            for _ in range(draw.choice([1, 1, 3])):
                away_s = draw.choice([0.5, 5.0, 60.0, 400.0])
                self.at(self._some_time(), lambda away_s=away_s: self.crash(away_s))
        if draw.random() < 0.2:
            self.at(self._some_time(), lambda: self._jump(draw.choice([5_000, 60_000, 310_000])))
        if self.faulty and draw.random() < 0.3:
            self.at(self._some_time(), lambda: self._store_away(draw.choice([5.0, 100.0, 400.0])))

    def _jump(self, ms: int) -> None:
        self.jumped_ms += ms
        self.clock.jump(ms)

    def _store_away(self, seconds: float) -> None:
        self.log.down = True
        self.later(seconds, self.log.resume)

    def _plan_observer(self, observer: Person) -> None:
        """With randomness of its own: the others must not notice even by that."""
        draw = random.Random(f"{self.seed}-observer")
        for _ in range(draw.choice([1, 3])):
            at = draw.randrange(self.lesson.starts_at - 700_000, self.lesson.ends_at)
            self.at(at, observer.come)
            self.at(at + draw.randrange(600_000), lambda: self._observer_goes(observer))

    def _observer_goes(self, observer: Person) -> None:
        observer.wanted = False
        observer.drop()
