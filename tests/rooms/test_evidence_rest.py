"""Evidence rests while nothing can change: what it passes over must hide nothing, and a calm lesson must be at rest."""

from __future__ import annotations

import random

import pytest

from rooms.commands import SideIs
from rooms.evidence import LessonEvidence
from rooms.quality import Sample

S = 1_000
SIDES = ("teacher", "sam", "kit")


class Restless(LessonEvidence):
    """Judges whenever it is asked."""

    def changes(self, now: int) -> list[SideIs]:
        self._judge(self._until(now))
        return super().changes(now)


class Counting(LessonEvidence):
    judged = 0

    def _judge(self, now: int) -> None:
        self.judged += 1
        super()._judge(now)


class Browser:
    """One side's page: beats and reports with jitter, gaps, switches that people press, reconnects."""

    def __init__(self, side: str, draw: random.Random) -> None:
        self.side = side
        self._draw = draw
        self._next = draw.randrange(S)
        self._jitter = draw.choice([1, 300, 1_500])
        self._lossy = draw.choice([0.0, 0.1, 0.3])
        self._camera = self._microphone = "on"
        self._connected = True
        self._down_until = 0
        self._leg_down = (0, 0)
        self._rtp: int | None = None

    def step(self, now: int, packets: int, told: list[LessonEvidence]) -> None:
        draw = self._draw
        chance = draw.random()
        if chance < 0.002:
            self._camera = draw.choice(["on", "off", "missing"])
            self._microphone = draw.choice(["on", "off", self._camera])
        elif chance < 0.003:
            self._down_until = now + draw.choice([1_600, 2_500, 5_000])
        elif chance < 0.004:
            self._connected = not self._connected
        elif chance < 0.005:
            self._does(draw, now, told)
        elif chance < 0.006:
            self._leg_down = (now, now + draw.choice([1_000, 4_000, 12_000, 30_000]))
        if not self._leg_down[0] <= now < self._leg_down[1] and now >= self._down_until:
            self._rtp = now
        if now < self._next:
            return
        self._next += S + draw.randrange(self._jitter)
        if now < self._down_until or draw.random() < self._lossy:
            return
        sample = Sample(
            camera=self._camera, microphone=self._microphone, sent=packets, received=packets, connected=self._connected
        )
        for evidence in told:
            evidence.heard(self.side, "tab", now)
            evidence.report(self.side, "tab", sample, now)

    def leg(self, now: int, others_at: int | None, told: list[LessonEvidence]) -> None:
        """The relay is asked; it does not always answer."""
        others_at = None if self._draw.random() < 0.02 else others_at
        for evidence in told:
            evidence.leg(self.side, self._rtp, others_at, now)

    def _does(self, draw: random.Random, now: int, told: list[LessonEvidence]) -> None:
        what, clean = draw.choice(["again", "reload", "takeover", "path", "started", "leave"]), draw.random() < 0.5
        for evidence in told:
            match what:
                case "again":
                    evidence.disconnected(self.side, "tab", now, clean)
                    evidence.connected(self.side, "tab", now)
                case "reload":
                    evidence.connected(self.side, "tab", now)
                    evidence.disconnected(self.side, "tab", now, clean)
                case "takeover":
                    evidence.takeover(self.side, now, "tab")
                    evidence.connected(self.side, "tab", now)
                case "path":
                    evidence.path_switching(self.side, now)
                case "started":
                    evidence.set_started(self.side, True)
                case "leave":
                    evidence.left(self.side, now)
                    if clean:
                        evidence.connected(self.side, "tab", now)


@pytest.mark.parametrize("relay", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_what_is_passed_over_hides_nothing(seed: int, relay: bool) -> None:
    draw = random.Random(seed)
    sides = SIDES[: draw.choice([2, 2, 3])]
    told = [LessonEvidence(sides, relay=relay), Restless(sides, relay=relay)]
    browsers = [Browser(side, draw) for side in sides]
    packets = 0
    for side in sides:
        for evidence in told:
            evidence.connected(side, "tab", 0)
    found = 0
    for now in range(20, 120 * S, 20):
        packets += draw.random() < 0.5
        for browser in browsers:
            browser.step(now, packets, told)
        if relay and now % S == 480:
            deaf = draw.random() < 0.1
            for browser in browsers:
                browser.leg(now, now - (3_000 if deaf else 40), told)
        if now % S == 500:
            changes, all_changes = (evidence.changes(now) for evidence in told)
            assert changes == all_changes, f"seed {seed} at {now}"
            assert told[0].weak(now) == told[1].weak(now)
            found += len(changes)
            if draw.random() < 0.2:
                assert told[0].complete_until(now) == told[1].complete_until(now), f"seed {seed} at {now}"
    assert found > 2


def test_a_gap_long_ago_does_not_keep_a_calm_lesson_awake() -> None:
    evidence = Counting(("teacher", "sam"))
    for side in ("teacher", "sam"):
        evidence.connected(side, "tab", 0)
    for packets, now in enumerate([2_500, *range(3_500, 60 * S, S)]):
        if now == 40_500:
            evidence.judged = 0
        sample = Sample(camera="on", microphone="on", sent=packets, received=packets, connected=True)
        for side in ("teacher", "sam"):
            evidence.heard(side, "tab", now)
            evidence.report(side, "tab", sample, now)
        evidence.changes(now)
    assert 0 < evidence.judged <= 12, "in 20 s: once in 2 or 3, not at each of 100 calls"
