"""C2, C3, C7: from T until the lesson has started."""

from __future__ import annotations

import pytest

from tests.rooms.story import (
    BOTH_READY,
    CHARGED,
    NOT_CHARGED,
    came_to,
    does,
    lost,
    platform,
    ready,
    sam_of,
    teacher,
    told,
    unknown,
)


def test_C3_pupil_who_never_comes_is_charged() -> None:
    line = told(ready("teacher", -60))
    assert line["ended_at"] == 300.001
    assert came_to(line) == ("C3", *CHARGED)


def test_C3_pupil_lost_at_start_is_charged() -> None:
    line = told(*BOTH_READY, lost("sam", -1))
    assert (line["ended_at"], came_to(line)) == (300.001, ("C3", *CHARGED))


def test_C2_teacher_who_never_comes_is_not_charged() -> None:
    assert came_to(told(ready("sam", -60))) == ("C2", *NOT_CHARGED)


def test_C2_both_away_is_the_teachers_clock() -> None:
    line = told()
    assert came_to(line) == ("C2", *NOT_CHARGED)
    assert sam_of(line)["clocks"] == {"teacher": 300.001, "pupil": 0.0, "nobody": 0.0}


@pytest.mark.parametrize("whose", ["teacher", "sam"])
def test_C7_unknown_side_is_nobodys_clock(whose: str) -> None:
    line = told(*BOTH_READY, unknown(whose, -30))
    assert (line["ended_at"], came_to(line)) == (300.001, ("C7", *NOT_CHARGED))


def test_C7_platform_down_is_nobodys_clock() -> None:
    assert came_to(told(*BOTH_READY, platform("down", -1))) == ("C7", *NOT_CHARGED)


@pytest.mark.parametrize(("at", "rule"), [(299.999, "held"), (300.0, "held"), (300.001, "C3"), (300.002, "C3")])
def test_C3_the_limit_is_above_300_s_and_time_comes_before_evidence(at: float, rule: str) -> None:
    assert told(ready("teacher", -60), ready("sam", at))["rule"] == rule


def test_C3_a_clock_acts_only_after_15_s_without_a_break() -> None:
    """The pupil's clock had 295 s, the pupil came for 5 s, was lost again: nobody is cut off the moment after."""
    line = told(ready("teacher", -60), ready("sam", 295), lost("sam", 302))
    assert line["ended_at"] == 317.0
    assert sam_of(line)["clocks"]["pupil"] == 317.0


def test_settling_that_breaks_goes_to_the_clock_that_runs_next() -> None:
    line = told(ready("teacher", -60), ready("sam", 100), lost("teacher", 108), ready("teacher", 120), until=200)
    assert sam_of(line)["clocks"] == {"teacher": 20.0, "pupil": 100.0, "nobody": 0.0}


def test_settling_before_T_makes_it_live_at_T() -> None:
    assert sam_of(told(*BOTH_READY, until=5))["live_s"] == 5.0


def test_settling_across_T_is_on_no_clock() -> None:
    found = sam_of(told(ready("teacher", -60), ready("sam", -3), until=20))
    assert (found["live_s"], found["clocks"]) == (13.0, {"teacher": 0.0, "pupil": 0.0, "nobody": 0.0})


@pytest.mark.parametrize(("at", "live"), [(9.999, 0.0), (10.0, 0.0), (10.001, 0.001)])
def test_settling_is_reached_at_10_s(at: float, live: float) -> None:
    assert sam_of(told(ready("teacher", 0), ready("sam", 0), lost("sam", at), until=20))["live_s"] == live


@pytest.mark.parametrize(("at", "rule"), [(59.999, "C3"), (60.0, "held")])
def test_started_once_live_for_60_s(at: float, rule: str) -> None:
    line = told(*BOTH_READY, lost("sam", at))
    assert line["rule"] == rule


def test_loss_before_started_goes_back_to_the_clocks_as_they_stood() -> None:
    line = told(ready("teacher", -60), ready("sam", 200), lost("sam", 240))
    assert line["ended_at"] == 340.001
    assert sam_of(line) | {"rule": "C3", "live_s": 30.0} == sam_of(line)


def test_early_start_is_live_at_once_and_live_time_before_T_is_a_gift() -> None:
    line = told(*BOTH_READY, teacher("start", -30), teacher("end", 40, because="other"), end=1800)
    assert sam_of(line)["live_s"] == 70.0
    assert came_to(line) == ("early", *NOT_CHARGED)


def test_early_start_is_refused_from_T_on_and_while_nobody_is_ready() -> None:
    line = told(ready("teacher", -60), teacher("start", -30), teacher("start", 0), until=10)
    assert [refused["code"] for refused in line["refused"]] == ["not_ready", "too_late"]


def test_trouble_after_an_early_start_goes_back_to_waiting() -> None:
    assert told(*BOTH_READY, teacher("start", -50), lost("sam", -20))["rule"] == "C3"


def test_interruption_of_what_started_before_T_counts_from_T() -> None:
    ready_early = (ready("teacher", -200), ready("sam", -200))
    line = told(*ready_early, teacher("start", -190), lost("sam", -100), ready("sam", 30), until=60)
    assert sam_of(line)["interrupted_s"] == 30.0


def test_come_back_after_the_platform_was_down_is_nobodys_for_30_s() -> None:
    line = told(ready("teacher", -60), platform("down", 0), platform("up", 60), until=120)
    assert sam_of(line)["clocks"] == {"teacher": 0.0, "pupil": 30.0, "nobody": 90.0}


def test_come_back_ends_for_a_side_that_was_ready_since() -> None:
    facts = (ready("teacher", -60), ready("sam", -60), platform("down", -5), platform("up", 60))
    line = told(*facts, lost("sam", 65), until=75)
    assert sam_of(line)["clocks"] == {"teacher": 0.0, "pupil": 15.0, "nobody": 60.0}


# Keep waiting -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "refused"), [(239.999, True), (240.0, False)])
def test_C3_keep_waiting_is_offered_from_240_s(at: float, refused: bool) -> None:
    assert ("refused" in told(ready("teacher", -60), teacher("keep_waiting", at))) == refused


def test_C3_kept_waiting_a_lesson_that_still_starts_is_not_missed() -> None:
    line = told(ready("teacher", -60), teacher("keep_waiting", 250), ready("sam", 900))
    assert came_to(line) == ("held", *CHARGED)


def test_C3_kept_waiting_until_E_is_missed() -> None:
    line = told(ready("teacher", -60), teacher("keep_waiting", 250))
    assert (line["ended_at"], came_to(line)) == (1800.0, ("C3", *CHARGED))


@pytest.mark.parametrize(("at", "code"), [(300.0, "not_open"), (300.001, None)])
def test_C3_end_as_missed_when_it_would_end_but_for_keep_waiting(at: float, code: str | None) -> None:
    line = told(ready("teacher", -60), teacher("keep_waiting", 250), teacher("end_as_missed", at), until=400)
    assert line.get("refused", [{"code": None}])[0]["code"] == code


def test_C2_acts_although_the_teacher_kept_waiting() -> None:
    line = told(ready("teacher", -60), teacher("keep_waiting", 250), lost("teacher", 290))
    assert (line["ended_at"], line["rule"]) == (590.001, "C2")


# Protection -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("waited", "charge"), [(59.999, "charged"), (60.0, "not_charged")])
def test_C3_pupil_who_was_ready_first_for_a_minute_is_never_charged(waited: float, charge: str) -> None:
    line = told(ready("sam", 0), ready("teacher", waited), lost("sam", waited + 1))
    assert came_to(line)[:2] == ("C3", charge)


# E ----------------------------------------------------------------------------------------------------------


def test_C2_at_E_when_the_teachers_clock_is_above_300_s() -> None:
    """The teacher's clock passed 300 s seconds before E, too late to act by itself."""
    flapping = [does_ for at in (0, 100, 200) for does_ in (ready("teacher", at + 0.5), lost("teacher", at + 0.6))]
    assert told(*flapping, end=290)["rule"] == "C7"
    assert told(ready("teacher", 295), lost("teacher", 299), end=310)["rule"] == "C2"


def test_C7_at_E_when_no_clock_is_above_300_s() -> None:
    assert came_to(told(ready("teacher", 0), end=200)) == ("C7", *NOT_CHARGED)


def test_B1_adult_at_12_must_stay_until_started() -> None:
    facts = (*BOTH_READY, does("sam", "adult_in", -50), does("sam", "adult_out", -10))
    assert told(*facts, age=12)["rule"] == "C3"
    assert told(*facts, age=13)["rule"] == "held"


def test_B1_nobody_is_needed_at_16() -> None:
    assert told(*BOTH_READY, age=16)["rule"] == "held"
    assert told(*BOTH_READY, age=15)["rule"] == "C3"


def test_B1_adult_who_leaves_a_started_lesson_interrupts_nothing() -> None:
    line = told(*BOTH_READY, does("sam", "adult_in", -50), does("sam", "adult_out", 100), age=8)
    assert sam_of(line)["interrupted_s"] == 0.0
    assert came_to(line) == ("held", *CHARGED)
