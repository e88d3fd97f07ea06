"""Tier A: thousands of whole lessons, and what must hold of each. A failure names the command that plays it again."""

from __future__ import annotations

import pytest

from tests.simulation.play import play, verify

LESSONS = 2_000
CHUNK = 250
TWINS = 60


@pytest.mark.parametrize("begin", range(0, LESSONS, CHUNK))
def test_every_lesson_ends_once_is_its_log_and_shows_nothing_early(begin: int) -> None:
    seen = verify(range(begin, begin + CHUNK))
    # What never comes up is not tested: the plans have to reach every kind of ending that people and time can bring.
    for kind in ("rule C2", "rule C3", "rule C6", "rule C7", "rule held", "rule early", "rule auto", "crashes"):
        assert seen[kind] > 0, kind
    assert seen["MessageDelivered"] > CHUNK
    assert seen["Ended"] == seen["Opened"]


@pytest.mark.parametrize("begin", range(10_000, 10_000 + TWINS, 20))
def test_Q1_participants_receive_the_same_bytes_with_and_without_an_observer(begin: int) -> None:
    watched = 0
    for seed in range(begin, begin + 20):
        alone = play(seed, keep_bytes=True)
        twin = play(seed, keep_bytes=True, observer=True)
        for one, other in zip(alone.people, twin.people, strict=True):
            assert one.wire == other.wire, f"python -m tests.simulation --seed {seed}: {one.actor.person}"
        assert alone.log.events("lesson-1") == twin.log.events("lesson-1")
        watched += len(twin.observer.wire)
    assert watched > 100, "nobody was watched: this proves nothing"
