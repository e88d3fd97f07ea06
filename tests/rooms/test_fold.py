"""State is exactly the fold of the log: random lessons at work, with late evidence and people pressing everything."""

from __future__ import annotations

import random
from typing import Any

import pytest

from rooms import commands as c
from rooms.events import Ended, PartEnded, Shut
from rooms.lesson import TEACHER, Kind
from rooms.room import Room
from rooms.verdict import Ruling
from tests.rooms.story import MANAGER, OFFICE, TEACHER_ACTOR, AtWork, booking, family

SEEDS = 250
STEPS = 60
LAG_S = 12


def pressed(choose: random.Random, work: AtWork, at: float) -> Any:
    pupil = choose.choice(["sam", "ann"])
    teacher, side = work.stamp(TEACHER_ACTOR), work.stamp(family(pupil))
    because = choose.choice([None, "agreed", "conduct", "dress", "other"])
    usual = [
        c.Start(**teacher), c.KeepWaiting(**teacher), c.Leave(**side), c.CannotSee(**side), c.Warn(**teacher),
        c.AdultIn(**side, pupil=pupil, name="x", how=choose.choice(["pin", "sight"])),
        c.AdultOut(**side, pupil=pupil), c.AdultSeen(**teacher, pupil=pupil, seen=choose.random() < 0.6),
        c.CarryOn(**teacher, pupil=pupil), c.Enter(by=family(pupil), device="d", epoch=choose.randrange(3)),
        c.Depart(by=family(pupil), device="d", epoch=1), c.EndAsMissed(**teacher),
        c.Explain(**teacher, because=because or "other", pupil=choose.choice([None, pupil])),
        c.Decide(**teacher, pupil=pupil, choose=choose.choice(["abort", "carry_over", "teach_on"])),
        c.DecideForOffice(**work.stamp(OFFICE), pupil=pupil, choose="abort"),
    ]  # fmt: skip
    final = [
        c.End(**teacher, because=because), c.End(**work.stamp(MANAGER), pupil=pupil), c.Flag(**teacher),
        c.Remove(**teacher, pupil=pupil, because=because), c.HookEnds(), c.TeacherLeaves(by=OFFICE),
        c.Overrule(**work.stamp(OFFICE), pupil=pupil, charge="charged", reason=""),
    ]  # fmt: skip
    return choose.choice(final if choose.random() < 0.06 else usual)


def a_lesson(seed: int) -> AtWork:
    choose = random.Random(seed)
    work = AtWork(booking(*choose.choices([11, 14, 17], k=2), kind=Kind.SHARED), lag=choose.choice([0, LAG_S]))
    at = -120.0
    for _ in range(STEPS):
        at += choose.choice([0, 0.001, 1, 5, 11, 40, 130])
        what = choose.random()
        if what < 0.35:
            work.tick(at)
        elif what < 0.65:
            late = choose.uniform(0, work.lag / 1000)
            side = choose.choice([TEACHER, TEACHER, "sam", "ann"])
            work.side(side, choose.choice(["ready", "ready", "ready", "lost", "unknown"]), at - late, known_at=at)
        elif what < 0.7:
            work.decide(c.PlatformIs(up=choose.random() < 0.7, at=work.now), at)
        elif what < 0.8:
            work.say(family("sam"), at, choose.choice([Ruling.ALLOW, Ruling.HOLD, Ruling.ESCALATE]))
        else:
            work.decide(pressed(choose, work, at), at)
    return work


@pytest.mark.parametrize("block", range(10))
def test_every_log_folds_to_the_same_room_and_goes_on_the_same(block: int) -> None:
    for seed in range(block, SEEDS, 10):
        work = a_lesson(seed)
        assert work.same_when_folded(), f"seed {seed}"
        twin = Room.fold(work.log)
        for later in (30, 400, 4_000):
            now = work.now + later * 1_000
            for room in (work.room, twin):
                for event in room.decide(c.Tick(complete_until=now), now).events:
                    room.apply(event)
            assert twin.status(now) == work.room.status(now), f"seed {seed}"


@pytest.mark.parametrize("block", range(5))
def test_every_lesson_ends_once_with_one_outcome_a_pupil_and_doors_that_shut_first(block: int) -> None:
    for seed in range(block, SEEDS, 5):
        work = a_lesson(seed)
        work.tick(work.now / 1_000 - 1_700_000_000 + 10_000)
        kinds = [type(event) for event in work.log]
        assert kinds.count(Ended) == kinds.count(Shut) == 1, f"seed {seed}"
        assert kinds.count(PartEnded) == 2, f"seed {seed}"
        assert kinds.index(Shut) < kinds.index(Ended)
        assert work.room.status(work.now).settled
        assert work.room.next_deadline() is None
