"""The end button and its reasons, D1, D2, D3, D9, A3, and what an officer overrules (O1)."""

from __future__ import annotations

import pytest

from rooms import commands as c
from rooms.commands import Because
from rooms.events import Shut
from rooms.lesson import Kind
from tests.rooms.story import (
    BOTH_READY,
    CHARGED,
    END,
    NOT_CHARGED,
    UNDECIDED,
    AtWork,
    booking,
    came_to,
    does,
    lost,
    ready,
    teacher,
    told,
)


def ended(at: float, because: str | None = None, **more: object) -> tuple[str, str, bool, int]:
    reason = {"because": because} if because else {}
    return came_to(told(*BOTH_READY, teacher("end", at, **reason), **more))


def test_D1_end_before_it_has_started_is_not_charged() -> None:
    line = told(ready("teacher", -60), teacher("end", 100))
    assert (line["rule"], came_to(line)) == ("early", ("early", *NOT_CHARGED))


@pytest.mark.parametrize(("at", "rule"), [(1499.999, "early"), (1500.0, "held")])
def test_end_with_300_s_or_less_to_go_is_held(at: float, rule: str) -> None:
    assert ended(at)[0] == rule


def test_end_without_a_reason_is_undecided_until_the_teacher_says_why() -> None:
    assert ended(900) == ("early", *UNDECIDED)
    line = told(*BOTH_READY, teacher("end", 900), teacher("explain", 2000, because="agreed"))
    assert (line["rule"], came_to(line)) == ("early", ("held", *CHARGED))


def test_end_for_other_is_charged_and_owes_the_rest_or_not_charged_at_all() -> None:
    assert ended(900, "other") == ("early", "charged", False, 15)
    assert ended(299.999, "other") == ("early", *NOT_CHARGED)
    assert ended(300, "other") == ("early", "charged", False, 25)


def test_D1_conduct_is_charged_and_owes_nothing() -> None:
    assert ended(900, "conduct") == ("D1", *CHARGED)


def test_D1_conduct_before_it_has_started_is_undecided() -> None:
    assert ended(30, "conduct") == ("D1", *UNDECIDED)


def test_D2_dress_is_for_the_office_to_decide() -> None:
    assert ended(900, "dress") == ("D2", *UNDECIDED)


def test_D1_takes_the_place_of_an_open_C6() -> None:
    cut = (*BOTH_READY, lost("sam", 600), teacher("end", 1000))
    assert came_to(told(*cut)) == ("C6", *UNDECIDED)
    assert came_to(told(*cut, teacher("explain", 1100, because="conduct"))) == ("D1", *CHARGED)


def test_explain_is_taken_once() -> None:
    facts = (*BOTH_READY, teacher("end", 900), teacher("explain", 910, because="other"))
    line = told(*facts, teacher("explain", 920, because="conduct"))
    assert (came_to(line)[0], line["refused"][0]["code"]) == ("early", "not_open")


@pytest.mark.parametrize(
    ("fact", "rule", "charge"),
    [
        (teacher("flag", 100), "D3", UNDECIDED),
        (does("manager", "end", 100), "D9", UNDECIDED),
        (does("hook", "end", 100), "auto", UNDECIDED),
        (does("office", "teacher_leaves", 100), "A3", NOT_CHARGED),
    ],
)
def test_D3_D9_A3_and_the_hook_have_their_own_charge_before_the_start_too(
    fact: dict[str, object], rule: str, charge: tuple[str, bool, int]
) -> None:
    for facts in (BOTH_READY, (ready("teacher", -60),)):
        line = told(*facts, fact)
        assert (line["ended_at"], line["rule"], came_to(line)) == (100.0, rule, (rule, *charge))


def test_D1_with_conduct_after_E_names_the_room_and_leaves_it_held() -> None:
    line = told(*BOTH_READY, teacher("end", 1900, because="conduct"))
    assert (line["rule"], came_to(line)) == ("D1", ("held", *CHARGED))


def test_O1_overrule_sets_the_charge_alone_and_stays() -> None:
    overrule = does("office", "overrule", 2000, pupil="sam", charge="charged", reason="seen the timeline")
    line = told(ready("sam", -60), overrule)
    assert came_to(line) == ("C2", "charged", True, 0)
    line = told(*BOTH_READY, teacher("end", 900), overrule, teacher("explain", 2100, because="other"))
    assert came_to(line) == ("early", *CHARGED)
    assert told(overrule, until=0).get("refused") is None


def test_over_comes_before_every_other_refusal() -> None:
    line = told(ready("teacher", -60), teacher("keep_waiting", 400), does("sam", "leave", 401), teacher("flag", 402))
    assert [refused["code"] for refused in line["refused"]] == ["over"] * 3


# Whether there is anything to ask ----------------------------------------------------------------------------


def asks(end_at: float, lost_from: float | None = None, because: Because | None = None) -> tuple[bool, bool]:
    """Whether the closing asks how a lesson that starts at T ended, and whether its status still does once settled."""
    work = AtWork()
    work.both_ready()
    work.tick(5)
    if lost_from is not None:
        work.side("sam", "lost", lost_from)
    work.tick(end_at)
    done = work.decide(c.End(**work.stamp(), because=because), end_at)
    [shut] = [event for event in done.events if isinstance(event, Shut)]
    work.tick(end_at + 1)
    return shut.asks_why, work.room.status(work.now).asks_why


def test_D1_how_it_ended_is_asked_where_the_outcome_depends_on_it() -> None:
    assert asks(900) == (True, True)
    assert asks(END - 300.001) == (True, True)


def test_D1_nobody_asks_where_there_is_nothing_to_explain() -> None:
    assert asks(30) == (False, False), "not started: not charged"
    assert asks(END - 300) == (False, False), "held"
    assert asks(900, because="agreed") == (False, False), "said with the press"
    assert asks(900, because="conduct") == (False, False)


def test_C6_an_open_decision_is_asked_for_not_a_reason() -> None:
    assert asks(1_000, lost_from=600) == (False, False)
    assert asks(899, lost_from=600) == (True, True), "not yet open"


def test_a_removed_pupil_is_asked_about_apart_from_the_end() -> None:
    work = AtWork(booking(17, 17, kind=Kind.SHARED))
    work.both_ready()
    work.tick(5)
    work.decide(c.Remove(**work.stamp(), pupil="sam"), 600)
    work.tick(600)
    status = work.room.status(work.now)
    assert (status.asks_why, status.asks_why_of) == (False, ("sam",))
    done = work.decide(c.End(**work.stamp(), because="agreed"), 700)
    assert [event.asks_why for event in done.events if isinstance(event, Shut)] == [False]
    work.decide(c.Explain(**work.stamp(), because="other", pupil="sam"), 800)
    work.tick(800)
    status = work.room.status(work.now)
    assert (status.asks_why, status.asks_why_of) == (False, ())


def test_the_last_pupil_removed_ends_the_room_and_is_asked_about_by_name() -> None:
    work = AtWork()
    work.both_ready()
    work.tick(5)
    done = work.decide(c.Remove(**work.stamp(), pupil="sam"), 600)
    assert [event.asks_why for event in done.events if isinstance(event, Shut)] == [False]
    work.tick(601)
    assert work.room.status(work.now).asks_why_of == ("sam",)
    assert not work.decide(c.Explain(**work.stamp(), because="agreed", pupil="sam"), 700).refused
