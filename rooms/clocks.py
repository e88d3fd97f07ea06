"""The three start clocks of one pupil: whose trouble the time between T and the start is (C2, C3, C7)."""

from __future__ import annotations

from rooms.commands import Evidence
from rooms.events import ClockName, Clocks
from rooms.policy import Policy


def clock_of(platform_up: bool, teacher: Evidence, pupil: Evidence) -> ClockName:
    """Which clock runs while it is not live and not settling: exactly one always does."""
    if not platform_up:
        return "nobody"
    if teacher == "lost":
        return "teacher"
    if teacher == "ready" and pupil == "lost":
        return "pupil"
    return "nobody"


class StartClocks:
    """They add up and are never reset. Milliseconds; `since` is when the running one began to, without a break."""

    __slots__ = ("nobody", "pupil", "ready_for_teacher", "running", "since", "teacher")

    def __init__(self) -> None:
        self.teacher = 0
        self.pupil = 0
        self.nobody = 0
        self.running: ClockName | None = None
        self.since = 0
        self.ready_for_teacher = 0
        """Of the time on the teacher's clock, how long this pupil side was ready: it protects from C3."""

    def clone(self) -> StartClocks:
        """An independent copy."""
        twin = StartClocks.__new__(StartClocks)
        twin.teacher, twin.pupil, twin.nobody = self.teacher, self.pupil, self.nobody
        twin.running, twin.since, twin.ready_for_teacher = self.running, self.since, self.ready_for_teacher
        return twin

    def run(self, name: ClockName, at: int) -> None:
        """Let this one run from now on; going on with the same one is no break."""
        if self.running != name:
            self.running, self.since = name, at

    def stop(self) -> None:
        """None runs: settling, live, or over."""
        self.running = None

    def add(self, name: ClockName, ms: int, pupil_ready: bool) -> None:
        """Put time on a clock."""
        if name == "teacher":
            self.teacher += ms
            if pupil_ready:
                self.ready_for_teacher += ms
        elif name == "pupil":
            self.pupil += ms
        else:
            self.nobody += ms

    def value(self, name: ClockName) -> int:
        """How much is on a clock."""
        if name == "teacher":
            return self.teacher
        return self.pupil if name == "pupil" else self.nobody

    def acts_at(self, at: int, policy: Policy) -> int | None:
        """When the running clock acts if it just goes on from ``at`` on: above its limit, and long enough in one go."""
        if self.running is None:
            return None
        above = at + policy.start_limit_ms + 1 - self.value(self.running)
        return max(above, self.since + policy.limit_runs_ms)

    def protected(self, policy: Policy) -> bool:
        """A pupil side that was ready while the teacher was not is never charged by C3."""
        return self.ready_for_teacher >= policy.protected_after_ms

    def reading(self) -> Clocks:
        """As they stand."""
        return Clocks(teacher=self.teacher, pupil=self.pupil, nobody=self.nobody)
