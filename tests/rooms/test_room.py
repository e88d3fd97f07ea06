"""The room at work: two courses and a watermark, deadlines, who may do what, and the fold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms import commands as c
from rooms import events
from rooms.events import Ended, Opened, OutcomeChanged, PartEnded, Shut, Voided
from rooms.lesson import TEACHER, Actor, Kind, Role
from rooms.room import _BY_PERSON, ACTIONS_KEPT, Room
from rooms.verdict import Ruling, Verdict
from tests.rooms.story import MANAGER, MS, OFFICE, TEACHER_ACTOR, AtWork, T, booking, family

SAM = family("sam")


def outcome_of(work: AtWork, pupil: str = "sam") -> Any:
    return [event.outcome for event in work.log if isinstance(event, PartEnded) and event.pupil == pupil]


def of_type(work: AtWork, kind: type) -> list[Any]:
    return [event for event in work.log if isinstance(event, kind)]


# The course of a lesson in events ---------------------------------------------------------------------------


def test_a_held_lesson_in_events() -> None:
    work = AtWork()
    work.both_ready()
    for at in (0, 60, 700, 1500, 1800, 2400):
        work.tick(at)
    assert work.names()[3:] == ["Live", "Started", "AdultAskedBack", "Shut", "PartEnded", "Ended"]
    assert of_type(work, Ended)[0].at == of_type(work, Shut)[0].at == T + 2400 * MS
    assert work.same_when_folded()


def test_C6_opens_in_events_when_the_watermark_passes_it() -> None:
    work = AtWork(lag=12)
    work.both_ready()
    work.tick(100)
    work.side("sam", "lost", 600, known_at=605)
    assert [type(event).__name__ for event in work.tick(912).events] == ["Interrupted"]
    assert [type(event).__name__ for event in work.tick(912.001).events] == ["DecisionOpened"]


# The watermark ----------------------------------------------------------------------------------------------


def test_C3_acts_when_the_watermark_passes_and_is_dated_truly() -> None:
    work = AtWork(lag=12)
    work.side(TEACHER, "ready", -60)
    assert not work.tick(312.0).events
    assert work.tick(312.001).halts
    ended = of_type(work, Ended)[0]
    assert (ended.at, ended.acted_at, ended.rule) == (T + 300_001, T + 312_001, "C3")


def test_C2_trouble_of_the_teacher_found_late_never_charges_the_pupil() -> None:
    """At 305 the pupil's clock has shown above 300 s; at 306 it is known that the teacher was lost from 296 on."""
    work = AtWork(lag=12)
    work.side(TEACHER, "ready", -60)
    work.tick(305)
    work.side(TEACHER, "lost", 296, known_at=306)
    work.tick(320)
    assert not outcome_of(work)
    assert work.part(320).clock == "teacher"
    work.tick(700)
    assert outcome_of(work)[0].rule == "C2"


def test_evidence_later_than_the_watermark_counts_from_there() -> None:
    work = AtWork()
    work.side(TEACHER, "ready", -60)
    work.tick(100)
    work.side("sam", "ready", 40, known_at=100)
    assert work.part(120).clocks.pupil == 100_001


def test_an_end_by_the_teacher_halts_at_once_and_is_settled_later() -> None:
    work = AtWork(lag=12)
    work.both_ready()
    work.tick(700)
    done = work.decide(c.End(**work.stamp(), because="conduct"), 700)
    assert done.halts
    assert [type(event).__name__ for event in done.events] == ["EndPressed", "Shut"]
    assert not outcome_of(work)
    work.tick(712)
    assert outcome_of(work)[0].rule == "D1"
    assert of_type(work, Ended)[0].acted_at == T + 700_000
    assert work.same_when_folded()


def test_an_end_after_the_true_end_is_voided_and_the_true_outcome_stands() -> None:
    work = AtWork(lag=12)
    work.side(TEACHER, "ready", -60)
    done = work.decide(c.End(**work.stamp()), 305)
    assert done.halts
    work.tick(320)
    assert of_type(work, Voided)[0].code == "over"
    ended = of_type(work, Ended)[0]
    assert (ended.rule, ended.at, ended.acted_at) == ("C3", T + 300_001, T + 320_000)
    assert outcome_of(work)[0].charge == "charged"
    assert work.same_when_folded()


def test_a_decision_that_was_offered_stands_although_late_evidence_would_not_have_offered_it() -> None:
    work = AtWork(lag=12)
    work.both_ready()
    work.tick(100)
    work.side("sam", "lost", 600, known_at=603)
    work.tick(900)
    assert work.decide(c.Decide(**work.stamp(), choose="abort", pupil="sam"), 900.5).halts
    work.side("sam", "ready", 899, known_at=902)
    work.tick(930)
    assert outcome_of(work)[0].rule == "C6"
    assert work.same_when_folded()


def test_overrun_shuts_the_doors_on_time_whatever_the_watermark() -> None:
    work = AtWork(lag=12)
    work.both_ready()
    work.tick(1800)
    assert work.tick(2400).halts
    work.tick(2412)
    assert of_type(work, Ended)[0].acted_at == T + 2_400_000


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_lag_and_late_knowledge_come_to_the_same_as_no_lag(data: st.DataObject) -> None:
    """Evidence in any order of arrival within the lag leads to the same outcomes at the same instants."""
    lesson = booking(17, 17, kind=Kind.SHARED, end=900)
    times = data.draw(st.lists(st.integers(-60_000, 900_000), min_size=1, max_size=14, unique=True))
    sides = st.sampled_from([TEACHER, "sam", "ann"])
    classes = st.sampled_from(["ready", "ready", "lost", "unknown"])
    at_once, late = AtWork(lesson), AtWork(lesson, lag=12.001)
    told: list[tuple[int, int, str, str]] = []
    known_by: dict[str, int] = {}
    for at in sorted(times):
        side, evidence = data.draw(sides), data.draw(classes)
        at_once.side(side, evidence, at / MS)
        # What is known of one side is known in its order; of another side it may be known before.
        known_by[side] = max(known_by.get(side, at), at + data.draw(st.integers(0, 12_000)))
        told.append((known_by[side], at, side, evidence))
    for known, at, side, evidence in sorted(told, key=lambda fact: fact[0]):
        late.tick(known / MS)
        late.side(side, evidence, at / MS, known_at=known / MS)
    at_once.tick(1600)
    late.tick(1700)
    for pupil in ("sam", "ann"):
        assert outcome_of(late, pupil) == outcome_of(at_once, pupil)
    assert [event.at for event in of_type(late, Ended)] == [event.at for event in of_type(at_once, Ended)]
    assert late.same_when_folded()


# Deadlines --------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_next_deadline_is_the_first_instant_at_which_a_tick_yields_events(data: st.DataObject) -> None:
    work = AtWork()
    at = -60
    for _ in range(data.draw(st.integers(0, 6))):
        at += data.draw(st.integers(1, 250))
        work.tick(at)
        work.side(data.draw(st.sampled_from([TEACHER, "sam"])), data.draw(st.sampled_from(["ready", "lost"])), at)
    for _ in range(12):
        due = work.room.next_deadline()
        if due is None:
            break
        before = Room.fold(work.log)
        if due - 1 > work.now:
            assert not before.decide(c.Tick(complete_until=due - 1), due - 1).events
        assert work.tick((due - T) / MS).events
    assert work.room.next_deadline() is None
    assert work.room.ended


def test_a_played_out_room_has_no_deadline() -> None:
    work = AtWork()
    work.tick(3000)
    assert work.room.next_deadline() is None


# Who may ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        lambda stamp: c.End(**stamp(SAM)),
        lambda stamp: c.Start(**stamp(SAM)),
        lambda stamp: c.Flag(**stamp(MANAGER), message="m"),
        lambda stamp: c.AdultOut(**stamp(SAM), pupil="ann"),
        lambda stamp: c.AdultIn(**stamp(TEACHER_ACTOR), pupil="sam", name="x"),
        lambda stamp: c.Overrule(**stamp(TEACHER_ACTOR), pupil="sam", charge="charged", reason=""),
        lambda stamp: c.Say(**stamp(MANAGER), message="m", digest="0"),
        lambda stamp: c.Enter(by=MANAGER, device="d", epoch=1),
    ],
)
def test_nobody_acts_for_another(command: Any) -> None:
    work = AtWork(booking(17, 17, kind=Kind.SHARED))
    assert work.decide(command(work.stamp), -10).refused == "not_allowed"


def test_D9_a_manager_ends_but_is_in_no_room() -> None:
    work = AtWork()
    assert work.can(-10, MANAGER) == ("end",)
    assert work.decide(c.End(**work.stamp(MANAGER)), -10).halts
    assert work.room.status(work.now).rule == "D9"
    assert work.room.status(work.now).ended_by == "manager"


def test_a_pupil_that_is_not_in_the_lesson_is_refused() -> None:
    work = AtWork()
    assert work.decide(c.Remove(**work.stamp(), pupil="zoe")).refused == "unknown_pupil"
    assert work.decide(c.HookEnds(pupil="zoe")).refused == "unknown_pupil"
    assert work.decide(c.SideIs(side="zoe", evidence="ready", at=T)).refused == "unknown_pupil"


def test_can_names_only_what_is_then_accepted() -> None:
    work = AtWork(booking(12))
    work.side(TEACHER, "ready", -60)
    assert work.can(10, SAM) == ("say", "leave", "cannot_see", "check_in")
    assert "phone" not in work.can(59.999)
    assert "phone" in work.can(60)
    assert "keep_waiting" not in work.can(239.999)
    assert "keep_waiting" in work.can(240)
    work.decide(c.End(**work.stamp()), 250)
    assert work.can(251, SAM) == ()
    assert work.can(251) == ("explain",)


def test_C4_the_phone_shows_after_60_s_of_connection_trouble_and_only_then() -> None:
    work = AtWork(booking(12))
    work.both_ready()
    assert "phone" not in work.can(200)  # the adult is missing, the line is not
    work.decide(c.AdultIn(**work.stamp(SAM), pupil="sam", name="Ann"), 210)
    work.side("sam", "lost", 400)
    assert "phone" not in work.can(459.999)
    assert "phone" in work.can(460)
    work.side("sam", "ready", 470)
    assert "phone" not in work.can(471)


# Repeats ----------------------------------------------------------------------------------------------------


def test_a_repeated_action_has_no_second_effect_also_after_a_fold() -> None:
    work = AtWork()
    warn = c.Warn(**work.stamp(), reason="mind the language")
    assert len(work.decide(warn, 0).events) == 1
    assert work.decide(warn).repeated
    assert Room.fold(work.log).decide(warn, work.now).repeated
    end = c.End(**work.stamp())
    assert work.decide(end).halts
    assert work.decide(end).repeated


def test_every_kind_of_a_persons_event_is_remembered_by_its_action() -> None:
    asked = {kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, events.ByPerson)}
    assert asked - {events.ByPerson} == _BY_PERSON, "one that inherits it at second hand would be done twice"


def test_action_ids_are_kept_within_a_bound() -> None:
    work = AtWork()
    for n in range(ACTIONS_KEPT + 10):
        work.decide(c.CannotSee(by=SAM, action=str(n)), 0)
    assert len(work.room._actions) == ACTIONS_KEPT


def test_small_actions_are_bounded_and_the_end_is_not() -> None:
    work = AtWork()
    work.room._small_actions = 10_000
    assert work.decide(c.CannotSee(**work.stamp(SAM)), 0).refused == "too_many"
    assert work.decide(c.End(**work.stamp())).halts


# The adult (B1) ---------------------------------------------------------------------------------------------


def test_B1_check_in_by_sight_counts_when_the_teacher_says_yes() -> None:
    work = AtWork(booking(11))
    work.both_ready()
    work.decide(c.AdultIn(**work.stamp(SAM), pupil="sam", name="Ann", how="sight"), -50)
    assert work.part(-50).adult == "by_sight"
    assert work.room.status(work.now).sides[1].reasons == ("adult",)
    work.decide(c.AdultSeen(**work.stamp(), pupil="sam", seen=True), -40)
    assert work.part(-40).phase == "settling"


def test_B1_contested_check_in_is_disputed_and_the_side_unknown_before_it_has_started() -> None:
    work = AtWork(booking(11))
    work.both_ready()
    work.decide(c.AdultIn(**work.stamp(SAM), pupil="sam", name="Ann"), -50)
    work.decide(c.AdultSeen(**work.stamp(), pupil="sam", seen=False), 5)
    assert (work.part(8).adult, work.part(8).clock) == ("disputed", "nobody")
    work.decide(c.AdultIn(**work.stamp(SAM), pupil="sam", name="Bea"), 9)
    assert work.part(9).phase == "settling"


def test_B1_contest_after_it_has_started_changes_no_class() -> None:
    work = AtWork(booking(11))
    work.both_ready()
    work.decide(c.AdultIn(**work.stamp(SAM), pupil="sam", name="Ann"), -50)
    work.decide(c.AdultSeen(**work.stamp(), pupil="sam", seen=False), 100)
    assert work.part(101).phase == "live"


def test_B1_at_12_a_started_lesson_pauses_until_the_teacher_carries_on() -> None:
    work = AtWork(booking(12))
    work.both_ready()
    work.decide(c.AdultIn(**work.stamp(SAM), pupil="sam", name="Ann"), -50)
    work.decide(c.AdultOut(**work.stamp(), pupil="sam"), 100)
    assert work.part(101).paused
    assert work.part(400).interrupted_ms == 0
    assert "carry_on" in work.can(101)
    work.decide(c.CarryOn(**work.stamp(), pupil="sam"), 120)
    assert not work.part(121).paused
    assert work.decide(c.CarryOn(**work.stamp(), pupil="sam"), 121).refused == "not_open"


def test_B1_adult_of_13_is_asked_back_five_minutes_before_the_end() -> None:
    work = AtWork(booking(13))
    work.both_ready()
    work.decide(c.AdultIn(**work.stamp(SAM), pupil="sam", name="Ann"), -50)
    work.tick(1499.999)
    assert "AdultAskedBack" not in work.names()
    work.tick(1500)
    assert work.part(1500).adult_asked_back


def test_B1_an_adult_who_was_contested_and_then_leaves_is_missing() -> None:
    work = AtWork(booking(11))
    work.both_ready()
    work.decide(c.AdultIn(**work.stamp(SAM), pupil="sam", name="Ann"), -50)
    work.decide(c.AdultSeen(**work.stamp(), pupil="sam", seen=False), 5)
    work.decide(c.AdultOut(**work.stamp(SAM), pupil="sam"), 6)
    assert (work.part(7).adult, work.part(7).clock) == ("needed", "pupil")


def test_B1_a_teacher_who_marks_the_adult_as_gone_contests_and_never_puts_the_pupils_clock_on() -> None:
    work = AtWork(booking(11))
    work.both_ready()
    work.decide(c.AdultIn(**work.stamp(SAM), pupil="sam", name="Ann"), -50)
    work.decide(c.AdultOut(**work.stamp(), pupil="sam"), 5)
    assert (work.part(7).adult, work.part(7).clock) == ("disputed", "nobody")
    work.decide(c.AdultIn(**work.stamp(SAM), pupil="sam", name="Ann"), 8)
    assert work.part(9).phase == "settling"


# What comes afterwards --------------------------------------------------------------------------------------


def undecided() -> AtWork:
    work = AtWork()
    work.both_ready()
    work.tick(100)
    work.side("sam", "lost", 600)
    work.tick(1800)
    return work


def test_C6_is_the_offices_to_choose_only_once_the_lesson_is_over() -> None:
    choose = {"choose": "carry_over", "pupil": "sam"}
    work = AtWork()
    work.both_ready()
    work.tick(100)
    work.side("sam", "lost", 600)
    work.tick(1000)
    assert work.decide(c.DecideForOffice(**work.stamp(OFFICE), **choose)).refused == "not_open"
    work.tick(1800)
    work.decide(c.DecideForOffice(**work.stamp(OFFICE), **choose), 180_000)
    work.tick(180_000)
    assert of_type(work, OutcomeChanged)[0].outcome.minutes_owed == 20
    assert work.same_when_folded()


def test_O1_an_overruled_outcome_is_appended_and_stays() -> None:
    work = undecided()
    overrule = c.Overrule(**work.stamp(OFFICE), pupil="sam", charge="not_charged", reason="their router, our fault")
    work.decide(overrule, 5_000)
    work.tick(5_000)
    assert outcome_of(work)[0].charge == "undecided"
    assert of_type(work, OutcomeChanged)[0].outcome.overruled
    assert work.decide(c.Decide(**work.stamp(), choose="abort", pupil="sam")).refused == "not_open"


def test_an_explanation_is_followed_by_the_changed_outcome_at_the_next_tick() -> None:
    work = AtWork()
    work.both_ready()
    work.tick(100)
    work.decide(c.End(**work.stamp()), 700)
    work.tick(700)
    assert work.room.status(work.now).asks_why
    work.decide(c.Explain(**work.stamp(), because="conduct"), 800)
    assert work.room.next_deadline() == work.now
    work.tick(800)
    assert work.room.status(work.now).rule == "D1"
    assert of_type(work, OutcomeChanged)[0].outcome.charge == "charged"
    assert not work.room.status(work.now).asks_why


# What status tells ------------------------------------------------------------------------------------------


def test_status_tells_when_the_running_clock_acts_and_when_settling_is_complete() -> None:
    work = AtWork()
    work.side(TEACHER, "ready", -60)
    assert work.part(-1).phase == "before"
    assert (work.part(100).clock, work.part(100).acts_at) == ("pupil", T + 300_001)
    work.side("sam", "ready", 295)
    assert (work.part(296).phase, work.part(296).settled_at) == ("settling", T + 305_000)
    work.side("sam", "lost", 302)
    assert work.part(303).acts_at == T + 317_000
    work.decide(c.KeepWaiting(**work.stamp()), 304)
    assert (work.part(304).kept_waiting, work.part(304).acts_at) == (True, None)


def test_status_tells_what_each_choice_would_owe() -> None:
    work = AtWork()
    work.both_ready()
    work.tick(100)
    work.side("sam", "lost", 600)
    part = work.part(950)
    assert (part.phase, part.decision, part.interrupted_ms) == ("interrupted", "open", 350_000)
    assert (part.owed_teach_on, part.owed_carry_over) == (6, 20)


def test_status_closes_at_E_unless_it_is_live() -> None:
    work = AtWork()
    assert work.room.status(T).closes_at == T + 1_800_000
    work.both_ready(1)
    assert work.room.status(T + 100_000).closes_at == T + 2_400_000


# Presence ---------------------------------------------------------------------------------------------------


def test_a_newer_device_takes_over_and_the_older_one_is_fenced() -> None:
    work = AtWork()
    work.decide(c.Enter(by=SAM, device="tab", epoch=1), -100)
    work.decide(c.Enter(by=SAM, device="phone", epoch=2))
    assert work.decide(c.Enter(by=SAM, device="tab", epoch=1)).refused == "stale_epoch"
    assert work.decide(c.Depart(by=SAM, device="tab", epoch=1)).repeated
    assert work.room.status(work.now).sides[1].here
    work.decide(c.Depart(by=SAM, device="phone", epoch=2))
    assert not work.room.status(work.now).sides[1].here
    assert work.same_when_folded()


def test_nobody_comes_back_into_a_shut_room() -> None:
    work = AtWork()
    work.decide(c.End(**work.stamp()), 0)
    assert work.decide(c.Enter(by=SAM, device="tab", epoch=1)).refused == "over"


# Total ------------------------------------------------------------------------------------------------------

ACTORS = (
    TEACHER_ACTOR, SAM, family("ann"), family("zoe"), MANAGER, OFFICE,
    Actor(role=Role.TEACHER, person="x", name="", side="sam"), Actor(role=Role.HOOK, person="", name=""),
    Actor(role=Role.PUPIL_SIDE, person="y", name="", side=None),
)  # fmt: skip
PUPILS = ("sam", "ann", "zoe", TEACHER, "")


def commands_of(by: Actor, pupil: str, action: str) -> list[c.Command]:
    who: dict[str, Any] = {"by": by, "action": action}
    return [
        c.Say(**who, message=action, digest=""), c.Release(**who, message="m"), c.Withhold(**who, message="m"),
        c.Flag(**who, pupil=pupil), c.Start(**who), c.KeepWaiting(**who), c.EndAsMissed(**who),
        c.End(**who, pupil=pupil), c.Explain(**who, because="other", pupil=pupil), c.Explain(**who, because="dress"),
        c.Decide(**who, choose="teach_on", pupil=pupil), c.Remove(**who, pupil=pupil), c.Warn(**who, pupil=pupil),
        c.Leave(**who), c.CannotSee(**who), c.AdultIn(**who, pupil=pupil, name=""), c.AdultOut(**who, pupil=pupil),
        c.AdultSeen(**who, pupil=pupil, seen=False), c.CarryOn(**who, pupil=pupil), c.Command(),
        c.Overrule(**who, pupil=pupil, charge="charged", reason=""), c.HookEnds(pupil=pupil),
        c.DecideForOffice(**who, choose="abort", pupil=pupil), c.TeacherLeaves(by=by),
        c.Enter(by=by, device="d", epoch=0), c.Depart(by=by, device="d", epoch=0),
        c.SideIs(side=pupil, evidence="unknown", at=-(10**18)), c.PlatformIs(up=False, at=10**18),
        c.Judge(message="m", verdict=Verdict(ruling=Ruling.END)), c.Tick(complete_until=10**18),
    ]  # fmt: skip


def phases() -> dict[str, AtWork]:
    """A room in each phase that a part can be in."""
    found = {}
    for name, at in {"before": -90, "settling": -55, "live": 10, "started": 100, "running on": 1900}.items():
        work = AtWork(booking(17, 17, kind=Kind.SHARED))
        work.both_ready()
        work.tick(at)
        found[name] = work
    for name, then in {"interrupted": 700, "undecided": 1000, "over": 1800}.items():
        work = AtWork(booking(17, 17, kind=Kind.SHARED))
        work.both_ready()
        work.tick(100)
        work.side("sam", "lost", 600)
        work.side("ann", "lost", 600)
        work.tick(then)
        found[name] = work
    found["starting"] = AtWork(booking(17, 17, kind=Kind.SHARED))
    found["starting"].tick(100)
    return found


@pytest.mark.parametrize("phase", list(phases()))
def test_decide_is_total_and_every_event_folds(phase: str) -> None:
    work = phases()[phase]
    n = 0
    for by in ACTORS:
        for pupil in PUPILS:
            for command in commands_of(by, pupil, "x"):
                n += 1
                twin = Room.fold(work.log)
                decision = twin.decide(command, work.now)
                for event in decision.events:
                    twin.apply(event)
                assert decision.refused == "" or not decision.events
                again = Room.fold([*work.log, *decision.events])
                later = work.now + 20_000
                assert again.status(later) == twin.status(later)
    assert n == len(ACTORS) * len(PUPILS) * 30


def test_a_log_that_does_not_begin_with_opened_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="begins with Opened"):
        Room.fold([])
    assert Room.fold([Opened(at=T, lesson=booking())]).status(T).parts[0].phase == "starting"
