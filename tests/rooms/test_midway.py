"""C6: interruptions, the teacher's decision, and several pupils."""

from __future__ import annotations

import pytest

from tests.rooms.story import (
    BOTH_READY,
    CHARGED,
    NOT_CHARGED,
    UNDECIDED,
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

CUT = (*BOTH_READY, lost("sam", 600))
"""Sam's line is cut at 600."""
BACK = (*CUT, ready("sam", 950))
"""And is back after 350 s."""


def decide(choose: str, at: float, pupil: str = "sam") -> dict[str, object]:
    return teacher("decide", at, choose=choose, pupil=pupil)


@pytest.mark.parametrize(
    "trouble", [lost("teacher", 600), lost("sam", 600), unknown("sam", 600), platform("down", 600)]
)
def test_C6_any_trouble_midway_is_an_interruption_whoevers_fault(trouble: dict[str, object]) -> None:
    assert sam_of(told(*BOTH_READY, trouble, until=700))["interrupted_s"] == 100.0


def test_C6_interruption_ends_after_10_s_counted_back_to_their_first() -> None:
    found = sam_of(told(*CUT, ready("sam", 700), until=720))
    assert (found["interrupted_s"], found["live_s"]) == (100.0, 620.0)


def test_C6_ten_seconds_that_break_were_interruption() -> None:
    line = told(*CUT, ready("sam", 700), lost("sam", 705), until=710)
    assert sam_of(line)["interrupted_s"] == 110.0


def test_C6_ten_seconds_in_which_the_lesson_ends_were_live() -> None:
    line = told(*CUT, ready("sam", 700), teacher("end", 705))
    assert (sam_of(line)["interrupted_s"], sam_of(line)["live_s"]) == (100.0, 605.0)


def test_C6_leave_pressed_while_live_is_no_interruption() -> None:
    line = told(*BOTH_READY, does("sam", "leave", 600))
    assert (sam_of(line)["interrupted_s"], came_to(line)) == (0.0, ("held", *CHARGED))


def test_C6_leave_is_excused_only_until_that_side_is_ready_again() -> None:
    facts = (*BOTH_READY, does("sam", "leave", 600), ready("sam", 700), lost("sam", 800))
    assert sam_of(told(*facts, until=900))["interrupted_s"] == 100.0


@pytest.mark.parametrize(("at", "refused"), [(900.0, True), (900.001, False)])
def test_C6_opens_above_300_s_of_interruption(at: float, refused: bool) -> None:
    assert ("refused" in told(*CUT, decide("abort", at))) == refused


def test_C6_stays_open_when_the_line_is_back() -> None:
    assert came_to(told(*BACK, decide("abort", 1500))) == ("C6", *NOT_CHARGED)


def test_C6_carry_over_owes_interrupted_time_and_the_rest() -> None:
    assert came_to(told(*BACK, decide("carry_over", 1000))) == ("C6", "charged", False, 20)


def test_C6_teach_on_owes_all_interrupted_time_of_the_lesson() -> None:
    later = (lost("sam", 1500), ready("sam", 1511))
    assert came_to(told(*BACK, decide("teach_on", 960), *later)) == ("held", "charged", False, 7)


def test_C6_teach_on_can_still_be_changed_while_the_lesson_lasts() -> None:
    assert came_to(told(*BACK, decide("teach_on", 960), decide("abort", 1000))) == ("C6", *NOT_CHARGED)
    line = told(*BACK, decide("teach_on", 960), decide("teach_on", 1000))
    assert line["refused"] == [{"at": 1000.0, "does": "decide", "code": "not_open"}]


def test_C6_undecided_when_the_lesson_is_over_can_still_be_decided() -> None:
    assert came_to(told(*BACK)) == ("C6", *UNDECIDED)
    assert came_to(told(*BACK, decide("carry_over", 9000))) == ("C6", "charged", False, 6)
    assert told(*BACK, decide("teach_on", 9000))["refused"][0]["code"] == "not_open"


def test_C6_interrupted_at_E_closes_at_E_and_is_held() -> None:
    line = told(*BOTH_READY, lost("sam", 1700))
    assert (line["ended_at"], came_to(line)) == (1800.0, ("held", *CHARGED))


def test_live_at_E_runs_on_until_600_s_later_or_the_next_booking() -> None:
    assert told(*BOTH_READY)["ended_at"] == 2400.0
    assert told(*BOTH_READY, next_booking=2000)["ended_at"] == 2000.0
    assert told(*BOTH_READY, next_booking=1700)["ended_at"] == 1800.0


def test_nothing_after_E_counts() -> None:
    found = sam_of(told(*BOTH_READY, lost("sam", 1801)))
    assert (found["live_s"], found["interrupted_s"], found["rule"]) == (1800.0, 0.0, "held")


def test_D9_after_E_leaves_the_lesson_held() -> None:
    line = told(*BOTH_READY, does("manager", "end", 1900))
    assert (line["rule"], came_to(line)) == ("D9", ("held", *CHARGED))


# Several pupils ---------------------------------------------------------------------------------------------

TWO = {"kind": "shared", "pupils": [{"id": "sam", "age": 17}, {"id": "ann", "age": 17}]}
SAM_ALONE = (ready("teacher", -60), ready("sam", -60))


def test_C3_of_one_does_not_end_the_room_while_another_is_live() -> None:
    line = told(*SAM_ALONE, **TWO)
    assert (line["ended_at"], line["rule"]) == (2400.0, "held")
    assert came_to(line, "ann") == ("C3", *CHARGED)


def test_C3_ends_the_room_when_a_clock_of_every_pupil_acts() -> None:
    line = told(ready("teacher", -60), unknown("ann", -60), **TWO)
    assert (line["ended_at"], line["rule"]) == (300.001, "C3")
    assert came_to(line, "ann") == ("C7", *NOT_CHARGED)


def test_C3_late_pupil_when_the_teacher_ends_what_another_started() -> None:
    line = told(*SAM_ALONE, teacher("end", 1000, because="conduct"), **TWO)
    assert came_to(line, "sam") == ("D1", *CHARGED)
    assert came_to(line, "ann") == ("C3", *CHARGED)


def test_lateness_never_shuts_the_door_before_E() -> None:
    assert came_to(told(*SAM_ALONE, ready("ann", 1500), **TWO), "ann") == ("held", *CHARGED)


def test_remove_ends_one_part_and_the_last_one_the_room() -> None:
    both = (*SAM_ALONE, ready("ann", -60))
    line = told(*both, teacher("remove", 700, pupil="sam", because="conduct"), **TWO)
    assert (line["ended_at"], came_to(line)) == (2400.0, ("D1", *CHARGED))
    line = told(*both, teacher("remove", 700, pupil="sam"), teacher("remove", 800, pupil="ann", because="dress"), **TWO)
    assert (line["ended_at"], line["rule"]) == (800.0, "D2")


def test_ending_because_of_one_is_for_the_others_as_for_other() -> None:
    line = told(*SAM_ALONE, ready("ann", -60), does("hook", "end", 1000, pupil="sam"), **TWO)
    assert came_to(line, "sam") == ("auto", *UNDECIDED)
    assert came_to(line, "ann") == ("early", "charged", False, 14)


def test_keep_waiting_is_the_rooms() -> None:
    line = told(ready("teacher", -60), unknown("ann", -60), teacher("keep_waiting", 240), ready("ann", 400), **TWO)
    assert (line["rule"], came_to(line, "ann"), came_to(line, "sam")) == (
        "held", ("held", *CHARGED), ("C3", *CHARGED),
    )  # fmt: skip


# Kinds without a charge -------------------------------------------------------------------------------------


def test_L1_without_a_charge_clocks_inform_and_nothing_aborts() -> None:
    line = told(ready("teacher", -60), kind="meeting")
    assert (line["ended_at"], line["rule"], came_to(line)) == (1800.0, "held", ("held", "none", False, 0))
    assert sam_of(line)["clocks"]["pupil"] == 1800.0


def test_L1_without_a_charge_what_is_live_at_E_runs_on() -> None:
    line = told(ready("teacher", 0), ready("sam", 1780), kind="concert")
    assert (line["ended_at"], came_to(line)) == (2400.0, ("held", "none", False, 0))
