"""How a lesson goes: the exact, deterministic machine of POLICY.md, C, over facts in the order of their true time.

Theory of operation
-------------------
A course is fed logged facts and actions, in any order; they wait in a queue sorted by their true time. `advance(to)`
plays them up to and including an instant. Within one instant the order is POLICY.md's: what time brings (live, started,
limits, E, in this order), then all evidence of the instant together, then what people do, as it came in. What follows
without time passing (a limit of 0 s, a clock that ends the room because another pupil's part ended) follows at once.

`rooms.room` holds two of these: a *settled* one, advanced only as far as evidence is complete, whose derived events go
to the log; and a *provisional* one, a clone of it that is advanced to now.
"""

from __future__ import annotations

import bisect
from typing import Final

from rooms import actions
from rooms.attendance import Attendance
from rooms.clocks import clock_of
from rooms.commands import Evidence
from rooms.events import (
    BackToStart,
    DecisionOpened,
    Event,
    EvidenceChanged,
    Interrupted,
    Live,
    OutcomeChanged,
    PartEnded,
    PlatformChanged,
    Resumed,
    Started,
)
from rooms.lesson import TEACHER, Lesson, Role, SideId
from rooms.outcome import Ending, outcome, room_rule
from rooms.phases import Cause, Phase

FACT: Final = 0
ACTION: Final = 1
Queued = tuple[int, int, int, Event]
"""True time, facts before actions, order of arrival, and what it is."""


class Side:
    """One end of the line: what evidence says of its devices, and what the rules make of it."""

    __slots__ = ("evidence", "ready_since_up", "reasons", "shown", "since")

    def __init__(self, since: int) -> None:
        self.evidence: Evidence = "lost"
        self.reasons: tuple[str, ...] = ("away",)
        self.shown: Evidence = "lost"
        """With the adult, and the time to come back after the platform was down, taken into account."""
        self.since = since
        """Since when ``shown`` is so."""
        self.ready_since_up = False

    def clone(self) -> Side:
        """An independent copy."""
        twin = Side(self.since)
        twin.evidence, twin.reasons = self.evidence, self.reasons
        twin.shown, twin.ready_since_up = self.shown, self.ready_since_up
        return twin


class RoomEnding:
    """How the room ended: an ending, by whom, and whether a reason can still be given for it."""

    __slots__ = ("at", "because_of", "by", "ending", "explained", "pressed")

    def __init__(self, at: int, ending: Ending, by: Role | None, because_of: SideId | None, pressed: bool) -> None:
        self.at = at
        self.ending = ending
        self.by = by
        self.because_of = because_of
        self.pressed = pressed
        """By the teacher's end button, of which a reason is asked."""
        self.explained = False

    def clone(self) -> RoomEnding:
        """An independent copy."""
        twin = RoomEnding(self.at, self.ending, self.by, self.because_of, self.pressed)
        twin.explained = self.explained
        return twin


class Course:
    """One lesson's course. ``at`` is the instant up to which, and including, everything has been played."""

    def __init__(self, lesson: Lesson, opened_at: int) -> None:
        self.lesson = lesson
        self.at = opened_at
        self.platform_up = True
        self.come_back_until: int | None = None
        self.teacher = Side(opened_at)
        self.parts: dict[SideId, Attendance] = {pupil.id: Attendance(pupil, lesson) for pupil in lesson.pupils}
        self.sides: dict[SideId, Side] = {pupil.id: Side(opened_at) for pupil in lesson.pupils}
        self.kept_waiting = False
        self.end_reached = False
        self.ending: RoomEnding | None = None
        self.last_ended: SideId | None = None
        """Whose part ended last."""
        self.derived: list[Event] | None = None
        """What followed, for the log; None in a course that nobody logs."""
        self._queue: list[Queued] = []
        self._arrivals = 0

    def clone(self) -> Course:
        """An independent copy that derives nothing."""
        twin = Course.__new__(Course)
        twin.__dict__.update(self.__dict__)
        twin.teacher = self.teacher.clone()
        twin.parts = {pupil: part.clone() for pupil, part in self.parts.items()}
        twin.sides = {pupil: side.clone() for pupil, side in self.sides.items()}
        twin.ending = self.ending.clone() if self.ending else None
        twin.derived = None
        twin._queue = list(self._queue)
        return twin

    # What is known ------------------------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        """Whether every part is over."""
        return self.ending is not None

    def remaining(self) -> list[Attendance]:
        """The parts that are not over."""
        return [part for part in self.parts.values() if not part.over]

    def closes_at(self) -> int:
        """When a room that is live at E closes: E + overrun, or the next booking if that is before; never before E."""
        latest = self.lesson.ends_at + self.lesson.policy.overrun_ms
        if self.lesson.next_booking_at is None:
            return latest
        return max(self.lesson.ends_at, min(latest, self.lesson.next_booking_at))

    def rule(self) -> str:
        """What ended the room; empty while it is open."""
        if self.ending is None:
            return ""
        return room_rule(self.ending.ending, self.ending.at, list(self.parts.values()), self.lesson)

    def side(self, side: SideId) -> Side:
        """The teacher's, or a pupil's."""
        return self.teacher if side == TEACHER else self.sides[side]

    def both_ready(self, part: Attendance) -> bool:
        """Whether nothing is missing for this part."""
        return self.platform_up and self.teacher.shown == "ready" and self.sides[part.pupil].shown == "ready"

    def all_act(self) -> bool:
        """Whether at this instant a clock of every pupil who is still part of the lesson acts."""
        left = self.remaining()
        return bool(left) and all(part.acts(self.at) for part in left)

    # Playing ------------------------------------------------------------------------------------------------

    def feed(self, event: Event) -> None:
        """Queue a fact or an action. One that is dated before ``at`` happens now: what has been played stays."""
        rank = FACT if isinstance(event, EvidenceChanged | PlatformChanged) else ACTION
        self._arrivals += 1
        bisect.insort(self._queue, (max(event.at, self.at), rank, self._arrivals, event))

    def advance(self, to: int) -> None:
        """Play all up to and including ``to``. It ends: each round passes an instant, or empties the queue of one."""
        if to <= self.at and not self._queue:
            return
        while (at := self.next_due()) is not None and at <= to:
            self.play(at)
        if to > self.at:
            self._pass_time(to)

    def next_due(self) -> int | None:
        """The next instant at which anything happens, as far as is known."""
        at = self.at
        first = self._queue[0][0] if self._queue else None
        for due in self._dues():
            if due > at and (first is None or due < first):
                first = due
        return first

    def _dues(self) -> list[int]:
        if self.over:
            return []
        if self.end_reached:
            return [self.lesson.ends_at, self.closes_at()]
        dues = [self.lesson.ends_at]
        if self.come_back_until is not None:
            dues.append(self.come_back_until)
        for part in self.parts.values():
            due = None if part.over else part.next_due(self.at)
            if due is not None:
                dues.append(due)
        return dues

    def play(self, at: int) -> None:
        """Play one instant, the one that `next_due` says, whole."""
        self._pass_time(at)
        self._time_brings()
        facts: list[Event] = []
        while self._queue and self._queue[0][:2] == (at, FACT):
            facts.append(self._queue.pop(0)[3])
        if facts:
            self._take_in(facts)
            self._time_brings()
        while self._queue and self._queue[0][:2] == (at, ACTION):
            actions.perform(self, self._queue.pop(0)[3])
            self.look_again()
            self._time_brings()

    def _pass_time(self, to: int) -> None:
        if not self.over:
            for part in self.parts.values():
                if not part.over:
                    part.pass_time(self.at, to, self.sides[part.pupil].shown == "ready")
        self.at = to

    def _take_in(self, facts: list[Event]) -> None:
        """All evidence of one instant, together: only where it leaves each side, and the platform, counts."""
        up = self.platform_up
        for fact in facts:
            if isinstance(fact, PlatformChanged):
                up = fact.up
            elif isinstance(fact, EvidenceChanged):
                self.tell(fact.side, fact.evidence, fact.reasons)
        for part in self.parts.values():
            part.device_side_is(self.sides[part.pupil].evidence)
        if up != self.platform_up:
            self.platform_up = up
            self.come_back_until = self.at + self.lesson.policy.come_back_ms if up else None
            for side in (self.teacher, *self.sides.values()):
                side.ready_since_up = False
        self.look_again()

    def tell(self, side: SideId, evidence: Evidence, reasons: tuple[str, ...]) -> None:
        """What evidence says of a side's devices; of a side whose part is over it is passed over."""
        if side != TEACHER and self.parts[side].over:
            return
        told = self.side(side)
        told.evidence, told.reasons = evidence, reasons

    # Classes ------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        """Take each side's class anew, and let every part follow it."""
        self._show(self.teacher, self.teacher.evidence)
        for part in self.parts.values():
            side = self.sides[part.pupil]
            if not part.over:
                self._show(side, part.adult.makes_of(side.evidence, part.started))
                both = self.teacher.evidence == "ready" and side.evidence == "ready"
                part.connection_is(both and self.platform_up, self.at)
        if self.over or self.end_reached:
            return
        for part in self.parts.values():
            if not part.over:
                self._follow(part)

    def _show(self, side: Side, evidence: Evidence) -> None:
        """After the platform is up, who has not been ready since is unknown for a while where they would be lost."""
        if evidence == "ready":
            side.ready_since_up = side.ready_since_up or self.platform_up
        elif evidence == "lost" and self.come_back_until is not None and self.at < self.come_back_until:
            evidence = "lost" if side.ready_since_up else "unknown"
        if evidence != side.shown:
            side.shown, side.since = evidence, self.at

    def _follow(self, part: Attendance) -> None:
        pupil = self.sides[part.pupil]
        fine_pupil = pupil.shown == "ready" or part.excused
        if self.platform_up and self.teacher.shown == "ready" and fine_pupil:
            part.becomes_fine(self.at)
            return
        before = part.phase
        part.is_troubled(clock_of(self.platform_up, self.teacher.shown, pupil.shown), self.at)
        if before is Phase.LIVE:
            self.derive(Interrupted(at=self.at, pupil=part.pupil))
        elif before is Phase.BEGUN:
            self.derive(BackToStart(at=self.at, pupil=part.pupil))

    # What time brings ---------------------------------------------------------------------------------------

    def _time_brings(self) -> None:
        """Until nothing more follows at this instant: live, started, limits, E; then the time to come back is up."""
        if not self.over:
            for part in self.parts.values():
                self._bring_live(part)
            for part in self.parts.values():
                if part.lasts(self.at):
                    part.started = part.move(Cause.LASTED)
                    self.derive(Started(at=self.at, pupil=part.pupil))
            self._bring_limits()
            self._bring_end()
        if self.come_back_until is not None and self.at >= self.come_back_until:
            self.come_back_until = None
            self.look_again()

    def _bring_live(self, part: Attendance) -> None:
        if self.end_reached or not part.held_ready(self.at):
            return
        coming_back = part.phase is Phase.COMING_BACK
        part.becomes_live(self.at, Cause.HELD)
        if coming_back:
            self.derive(Resumed(at=self.at, pupil=part.pupil, interrupted_ms=part.interrupted_ms))
        else:
            self.derive(Live(at=self.at, pupil=part.pupil))

    def _bring_limits(self) -> None:
        if self.end_reached:
            return
        for part in self.parts.values():
            if part.asks_to_decide():
                part.decision = "open"
                self.derive(DecisionOpened(at=self.at, pupil=part.pupil))
        if self.all_act() and not (self.kept_waiting and self._waits_for_one()):
            self.end_room(Ending("clock"))

    def _waits_for_one(self) -> bool:
        """*Keep waiting* holds C3 back, until E ends it by its own rule; one such clock keeps the room open."""
        return any(part.clocks.running == "pupil" for part in self.remaining())

    def _bring_end(self) -> None:
        if self.over or self.at < self.lesson.ends_at:
            return
        if not self.end_reached:
            self.end_reached = True
            for part in self.remaining():
                part.reach_end()
            for part in self.remaining():
                if not part.ran_on:
                    self.end_part(part, Ending("time"))
            if not self.remaining():
                self._close(Ending("time"))
        if not self.over and self.at >= self.closes_at():
            self.end_room(Ending("closing"))

    # Ends ---------------------------------------------------------------------------------------------------

    def end_part(self, part: Attendance, ending: Ending) -> None:
        """One pupil's part is over."""
        part.finish(self.at, ending)
        part.outcome = outcome(part, ending, self.lesson)
        self.last_ended = part.pupil
        self.derive(PartEnded(at=self.at, pupil=part.pupil, outcome=part.outcome))

    def end_room(
        self, ending: Ending, by: Role | None = None, because_of: SideId | None = None, pressed: bool = False
    ) -> None:
        """Every part that is left ends; if because of one, then for the others as if the teacher said *other*."""
        left = self.remaining()
        for part in left:
            own = because_of is None or part.pupil == because_of
            how = ending.how if own else "teacher"
            because = ending.because if own else "other"
            self.end_part(part, Ending(how, because, self.another_started(part)))
        self._close(ending, by, because_of, pressed)

    def end_with_last(self, ending: Ending, by: Role) -> None:
        """The room ends with its last part, if that was it."""
        if not self.remaining():
            self._close(ending, by)

    def another_started(self, part: Attendance) -> bool:
        """Whether another pupil has started by now."""
        return any(other.started for other in self.parts.values() if other is not part)

    def _close(
        self, ending: Ending, by: Role | None = None, because_of: SideId | None = None, pressed: bool = False
    ) -> None:
        self.ending = RoomEnding(self.at, ending, by, because_of, pressed)

    def judge_again(self, part: Attendance) -> None:
        """A reason or a decision came afterwards: everything is as if it had been known. What an officer set, stays."""
        if part.overruled or part.outcome is None:
            return
        found = outcome(part, part.ending, self.lesson)
        if found != part.outcome:
            part.outcome = found
            self.derive(OutcomeChanged(at=self.at, pupil=part.pupil, outcome=found))

    def derive(self, event: Event) -> None:
        """Something followed."""
        if self.derived is not None:
            self.derived.append(event)
