"""Lessons worked out by hand from the text: each is named by its rule and carries the sentence that decides it.

They are played by the oracle and by the product, so that a sentence which both read wrongly still has a witness.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.rooms.oracle import play as oracle
from tests.rooms.product import product

Line = dict[str, Any]
BEGIN = "-60 teacher ready; -50 sam ready"
"""A pupil of 17 and the teacher are there before T: live at T, started at 60."""
TWO = ({"id": "ann", "age": 17}, {"id": "bob", "age": 17})
ANN_ONLY = "-60 teacher ready; -50 ann ready"
"""Of two, Ann's lesson starts and Bob is not there."""


def facts(text: str) -> list[Line]:
    """Read "AT WHO WORD key=value; ...": a side's class, the platform's, or what a person does."""
    found = []
    for line in text.split(";"):
        at, who, word, *more = line.split()
        fact: Line = {"at": float(at)}
        if who == "platform":
            fact["platform"] = word
        elif word in ("ready", "lost", "unknown"):
            fact |= {"side": who, "is": word}
        else:
            fact |= {"by": who, "does": word}
        found.append(fact | dict(part.split("=") for part in more))
    return found


def lesson(text: str, *, end: float = 1800, age: int = 17, **more: Any) -> Line:
    """A scenario, of one pupil called sam unless `pupils` says otherwise."""
    pupils = list(more.pop("pupils", ({"id": "sam", "age": age},)))
    kind = more.pop("kind", "individual" if len(pupils) == 1 else "shared")
    return {"name": "by hand", "kind": kind, "end": end, "pupils": pupils, "facts": facts(text), **more}


def seen(line: Line, *names: str) -> Line:
    """The fields that a case speaks of: `sam.rule`, `ended_at`, `codes` …"""
    found: Line = {}
    for name in names:
        if name == "codes":
            found[name] = [refused["code"] for refused in line.get("refused", [])]
        elif "." in name:
            pupil, field = name.split(".")
            part = line["pupils"][pupil]
            found[name] = part["clocks"][field] if field in part["clocks"] else part[field]
        else:
            found[name] = line.get(name)
    return found


Case = tuple[str, Line, Line]
CASES: list[Case] = []


def case(name: str, scenario: Line, **expected: Any) -> None:
    """Note one case: `sam_rule="C3"` expects the field `rule` of sam, `rule` the room's."""
    people = ("sam", "ann", "bob")
    wanted = {
        f"{who}.{rest}" if who in people else key: value
        for key, value in expected.items()
        for who, _, rest in (key.partition("_"),)
    }
    CASES.append((name, scenario, wanted))


# B1 ---------------------------------------------------------------------------------------------------------
# "a pupil side is ready at 12 and under only while the adult is in"
case(
    "B1_12_adult_leaves_before_started",
    lesson("-60 teacher ready; -50 sam ready; -50 sam adult_in; 40 sam adult_out", age=12),
    ended_at=340.001, rule="C3", sam_pupil=300.001, sam_live_s=40.0, sam_charge="charged",
)  # fmt: skip
# "at 13 to 15 once an adult has checked in (one check-in is enough, also if that adult leaves again)"
case(
    "B1_13_one_check_in_is_enough",
    lesson("-60 teacher ready; -50 sam ready; -50 sam adult_in; 40 sam adult_out", age=13),
    ended_at=2400.0, rule="held", sam_pupil=0.0, sam_live_s=1800.0,
)  # fmt: skip
# "16 to 18, none needed"
case("B1_16_no_adult", lesson("-60 teacher ready; -50 sam ready", age=16), rule="held", sam_live_s=1800.0)
# "ready but for the adult is lost"
case("B1_15_no_adult_is_lost", lesson(BEGIN, age=15), ended_at=300.001, rule="C3", sam_pupil=300.001)
# "Once started, the adult's absence is on no clock and no interruption, at every age."
case(
    "B1_adult_gone_after_started_is_no_interruption",
    lesson("-60 teacher ready; -50 sam ready; -50 sam adult_in; 60 sam adult_out", age=9),
    rule="held", sam_interrupted_s=0.0, sam_live_s=1800.0,
)  # fmt: skip

# C · starting -----------------------------------------------------------------------------------------------
# "Above 300 s at 300.001"; "C2: the lesson is aborted, not charged, to be rescheduled"
case(
    "C2_teacher_never_comes", lesson("-60 sam ready"),
    ended_at=300.001, rule="C2", sam_charge="not_charged", sam_reschedule=True, sam_teacher=300.001,
)  # fmt: skip
# "the teacher's when the teacher is lost (also when both are)"
case("C2_nobody_comes", lesson("-60 sam lost"), ended_at=300.001, rule="C2", sam_teacher=300.001)
# "the pupil's when the teacher is ready and the pupil side lost"; "C3 ... charged as missed, not rescheduled"
case(
    "C3_pupil_never_comes", lesson("-60 teacher ready"),
    ended_at=300.001, rule="C3", sam_charge="charged", sam_reschedule=False,
)  # fmt: skip
# "nobody's otherwise: unknown"; "C7: aborted, not charged, to be rescheduled"
case(
    "C7_pupil_unknown", lesson("-60 teacher ready; -1 sam unknown"),
    ended_at=300.001, rule="C7", sam_charge="not_charged", sam_reschedule=True,
)  # fmt: skip
case("C7_teacher_unknown_pupil_lost", lesson("-1 teacher unknown"), rule="C7", sam_nobody=300.001)
# "While the platform is down: nobody's."
case("C7_platform_down", lesson("-60 sam ready; 0 platform down"), rule="C7", sam_nobody=300.001, sam_teacher=0.0)
# "For 30 s after the platform is up, a side that has not been ready since is unknown where it would be lost."
case(
    "C7_thirty_seconds_to_come_back",
    lesson("-60 teacher ready; 100 platform down; 200 platform up", until=250),
    rule="open", sam_pupil=120.0, sam_nobody=130.0,
)  # fmt: skip
case(
    "C_ready_once_since_up_is_lost_after",
    lesson("-60 teacher ready; 100 platform down; 200 platform up; 205 sam ready; 206 sam lost", until=210),
    sam_pupil=104.0 + 1.0, sam_nobody=105.0,
)  # fmt: skip
# "Clocks add up and are never reset."; "running for the last 15 s without a break"
case(
    "C_clock_above_300_waits_for_its_15_s",
    lesson("0 teacher ready; 295 teacher unknown; 299 teacher ready"),
    ended_at=314.0, rule="C3", sam_pupil=310.0, sam_nobody=4.0,
)  # fmt: skip
# "settling being one [a break]"; "if settling breaks, they go to the clock that runs next"
case(
    "C_settling_breaks_on_the_pupils_clock",
    lesson("-60 teacher ready; 292 sam ready; 301.999 sam lost"),
    ended_at=316.999, rule="C3", sam_pupil=316.999,
)  # fmt: skip
# "*For 10 s* is reached at 10.000 s"; "At one instant comes first what time brings ... then all evidence"
case(
    "C_settled_at_exactly_ten_seconds",
    lesson("-60 teacher ready; 20 sam ready; 30 sam lost", until=40),
    sam_pupil=20.0 + 10.0, sam_live_s=0.0,
)  # fmt: skip
# "live (at T at the earliest; the 10 s may begin before T)"
case(
    "C_settling_begins_before_T", lesson("-60 teacher ready; -4 sam ready", until=100),
    sam_live_s=94.0, sam_pupil=0.0, sam_nobody=0.0,
)  # fmt: skip
# "all evidence of that instant together": the pupil's clock and the teacher's do not each run for nothing
case(
    "C_evidence_of_one_instant_together",
    lesson("0 teacher ready; 290 teacher lost; 290 teacher ready"),
    ended_at=300.001, rule="C3", sam_pupil=300.001,
)  # fmt: skip
# "before T the teacher may press start when both sides are ready: live at once"; "Live time before T is live time"
case(
    "C_early_start_counts_for_started", lesson(BEGIN + "; -45 teacher start; 20 sam lost; 30 sam ready", until=100),
    sam_live_s=45.0 + 20 + 70, sam_interrupted_s=10.0, sam_pupil=0.0,
)  # fmt: skip
# "Trouble before T goes back to waiting (and to another start, or T)"
case(
    "C_early_start_lost_before_T", lesson(BEGIN + "; -45 teacher start; -30 sam lost; -20 teacher start", until=10),
    sam_live_s=15.0, sam_pupil=10.0, codes=["not_ready"],
)  # fmt: skip
# "unless the lesson has started: then it is an interruption, counted from T"
case(
    "C_early_started_interruption_counts_from_T",
    lesson("-200 teacher ready; -200 sam ready; -150 teacher start; -80 sam lost; 40 sam ready", until=100),
    sam_live_s=70.0 + 60, sam_interrupted_s=40.0,
)  # fmt: skip
# "`too_late` (`start` from T on)"
case("C_start_at_T_is_too_late", lesson(BEGIN + "; 0 teacher start", until=1), codes=["too_late"])
# "Started: once it was live for 60 s in total. A loss before that ... goes back to starting, clocks as they stood."
case(
    "C_loss_before_sixty_seconds_live",
    lesson(BEGIN + "; 59.999 sam lost; 70 sam ready; 80.001 teacher lost; 90 teacher ready", until=200),
    sam_pupil=10.001, sam_live_s=60.0 + 110, sam_interrupted_s=9.999,
)  # fmt: skip
# "From 240 s on the pupil's clock until it has started, the teacher may press *keep waiting*"
case(
    "C3_keep_waiting_from_240",
    lesson("0 teacher ready; 239.999 teacher keep_waiting; 240 teacher keep_waiting; 400 sam ready"),
    rule="held", sam_pupil=400.0, sam_charge="charged", codes=["not_open"],
)  # fmt: skip
# "then C3 no longer acts by itself before E (C2 and C7 do)"
case(
    "C2_acts_though_kept_waiting",
    lesson("0 teacher ready; 250 teacher keep_waiting; 400 teacher lost"),
    ended_at=700.001, rule="C2", sam_charge="not_charged",
)  # fmt: skip
# "Not started at E ... C2 if the teacher's clock is above 300 s, else C3 if the pupil's is"
case(
    "C3_kept_waiting_to_the_end", lesson("0 teacher ready; 250 teacher keep_waiting"),
    ended_at=1800.0, rule="C3", sam_charge="charged",
)  # fmt: skip
case(
    "C7_not_started_at_E",
    lesson("0 teacher ready; 290 teacher unknown; 585 teacher lost", end=700),
    ended_at=700.0, rule="C7", sam_pupil=290.0, sam_nobody=295.0, sam_teacher=115.0,
)  # fmt: skip
# "the teacher may end as missed whenever the lesson would end but for that"
case(
    "C3_end_as_missed_only_when_it_would_end",
    lesson("0 teacher ready; 250 teacher keep_waiting; 300 teacher end_as_missed; 301 teacher end_as_missed"),
    ended_at=301.0, rule="C3", codes=["not_open"],
)  # fmt: skip
# "A pupil side that was ready for 60 s or more in total of the time that is on the teacher's clock"
case(
    "C3_protected_after_sixty_seconds_of_waiting",
    lesson("-10 sam ready; 60 teacher ready; 60 sam lost"),
    ended_at=360.001, rule="C3", sam_charge="not_charged", sam_reschedule=True,
)  # fmt: skip
case(
    "C3_not_protected_a_millisecond_short",
    lesson("0.001 sam ready; 60 teacher ready; 60 sam lost"),
    ended_at=360.001, rule="C3", sam_charge="charged",
)  # fmt: skip

# C · midway -------------------------------------------------------------------------------------------------
# "When they pass 300 s, C6 opens for the teacher and stays open until decided, also when the line is back"
case(
    "C6_opens_above_300",
    lesson(
        BEGIN + "; 100 sam lost; 400 sam ready; 450 teacher decide choose=abort pupil=sam; 500 sam lost;"
        "500.001 sam ready; 600 teacher decide choose=abort pupil=sam"
    ),
    ended_at=600.0, rule="C6", sam_charge="not_charged", sam_reschedule=True, codes=["not_open"],
)  # fmt: skip
# "*carry over* (ends; charged; owed: interrupted time and the rest to E)", "then rounded up to whole minutes"
case(
    "C6_carry_over_owes_interruption_and_rest",
    lesson(BEGIN + "; 100 sam lost; 401 teacher decide choose=carry_over pupil=sam"),
    ended_at=401.0, rule="C6", sam_charge="charged", sam_minutes_owed=29, sam_interrupted_s=301.0,
)  # fmt: skip
# "*teach on* (goes on; charged; owed: all interrupted time of the lesson)"
case(
    "C6_teach_on_owes_all_interrupted_time",
    lesson(BEGIN + "; 100 sam lost; 401 teacher decide choose=teach_on pupil=sam; 500 sam ready; 600 teacher lost;"
           "621 teacher ready"),
    ended_at=2400.0, rule="held", sam_rule="held", sam_minutes_owed=8, sam_interrupted_s=421.0,
)  # fmt: skip
# "Not decided when the lesson is over: outcome *undecided* ... the teacher can still choose abort or carry over"
case(
    "C6_undecided_when_over_then_decided",
    lesson(BEGIN + "; 100 sam lost; 1900 teacher decide choose=teach_on pupil=sam;"
           "1901 teacher decide choose=carry_over pupil=sam"),
    ended_at=1800.0, rule="held", sam_rule="C6", sam_charge="charged", sam_minutes_owed=29, codes=["not_open"],
)  # fmt: skip
# "ends after 10 s of both ready (counted back to their first; if these 10 s break, they were interruption; if the
# lesson is over within them, they were live)"
case(
    "C_ten_seconds_that_break_were_interruption",
    lesson(BEGIN + "; 100 sam lost; 110 sam ready; 119.999 sam lost; 130 sam ready; 135 teacher end"),
    sam_interrupted_s=30.0, sam_live_s=105.0, sam_rule="early", sam_charge="undecided",
)  # fmt: skip
# "Not: ... Leave pressed while live (until that side is ready again)"
case(
    "C_leave_while_live_is_no_interruption",
    lesson(BEGIN + "; 100 sam leave; 200 sam ready; 300 sam lost; 310 sam ready"),
    rule="held", sam_interrupted_s=10.0,
)  # fmt: skip
# "A loss before that (of readiness, whatever the reason) goes back to starting"
case("C_leave_before_started_goes_back", lesson(BEGIN + "; 30 sam leave"), rule="C3", ended_at=330.001)

# C · several pupils -----------------------------------------------------------------------------------------
# "never while one is live or has started"; at E "C3 if the pupil's is"
case(
    "C3_one_of_two_never_comes", lesson(ANN_ONLY, pupils=TWO),
    ended_at=2400.0, rule="held", ann_rule="held", bob_rule="C3", bob_pupil=1800.0,
)  # fmt: skip
# "a clock of every pupil who is still part of it acts (the room's rule is the first of C2, C3, C7 among them)"
case(
    "C_two_clocks_at_one_instant", lesson("-60 teacher ready; 10 bob unknown", pupils=TWO),
    ended_at=310.001, rule="C3", ann_rule="C3", bob_rule="C7", ann_charge="charged", bob_charge="not_charged",
)  # fmt: skip
# "one C3 that it holds back keeps the room open, and *end as missed* ends each part under its own clock's rule"
case(
    "C3_held_back_keeps_the_room_open",
    lesson("-60 teacher ready; 0 bob unknown; 250 teacher keep_waiting; 500 teacher end_as_missed", pupils=TWO),
    ended_at=500.0, rule="C3", ann_rule="C3", bob_rule="C7",
)  # fmt: skip
# "A pupil who has not started when a person or the hook ends it before E, while another has, is C3 if ... above 300 s"
case(
    "C3_not_started_while_another_has", lesson(ANN_ONLY + "; 300.001 hook end", pupils=TWO),
    rule="auto", ann_rule="auto", bob_rule="C3", bob_charge="charged", ann_charge="undecided",
)  # fmt: skip
case(
    "C_not_started_on_the_limit", lesson(ANN_ONLY + "; 300 teacher end because=other", pupils=TWO),
    rule="early", bob_rule="early", bob_charge="not_charged", ann_charge="charged", ann_minutes_owed=25,
)  # fmt: skip
# "If the lesson ends because of one, it is for the others as if the teacher had ended it for *other*."
case(
    "D3_because_of_one", lesson(ANN_ONLY + "; -50 bob ready; 1000 teacher flag pupil=ann", pupils=TWO),
    rule="D3", ann_rule="D3", bob_rule="early", bob_charge="charged", bob_minutes_owed=14,
)  # fmt: skip
# "One pupil can be removed: for them it is as if the teacher had ended the lesson."
case(
    "C_removed_then_the_room_goes_on",
    lesson(ANN_ONLY + "; -50 bob ready; 700 teacher remove pupil=bob; 710 bob leave;"
           "720 teacher explain because=conduct pupil=bob", pupils=TWO),
    ended_at=2400.0, rule="held", bob_rule="D1", bob_charge="charged", ann_rule="held", codes=["over"],
)  # fmt: skip
# "A decision ... is the end of that pupil's part only; the room ends with the last part."
case(
    "C6_decision_ends_one_part",
    lesson(ANN_ONLY + "; -50 bob ready; 100 ann lost; 500 teacher decide choose=abort pupil=ann", pupils=TWO),
    ended_at=2400.0, rule="held", ann_rule="C6", ann_interrupted_s=400.0, bob_rule="held",
)  # fmt: skip

# C · the end ------------------------------------------------------------------------------------------------
# "runs on to E + 600 or either side's next booking", "at E where it is before E"
case("C_next_booking_closes", lesson(BEGIN, next_booking=2000), ended_at=2000.0, rule="held")
case("C_next_booking_before_E_closes_at_E", lesson(BEGIN, next_booking=1000), ended_at=1800.0, sam_live_s=1800.0)
# "Interrupted at E: it closes at E."
case("C_interrupted_at_E", lesson(BEGIN + "; 1799 sam lost"), ended_at=1800.0, sam_interrupted_s=1.0, sam_rule="held")
# "Both are held ... and stay so whoever ends the lesson from E on and why"
case(
    "D9_after_E_stays_held", lesson(BEGIN + "; 1800 manager end"),
    ended_at=1800.0, rule="D9", sam_rule="held", sam_charge="charged",
)  # fmt: skip
case("D1_after_E_stays_held", lesson(BEGIN + "; 1850 teacher end because=conduct"), rule="D1", sam_rule="held")
# "not started: not charged, to be rescheduled"
case(
    "C_ended_before_started", lesson(BEGIN + "; 59.999 teacher end because=agreed"),
    rule="early", sam_rule="early", sam_charge="not_charged", sam_reschedule=True,
)  # fmt: skip
# "the rest to E is 300 s or less: held"
case("C_near_the_end_is_held", lesson(BEGIN + "; 1500 teacher end"), rule="held", sam_rule="held", sam_minutes_owed=0)
# "else undecided until the teacher says why: agreed with the family: held"
case(
    "C_explained_as_agreed",
    lesson(BEGIN + "; 1499.999 teacher end; 1600 teacher explain because=agreed; 1601 teacher explain because=other"),
    rule="early", sam_rule="held", sam_charge="charged", sam_minutes_owed=0, codes=["not_open"],
)  # fmt: skip
# "other: live under 300 s in total: not charged, to be rescheduled"
case(
    "C_other_taught_too_little", lesson(BEGIN + "; 299.999 teacher end because=other"),
    sam_rule="early", sam_charge="not_charged", sam_reschedule=True,
)  # fmt: skip
# "besides what *teach on* owes"
case(
    "C_other_owes_rest_and_teach_on",
    lesson(BEGIN + "; 400 sam lost; 701 teacher decide choose=teach_on pupil=sam; 720 sam ready;"
           "1200 teacher end because=other"),
    sam_rule="early", sam_charge="charged", sam_minutes_owed=16,
)  # fmt: skip
# "D1 (started: charged, nothing owed; not started: undecided)"
case("D1_started", lesson(BEGIN + "; 60 teacher end because=conduct"), rule="D1", sam_charge="charged")
case("D1_not_started", lesson(BEGIN + "; 59 teacher end because=conduct"), rule="D1", sam_charge="undecided")
# "D1 ... or D2 takes the place of all that", C6 open included
case(
    "D2_takes_the_place_of_C6", lesson(BEGIN + "; 100 sam lost; 500 teacher end; 510 teacher explain because=dress"),
    rule="D2", sam_rule="D2", sam_charge="undecided",
)  # fmt: skip
# "C6 open: undecided under C6"
case(
    "C6_open_when_ended", lesson(BEGIN + "; 100 sam lost; 500 teacher end because=agreed"), rule="early", sam_rule="C6"
)
# "An end under A3 (not charged, to be rescheduled) ... at any time before E, before the start too"
case(
    "A3_before_the_start", lesson("-60 teacher ready; -20 office teacher_leaves; -10 sam ready; 0 teacher warn"),
    ended_at=-20.0, rule="A3", sam_charge="not_charged", sam_reschedule=True, codes=["over"],
)  # fmt: skip
# "`overrule` sets `charge` alone; after it nothing but another one changes that pupil's outcome."
case(
    "O1_overruled_stays",
    lesson(BEGIN + "; 100 office overrule pupil=sam charge=charged reason=no; 500 teacher end;"
           "600 office overrule pupil=sam charge=not_charged reason=seen; 700 teacher explain because=conduct"),
    rule="D1", sam_rule="early", sam_charge="not_charged", codes=["not_open"],
)  # fmt: skip
# "An end by a start clock, or at E, can only be known at `ended_at + lag`"; "Other ends act when they happen."
case("C_late_evidence_start_clock", lesson("0 teacher ready", lag=12), ended_at=300.001, acted_at=312.001)
case("C_late_evidence_end_of_overrun", lesson(BEGIN, lag=12), ended_at=2400.0, acted_at=None)
# L1: "In kinds without a charge the clocks inform and nothing aborts."; "every lesson that reaches E is held"
case(
    "L1_no_charge_nothing_aborts", lesson("0 teacher ready", kind="training"),
    ended_at=1800.0, rule="held", sam_rule="held", sam_charge="none", sam_pupil=1800.0,
)  # fmt: skip


@pytest.mark.parametrize("play", [pytest.param(oracle, id="oracle"), pytest.param(product, id="product")])
@pytest.mark.parametrize(("scenario", "expected"), [pytest.param(s, e, id=name) for name, s, e in CASES])
def test_by_hand(play: Callable[[Line], Line], scenario: Line, expected: Line) -> None:
    assert seen(play(scenario), *expected) == expected
