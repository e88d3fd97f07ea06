"""One pupil's own part of a lesson: its phase, its clocks, what was live and what was interrupted.

Pure arithmetic over whole milliseconds. `rooms.course` tells it, in order of true time, that time passes, that both
sides are ready or are not, and that it is over; `rooms.phases` says what that leads to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rooms.adults import Adult
from rooms.clocks import StartClocks
from rooms.commands import Evidence
from rooms.events import ClockName, Outcome
from rooms.lesson import Lesson, Pupil
from rooms.phases import LIVE_PHASES, MOVES, MOVES_WITHOUT_A_CHARGE, Cause, Phase

if TYPE_CHECKING:
    from rooms.outcome import Ending

Decision = Literal["", "open", "teach_on", "abort", "carry_over"]
"""C6: not open, open and undecided, or what was chosen."""


class Attendance:
    """The machine of one pupil. Times are Unix milliseconds; what counts, counts between T and E."""

    __slots__ = (
        "acted", "adult", "clocks", "decision", "ending", "excused", "explained", "interrupted_ms", "lesson",
        "live_ms", "moves", "outcome", "over_at", "overruled", "phase", "pupil", "ran_on", "ready_since",
        "removed", "started", "trouble_since",
    )  # fmt: skip

    def __init__(self, pupil: Pupil, lesson: Lesson) -> None:
        self.pupil = pupil.id
        self.lesson = lesson
        self.moves = MOVES if lesson.kind.charged else MOVES_WITHOUT_A_CHARGE
        self.phase = Phase.STARTING
        self.clocks = StartClocks()
        self.clocks.run("teacher", lesson.starts_at)
        self.adult = Adult(pupil.age, lesson.policy)
        self.ready_since = 0
        """In SETTLING and COMING_BACK: since when both are ready."""
        self.trouble_since: int | None = lesson.starts_at
        """Since when there is connection trouble, by the devices alone: the adult's absence is none (C4)."""
        self.live_ms = 0
        self.interrupted_ms = 0
        self.started = False
        self.excused = False
        """*Leave* was pressed while live: that side's absence is no interruption until it is ready again."""
        self.decision: Decision = ""
        self.ran_on = False
        """It was live at E, so it stays held whoever ends the room afterwards."""
        self.removed = False
        self.explained = False
        """The reason of a removal without one was given."""
        self.acted: ClockName | None = None
        """The clock that ended it."""
        self.over_at = 0
        self.ending: Ending
        self.outcome: Outcome | None = None
        self.overruled: Literal["", "charged", "not_charged"] = ""

    def clone(self) -> Attendance:
        """An independent copy."""
        twin = Attendance.__new__(Attendance)
        # Name by name: a deadline is found on a copy, at each change of evidence, and a loop over the slots costs most.
        twin.pupil, twin.lesson, twin.moves, twin.phase = self.pupil, self.lesson, self.moves, self.phase
        twin.clocks, twin.adult = self.clocks.clone(), self.adult.clone()
        twin.ready_since, twin.trouble_since = self.ready_since, self.trouble_since
        twin.live_ms, twin.interrupted_ms = self.live_ms, self.interrupted_ms
        twin.started, twin.excused, twin.decision, twin.ran_on = self.started, self.excused, self.decision, self.ran_on
        twin.removed, twin.explained, twin.overruled = self.removed, self.explained, self.overruled
        twin.acted, twin.over_at, twin.outcome = self.acted, self.over_at, self.outcome
        if self.over:
            twin.ending = self.ending
        return twin

    @property
    def over(self) -> bool:
        """Whether this part has ended."""
        return self.phase is Phase.OVER

    @property
    def live(self) -> bool:
        """Whether it is live now."""
        return self.phase in LIVE_PHASES

    def move(self, cause: Cause) -> bool:
        """Follow the table; whether there was anything to follow."""
        to = self.moves.get((self.phase, cause))
        if to is None:
            return False
        self.phase = to
        return True

    # Time ---------------------------------------------------------------------------------------------------

    def counted(self, since: int, until: int) -> int:
        """How much of a span lies between T and E."""
        return max(0, min(until, self.lesson.ends_at) - max(since, self.lesson.starts_at))

    def before_end(self, since: int, until: int) -> int:
        """How much of a span lies before E."""
        return max(0, min(until, self.lesson.ends_at) - since)

    def pass_time(self, since: int, until: int, pupil_ready: bool) -> None:
        """Time passed in which nothing changed. Settling and coming back are counted only when they break or hold."""
        phase = self.phase
        if phase is Phase.STARTING:
            if self.clocks.running is not None:
                self.clocks.add(self.clocks.running, self.counted(since, until), pupil_ready)
        elif phase is Phase.BEGUN or phase is Phase.LIVE:
            self.live_ms += self.before_end(since, until)
        elif phase is Phase.INTERRUPTED:
            self.interrupted_ms += self.counted(since, until)

    def next_due(self, at: int) -> int | None:
        """The next instant after ``at`` at which time alone changes this part, if nothing else happens before."""
        policy, starts_at = self.lesson.policy, self.lesson.starts_at
        phase = self.phase
        if phase is Phase.SETTLING:
            return max(self.ready_since + policy.settle_ms, starts_at)
        if phase is Phase.COMING_BACK:
            return self.ready_since + policy.settle_ms
        if phase is Phase.BEGUN:
            return at + policy.started_after_ms - self.live_ms
        if phase is Phase.STARTING:
            return self.clocks.acts_at(max(at, starts_at), policy)
        if phase is Phase.INTERRUPTED and not self.decision and self.lesson.kind.charged:
            return max(at, starts_at) + policy.interrupted_limit_ms + 1 - self.interrupted_ms
        return None

    def held_ready(self, at: int) -> bool:
        """Whether both have been ready long enough by now, so that it is live."""
        if self.phase not in (Phase.SETTLING, Phase.COMING_BACK):
            return False
        due = self.next_due(at)
        return due is not None and due <= at

    def lasts(self, at: int) -> bool:
        """Whether it has been live long enough to count as started."""
        return self.phase is Phase.BEGUN and self.live_ms >= self.lesson.policy.started_after_ms

    def acts(self, at: int) -> bool:
        """Whether its running clock acts now."""
        due = self.clocks.acts_at(at, self.lesson.policy) if self.phase is Phase.STARTING else None
        return due is not None and self.lesson.starts_at <= at and due <= at and self.lesson.kind.charged

    def asks_to_decide(self) -> bool:
        """Whether C6 opens now. Without a charge nothing aborts, so that there is nothing to decide (L1)."""
        passed = self.interrupted_ms > self.lesson.policy.interrupted_limit_ms
        return passed and not self.decision and not self.over and self.lesson.kind.charged

    def connection_is(self, fine: bool, at: int) -> None:
        """Whether both sides' devices and the platform are as they should be."""
        if fine:
            self.trouble_since = None
        elif self.trouble_since is None:
            self.trouble_since = at

    # Readiness ----------------------------------------------------------------------------------------------

    def becomes_fine(self, at: int) -> None:
        """Both sides are ready, and the platform is up."""
        if self.move(Cause.BOTH_READY):
            self.ready_since = at
            self.clocks.stop()

    def is_troubled(self, clock: ClockName, at: int) -> None:
        """They are not; ``clock`` is whose time this is before the start."""
        if self.phase is Phase.SETTLING:
            # Both were ready in these seconds, so on the teacher's clock they protect the pupil as well.
            self.clocks.add(clock, self.counted(self.ready_since, at), pupil_ready=True)
        elif self.phase is Phase.COMING_BACK:
            self.interrupted_ms += self.counted(self.ready_since, at)
        self.move(Cause.TROUBLE)
        if self.phase is Phase.STARTING:
            self.clocks.run(clock, max(at, self.lesson.starts_at))

    def becomes_live(self, at: int, cause: Cause) -> bool:
        """Settled, came back, or *start* was pressed."""
        came_back = self.phase is Phase.COMING_BACK
        if not self.move(cause):
            return False
        self.clocks.stop()
        if came_back:
            self.live_ms += self.before_end(self.ready_since, at)
        return True

    def pending_live_ms(self, at: int) -> int:
        """Seconds of coming back, as far as nothing has broken them: were it over now, they were live."""
        return self.before_end(self.ready_since, at) if self.phase is Phase.COMING_BACK else 0

    # The end ------------------------------------------------------------------------------------------------

    def reach_end(self) -> None:
        """It is E: run on where live. The others are over, and `finish` takes them there with their ending."""
        if self.moves.get((self.phase, Cause.TIME_UP)) is Phase.RUNNING_ON:
            self.move(Cause.TIME_UP)
            self.ran_on = True

    def finish(self, at: int, ending: Ending) -> None:
        """This part is over. Seconds of coming back that nothing broke were live."""
        self.live_ms += self.pending_live_ms(at)
        if ending.how in ("clock", "missed") and self.acts(at):
            self.acted = self.clocks.running
        self.phase = Phase.OVER
        self.clocks.stop()
        self.over_at = at
        self.ending = ending

    def device_side_is(self, evidence: Evidence) -> None:
        """What evidence says of the pupil's devices now."""
        if evidence == "ready":
            self.excused = False
