"""Evidence told as facts: what is true of each side when, and when the host comes to know it."""

from __future__ import annotations

import random

import msgspec

from rooms.commands import SideIs
from rooms.lesson import SideId


class Fact(msgspec.Struct, frozen=True):
    at: int
    known_at: int
    side: SideId
    evidence: str


class ScriptedEvidence:
    """`server.house.Evidence` over a list of facts. The watermark is the best there is: the first unknown fact."""

    def __init__(self, facts: list[Fact]) -> None:
        self._untold = sorted(facts, key=lambda fact: fact.known_at)
        self._current: dict[SideId, str] = {fact.side: "lost" for fact in facts}
        self._at: dict[SideId, int] = {}
        self._again: int | None = None
        self._again_of: set[SideId] = set()
        self._samples = 0

    changed = False

    def changes(self, now: int) -> list[SideIs]:
        if self._untold and self._untold[0].known_at > now and self._again is None and not self._again_of:
            return []
        told = [fact for fact in self._untold if fact.known_at <= now]
        self._untold = [fact for fact in self._untold if fact.known_at > now]
        told.sort(key=lambda fact: fact.at)
        changes = []
        if self._again is not None:
            # After a restart: what was true before it is told as of now.
            for fact in told:
                self._current[fact.side] = fact.evidence
            self._at = dict.fromkeys(self._current, self._again)
            self._again_of.clear()
            changes = [SideIs(side=side, evidence=kind, at=self._again) for side, kind in self._current.items()]
            self._again = None
            return changes
        again, self._again_of = self._again_of, set()
        changes += [SideIs(side=side, evidence=self._current[side], at=self._at[side]) for side in sorted(again)]
        for fact in told:
            self._current[fact.side], self._at[fact.side] = fact.evidence, fact.at
            changes.append(SideIs(side=fact.side, evidence=fact.evidence, at=fact.at))
        return changes

    def complete_until(self, now: int) -> int:
        return min((fact.at for fact in self._untold if fact.at <= now), default=now)

    def resumed_platform(self, now: int) -> None:
        self._again = now

    def tell_again(self, side: SideId) -> None:
        self._again_of.add(side)

    def weak(self, now: int) -> tuple[SideId, ...]:
        return ()

    def _nothing(self, *args: object, **more: object) -> None:
        self._samples += 1

    connected = disconnected = never_came = heard = report = left = takeover = _nothing
    leg = path_switching = set_started = shift = _nothing


def random_facts(draw: random.Random, sides: list[SideId], starts_at: int, ends_at: int) -> list[Fact]:
    """Each side comes sooner, later or never; then its line holds, or drops now and then, or hardly ever holds."""
    facts = []
    lag_ms = draw.choice([0, 0, 3_000, 12_000])
    for side in sides:
        if draw.random() < 0.12:
            continue
        at = starts_at + draw.choice([-600_000, -60_000, -5_000, 0, 30_000, 200_000, 290_000, 400_000, 900_000])
        at += draw.randrange(20_000)
        steady_ms = draw.choice([40_000, 200_000, 600_000, 3_000_000, 3_000_000])
        gap_ms = draw.choice([2_000, 20_000, 120_000, 400_000])
        ready = True
        known_at = 0
        while at < ends_at + 900_000 and len(facts) < 300:
            kind = "ready" if ready else draw.choice(["lost", "lost", "unknown"])
            known_at = max(known_at, at + draw.randrange(lag_ms + 1))
            facts.append(Fact(at, known_at, side, kind))
            at += 1 + int(draw.expovariate(1 / (steady_ms if ready else gap_ms)))
            ready = not ready
    return facts


def ready_ms(facts: list[Fact], side: SideId, begin: int, end: int) -> int:
    """For how long that side was ready between two instants, truly."""
    total, since = 0, None
    for fact in sorted((fact for fact in facts if fact.side == side), key=lambda fact: fact.at):
        if fact.evidence == "ready" and since is None:
            since = fact.at
        elif fact.evidence != "ready" and since is not None:
            total += max(0, min(end, fact.at) - max(begin, since))
            since = None
    return total if since is None else total + max(0, end - max(begin, since))
