"""The port: order, deadline, fail-safe (D, settled)."""

from __future__ import annotations

from moderation.normalise import Normal
from moderation.pipeline import BuiltIn, Draft, Pipeline
from rooms.verdict import Ruling, Verdict


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Says:
    def __init__(self, ruling: Ruling | None, *, takes: float = 0, clock: Clock | None = None) -> None:
        self.name = f"says {ruling}"
        self.ruling, self.takes, self.clock = ruling, takes, clock
        self.asked = 0

    def review(self, draft: Draft, text: Normal) -> Verdict | None:
        self.asked += 1
        if self.clock is not None:
            self.clock.now += self.takes
        return None if self.ruling is None else Verdict(self.ruling, reviewer=self.name)


class Crashes:
    name = "crashes"

    def review(self, draft: Draft, text: Normal) -> Verdict | None:
        raise RuntimeError("the model is broken")


HELLO = Draft("hello")


def test_D_settled_the_worst_ruling_stands_whatever_the_order() -> None:
    for rulings in ((Ruling.HOLD, Ruling.END, None), (Ruling.END, None, Ruling.HOLD), (None, Ruling.HOLD, Ruling.END)):
        assert Pipeline([Says(ruling) for ruling in rulings]).review(HELLO).ruling is Ruling.END
    assert Pipeline([Says(Ruling.HOLD), Says(Ruling.ESCALATE)]).review(HELLO).ruling is Ruling.ESCALATE


def test_D_settled_a_reviewer_that_crashes_leaves_the_built_in_verdict_standing() -> None:
    for reviewers in ([BuiltIn(), Crashes()], [Crashes(), BuiltIn()]):
        assert Pipeline(reviewers).review(HELLO).ruling is Ruling.ALLOW
        assert Pipeline(reviewers).review(Draft("send me nudes")).ruling is Ruling.END


def test_D_settled_a_reviewer_that_is_late_leaves_the_others_verdict_standing() -> None:
    clock = Clock()
    late = Says(Ruling.END, takes=1.0, clock=clock)
    never = Says(Ruling.END)
    verdict = Pipeline([Says(Ruling.HOLD), late, never], monotonic=clock, deadline_s=0.5).review(HELLO)
    assert verdict.ruling is Ruling.HOLD
    assert (late.asked, never.asked) == (1, 0)


def test_D_settled_the_built_in_verdict_counts_however_slow_the_machine_is() -> None:
    clock = Clock()
    slow = Says(Ruling.END, takes=60.0, clock=clock)
    assert Pipeline([slow, Says(None)], monotonic=clock, deadline_s=0.5).review(HELLO).ruling is Ruling.END


def test_D_settled_a_part_of_the_built_in_reviewer_that_crashes_lets_nothing_through_unreviewed() -> None:
    assert Pipeline([BuiltIn([Says(None), Crashes()])]).review(HELLO).category == "unchecked"
    assert Pipeline([BuiltIn([Crashes(), Says(Ruling.END)])]).review(HELLO).ruling is Ruling.END


def test_D_settled_if_every_reviewer_fails_the_message_is_held_and_never_through_unreviewed() -> None:
    clock = Clock()
    for reviewers in ([], [Crashes()], [Crashes(), Crashes()], [Crashes(), Says(None, takes=1, clock=clock)]):
        verdict = Pipeline(reviewers, monotonic=clock, deadline_s=0.5).review(HELLO)
        assert (verdict.ruling, verdict.category, verdict.releasable) == (Ruling.HOLD, "unchecked", True)
        assert verdict.reason == "something that could not be checked"


def test_an_allowed_message_says_who_allowed_it() -> None:
    verdict = Pipeline().review(HELLO)
    assert (verdict.ruling, verdict.reason, verdict.spans) == (Ruling.ALLOW, "", ())
    assert verdict.reviewer


def test_a_reviewer_that_breaks_is_told_of_by_kind_and_never_by_what_was_written() -> None:
    told: list[tuple[str, str]] = []

    def failed(reviewer: str, error: str) -> None:
        told.append((reviewer, error))

    part = BuiltIn([Crashes(), Says(Ruling.HOLD)], failed=failed)
    assert Pipeline([part, Crashes()], failed=failed).review(HELLO).ruling is Ruling.HOLD
    assert told == [("Crashes", "RuntimeError"), ("Crashes", "RuntimeError")]
