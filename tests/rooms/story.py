"""Words to tell a lesson with: through `play` for what the rules come to, and a room at work for everything else."""

from __future__ import annotations

import itertools
from typing import Any

from rooms import commands as c
from rooms.audience import Viewer
from rooms.decision import Decision
from rooms.events import Event, Opened
from rooms.lesson import TEACHER, Actor, Kind, Lesson, Pupil, Role
from rooms.policy import Policy
from rooms.room import Room
from rooms.verdict import Ruling, Verdict
from server.play import play
from server.scenario import read

Fact = dict[str, Any]
Line = dict[str, Any]
END = 1800


def is_(side: str, what: str, at: float) -> Fact:
    return {"at": at, "side": side, "is": what}


def ready(side: str, at: float) -> Fact:
    return is_(side, "ready", at)


def lost(side: str, at: float) -> Fact:
    return is_(side, "lost", at)


def unknown(side: str, at: float) -> Fact:
    return is_(side, "unknown", at)


def platform(word: str, at: float) -> Fact:
    return {"at": at, "platform": word}


def does(by: str, what: str, at: float, **more: Any) -> Fact:
    return {"at": at, "by": by, "does": what, **more}


def teacher(what: str, at: float, **more: Any) -> Fact:
    return does("teacher", what, at, **more)


def told(*facts: Fact, end: float = END, age: int = 17, **more: Any) -> Line:
    """How a lesson with Sam goes: facts in any order, played as a file would be."""
    scenario = {"name": "", "kind": "individual", "end": end, "pupils": [{"id": "sam", "age": age}], **more}
    return play(read({**scenario, "facts": sorted(facts, key=lambda fact: fact["at"])}))


def sam_of(line: Line) -> Line:
    found: Line = line["pupils"]["sam"]
    return found


def came_to(line: Line, pupil: str = "sam") -> tuple[str, str, bool, int]:
    """Rule, charge, whether to be rescheduled, minutes owed."""
    found = line["pupils"][pupil]
    return found["rule"], found["charge"], found["reschedule"], found["minutes_owed"]


CHARGED = ("charged", False, 0)
NOT_CHARGED = ("not_charged", True, 0)
UNDECIDED = ("undecided", False, 0)
BOTH_READY = (ready("teacher", -60), ready("sam", -60))

# A room at work ---------------------------------------------------------------------------------------------

T = 1_700_000_000_000
MS = 1_000
TEACHER_ACTOR = Actor(role=Role.TEACHER, person="p-teacher", name="Ms Lee", side=TEACHER)
MANAGER = Actor(role=Role.MANAGER, person="p-manager", name="Mr Quill")
OFFICE = Actor(role=Role.OFFICE, person="p-office", name="Office")


def family(pupil: str) -> Actor:
    return Actor(role=Role.PUPIL_SIDE, person=f"p-{pupil}", name=f"{pupil}'s mum", side=pupil)


def booking(*ages: int, kind: Kind = Kind.INDIVIDUAL, end: int = END, policy: Policy | None = None) -> Lesson:
    names = ("sam", "ann", "bob", "cy")
    pupils = tuple(Pupil(id=name, first_name=name, age=age) for name, age in zip(names, ages or (17,), strict=False))
    return Lesson(
        id="l-1", kind=kind, subject="Violin", teacher_name="Ms Lee", pupils=pupils, starts_at=T,
        ends_at=T + end * MS, policy=policy or Policy(),
    )  # fmt: skip


class AtWork:
    """A room, its log, and a clock in seconds from T. Every decision is applied; `folded` replays the log."""

    def __init__(self, lesson: Lesson | None = None, lag: float = 0) -> None:
        opened = Opened(at=T - 900 * MS, lesson=lesson or booking())
        self.log: list[Event] = [opened]
        self.room = Room(opened)
        self.lag = round(lag * MS)
        self.now = opened.at
        self._ids = itertools.count()

    def decide(self, command: c.Command, at: float | None = None) -> Decision:
        if at is not None:
            self.now = T + round(at * MS)
        decision = self.room.decide(command, self.now)
        for event in decision.events:
            self.log.append(event)
            self.room.apply(event)
        return decision

    def side(self, side: str, evidence: Any, at: float, known_at: float | None = None) -> Decision:
        return self.decide(c.SideIs(side=side, evidence=evidence, at=T + round(at * MS)), known_at or at)

    def tick(self, at: float) -> Decision:
        self.now = T + round(at * MS)
        return self.decide(c.Tick(complete_until=self.now - self.lag))

    def stamp(self, by: Actor = TEACHER_ACTOR) -> dict[str, Any]:
        return {"by": by, "action": f"a{next(self._ids)}"}

    def say(self, by: Actor, at: float, ruling: Ruling = Ruling.ALLOW, **verdict: Any) -> tuple[str, Decision]:
        message = f"m{next(self._ids)}"
        self.decide(c.Say(**self.stamp(by), message=message, digest="00"), at)
        return message, self.decide(c.Judge(message=message, verdict=Verdict(ruling=ruling, **verdict)))

    def both_ready(self, at: float = -60) -> None:
        self.side(TEACHER, "ready", at)
        for pupil in self.room.lesson.pupils:
            self.side(pupil.id, "ready", at)

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.log]

    def part(self, at: float, pupil: str = "sam") -> Any:
        return next(part for part in self.room.status(T + round(at * MS)).parts if part.pupil == pupil)

    def can(self, at: float, by: Actor = TEACHER_ACTOR) -> tuple[str, ...]:
        return self.room.can(Viewer(by.role, by.person, by.side), T + round(at * MS))

    def same_when_folded(self) -> bool:
        twin = Room.fold(self.log)
        viewers = [Viewer(by.role, by.person, by.side) for by in (TEACHER_ACTOR, family("sam"), MANAGER)]
        for later in (0, 1, 7, 61, 301, 3_600):
            now = self.now + later * MS
            if twin.status(now) != self.room.status(now):
                return False
            if any(twin.can(viewer, now) != self.room.can(viewer, now) for viewer in viewers):
                return False
        return True
