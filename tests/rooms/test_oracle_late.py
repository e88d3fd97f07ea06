"""Evidence that comes late, as a service meets it: told when it is known, while people act, behind a watermark.

`lessonroom play` feeds facts in the order of their true time. Here the same room gets them in the order in which they
are known, with evidence complete only up to `now - lag`, and has to come to the oracle's line: "everything is as if all
had been known at once". What a person was refused on what was known then stays refused, so only lessons in which
complete knowledge refuses the same actions are compared.
"""

from __future__ import annotations

from typing import Any

import pytest

from rooms import commands as c
from rooms.events import Event, Opened, Voided
from rooms.room import Room
from server import play
from server.scenario import Fact, Scenario, read
from tests.rooms.oracle import ms
from tests.rooms.oracle import play as oracle
from tests.rooms.scenario_strategy import scenario_of
from tests.rooms.shrink import first_difference

SEEDS = 3000
"""About half of them have a lag; some 3 s."""
COMPARED_LEAST = 0.97
"""Of those with a lag: were more set aside, the rest would say little."""


class LateRoom:
    """One scenario, told as it becomes known."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.scenario: Scenario = read(raw)
        until = self.scenario.until
        self.facts = [fact for fact in self.scenario.facts if until is None or fact.at <= until]
        self.stops_at = play._stops_at(self.scenario, self.facts)
        self.opened = Opened(
            at=min(0, self.stops_at, *(fact.at for fact in self.facts), 0), lesson=self.scenario.lesson
        )
        self.room = Room(self.opened)
        self.log: list[Event] = [self.opened]
        self.refused: dict[int, str] = {}
        for known_at, number, fact in self.as_known(raw):
            self.happens(known_at, number, fact)
        self.apply(c.Tick(complete_until=self.stops_at), self.stops_at + self.scenario.lag)

    def as_known(self, raw: dict[str, Any]) -> list[tuple[int, int, Fact]]:
        """Facts in the order of knowing; one side's evidence is never known out of its own order."""
        order = []
        newest: dict[str, int] = {}
        for number, fact in enumerate(self.facts):
            known_at = ms(raw["facts"][number].get("known_at", raw["facts"][number]["at"]))
            if not fact.by:
                side = fact.side or "platform"
                known_at = newest[side] = max(known_at, newest.get(side, known_at))
            order.append((known_at, bool(fact.by), number, fact))
        return [(known_at, number, fact) for known_at, _, number, fact in sorted(order, key=lambda one: one[:3])]

    def happens(self, now: int, number: int, fact: Fact) -> None:
        if not fact.by:
            self.apply(play._evidence(fact), now)
            return
        self.apply(c.Tick(complete_until=now - self.scenario.lag - 1), now)
        code = self.apply(play._action(fact, number), now)
        if code:
            self.refused[number] = code

    def apply(self, command: c.Command, now: int) -> str:
        decision = self.room.decide(command, now)
        for event in decision.events:
            self.log.append(event)
            self.room.apply(event)
            if isinstance(event, Voided):
                self.refused[self.number_of(event)] = event.code
        return decision.refused

    def number_of(self, event: Voided) -> int:
        """Which fact was voided: hook and office have no action ids, and each ends a room only once."""
        if event.action:
            return int(event.action)
        return next(n for n, fact in enumerate(self.facts) if fact.by in ("hook", "office") and n not in self.refused)

    def line(self, room: Room) -> dict[str, Any]:
        return play._line(self.scenario, room, [(self.facts[n], self.refused[n]) for n in sorted(self.refused)])


def late_seeds() -> list[int]:
    return [seed for seed in range(SEEDS) if scenario_of(seed).get("lag")]


def test_late_evidence_comes_to_the_line_of_complete_evidence() -> None:
    compared = 0
    seeds = late_seeds()
    for seed in seeds:
        scenario = scenario_of(seed)
        late = LateRoom(scenario)
        line, expected = late.line(late.room), oracle(scenario)
        if line.get("refused") == expected.get("refused"):
            compared += 1
            if found := first_difference(expected, line):
                pytest.fail(f"seed {seed}: complete / late differ at {found}\n{scenario}", pytrace=False)
    assert compared >= COMPARED_LEAST * len(seeds)


def test_the_log_of_a_late_lesson_folds_to_the_same_line() -> None:
    for seed in late_seeds()[:600]:
        late = LateRoom(scenario_of(seed))
        folded = Room.fold(late.log)
        folded.decide(c.Tick(complete_until=late.stops_at), late.stops_at + late.scenario.lag)
        assert late.line(folded) == late.line(late.room), seed
