"""What is measured of media servers under made-up lessons: cost a packet and a lesson, memory, the way's time."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.media_load import Crowd, Tally
from benchmarks.media_process import Spent, measured, running
from benchmarks.media_traffic import FULL, LEG, Quality

WARM_S, MEASURED_S = 1.0, 4.0
SERVER_CORES = {0}


@dataclass(frozen=True)
class Stretch:
    """One server, one load, one stretch."""

    packets_lesson_s: float
    """That the sides of one lesson send, as they are meant to."""
    spent: Spent
    tally: Tally

    @property
    def us_out(self) -> float:
        """CPU a forwarded packet; all that the server does, divided by what it gave out."""
        return self.spent.server_s * 1e6 / max(1, self.tally.came)

    @property
    def us_lesson_s(self) -> float:
        """CPU a lesson and second; by its packets, so that a load that fell behind does not make it cheaper."""
        return self.spent.server_s * 1e6 / max(1, self.tally.sent) * self.packets_lesson_s

    @property
    def arrived(self) -> float:
        return self.tally.came / self.tally.expected if self.tally.expected else 1.0


@dataclass
class Rounds:
    """The same stretch of several rounds."""

    stretches: list[Stretch] = field(default_factory=list)

    def median(self, figure: Callable[[Stretch], float]) -> float:
        return statistics.median(figure(each) for each in self.stretches)


def _stretch(crowd: Crowd, pid: int, seconds: float) -> Stretch:
    crowd.run(WARM_S)
    crowd.tally = Tally()
    spent = measured(pid, lambda: crowd.run(seconds))
    tally, crowd.tally = crowd.tally, Tally()
    return Stretch(crowd.packets_lesson_s, spent, tally)


def legs(server: Any, port: int, address: str, lessons: int) -> tuple[Stretch, Stretch, float]:
    """Small legs of so many lessons: nobody watching, then each lesson watched by one; and kB a watched lesson."""
    with running(server, port, SERVER_CORES) as process:
        crowd = Crowd(server, address, LEG)
        empty = measured(process.pid, lambda: None).kb
        for lesson in range(lessons):
            crowd.open_lesson()
            crowd.settle_some(lesson)
        crowd.settle()
        alone = _stretch(crowd, process.pid, MEASURED_S)
        for lesson in range(lessons):
            crowd.watch(lesson, "o", [0, 1])
            crowd.settle_some(lesson)
        crowd.settle()
        watched = _stretch(crowd, process.pid, MEASURED_S)
        crowd.close()
    return alone, watched, (watched.spent.kb - empty) / lessons


def whole(server: Any, port: int, address: str, lessons: int, quality: Quality = FULL) -> Stretch:
    """All of the lessons' own media through the server: each side sends in full, and receives the other."""
    with running(server, port, SERVER_CORES) as process:
        crowd = Crowd(server, address, quality)
        for number in range(lessons):
            crowd.open_lesson()
            crowd.settle_some(number)
        crowd.settle()
        for lesson in range(lessons):
            for side in (0, 1):
                crowd.watch(lesson, f"side{side}", [1 - side])
            crowd.settle_some(lesson)
        crowd.settle()
        stretch = _stretch(crowd, process.pid, MEASURED_S)
        crowd.close()
    return stretch
