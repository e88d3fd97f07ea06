"""Who learns what of each event: the whole table, and what nobody may learn."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from rooms import events as ev
from rooms.audience import (
    _SHOWING,
    NEUTRAL,
    Viewer,
    may_signal,
    outcome_for,
    project,
    project_all,
    sees,
    status_for,
    viewer_of,
)
from rooms.lesson import TEACHER, Actor, Kind, Lesson, Pupil, Role
from rooms.prefix import Prefix
from rooms.shown import Closing, Happened, Held, Message, Result, Shown, Unsent
from rooms.status import PartStatus, SideStatus, Status
from rooms.verdict import Ruling, Verdict

ANNA = Actor(Role.TEACHER, "anna", "Anna Weber", TEACHER)
ADA = Actor(Role.PUPIL_SIDE, "ada", "Ada (Sam's mother)", "sam")
UNCLE = Actor(Role.PUPIL_SIDE, "uncle", "Ben (Sam's uncle)", "sam")
CARO = Actor(Role.PUPIL_SIDE, "caro", "Caro (Kim's father)", "kim")
MANAGER = Actor(Role.MANAGER, "mo", "Mo", None)
OFFICER = Actor(Role.SAFEGUARDING, "so", "So", None)
TEACHER_V, SAM_V, UNCLE_V, KIM_V, MANAGER_V = map(viewer_of, (ANNA, ADA, UNCLE, CARO, MANAGER))
VIEWERS = {"teacher": TEACHER_V, "sam": SAM_V, "uncle": UNCLE_V, "kim": KIM_V, "observer": MANAGER_V}
E = 10_000_000
LESSON = Lesson(
    id="l", kind=Kind.SHARED, subject="Violin", teacher_name="Anna Weber",
    pupils=(Pupil("sam", "Sam", 9), Pupil("kim", "Kim", 10)), starts_at=E - 1_800_000, ends_at=E,
)  # fmt: skip
HOLD = Verdict(Ruling.HOLD, "personal details", "personal_data")
TEXTS = {"m": "my number is 0123"}


def after(*log: ev.Event) -> Prefix:
    prefix = Prefix()
    for event in (ev.Opened(at=0, lesson=LESSON), *log):
        prefix.apply(event)
    return prefix


def shown_to(event: ev.Event, *log: ev.Event) -> dict[str, Shown | None]:
    shown = {name: project(event, viewer, after(*log), TEXTS) for name, viewer in VIEWERS.items()}
    together = project_all(event, list(VIEWERS.values()), after(*log), TEXTS)
    assert (together or [None] * len(VIEWERS)) == list(shown.values()), "made together or one by one, it is the same"
    return shown


def who(event: ev.Event, *log: ev.Event) -> set[str]:
    return {name for name, shown in shown_to(event, *log).items() if shown is not None}


def said(by: Actor) -> ev.MessageSubmitted:
    return ev.MessageSubmitted(at=1, by=by, action="a", message="m", digest="d")


def judged(verdict: Verdict = HOLD) -> ev.MessageJudged:
    return ev.MessageJudged(at=2, message="m", verdict=verdict)


DELIVERED = ev.MessageDelivered(at=3, message="m")
ALL = set(VIEWERS)


# Chat -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [ANNA, ADA, CARO], ids=lambda by: by.person)
def test_delivered_chat_is_the_same_for_everyone_under_its_authors_own_name(by: Actor) -> None:
    shown = shown_to(DELIVERED, said(by), judged(Verdict(Ruling.ALLOW)))
    message = Message(at=3, message="m", side=by.side or "", author=by.name, text=TEXTS["m"])
    assert shown == dict.fromkeys(VIEWERS, message)


def test_D3_an_escalated_message_is_shown_exactly_like_an_allowed_one() -> None:
    for ruling in (Ruling.ESCALATE, Ruling.ALLOW):
        assert who(judged(Verdict(ruling, "a disclosure", "disclosure")), said(ADA)) == set()
    escalated = shown_to(DELIVERED, said(ADA), judged(Verdict(Ruling.ESCALATE, "a disclosure", "disclosure")))
    assert escalated == shown_to(DELIVERED, said(ADA), judged(Verdict(Ruling.ALLOW)))


def test_D3_a_message_that_ends_the_lesson_is_shown_to_nobody_not_even_as_dropped() -> None:
    log = (said(ADA), judged(Verdict(Ruling.END, "grooming", "grooming")))
    assert who(log[1], log[0]) == set()
    assert who(ev.MessageDropped(at=3, message="m", why="ended"), *log) == set()


def test_D_a_held_message_of_a_pupil_side_goes_to_its_author_kindly_and_to_the_teacher_with_the_reason() -> None:
    shown = shown_to(judged(), said(ADA))
    held = Held(
        at=2, message="m", side="sam", author=ADA.name, text=TEXTS["m"], reason="", releasable=False, until=60_002
    )
    assert shown == {
        "teacher": msgspec.structs.replace(held, reason="personal details", releasable=True),
        "sam": held,
        "uncle": None,
        "kim": None,
        "observer": msgspec.structs.replace(held, reason="personal details", text=None),
    }


def test_D_a_held_message_of_the_teacher_is_releasable_by_nobody() -> None:
    shown = shown_to(judged(), said(ANNA))
    held = Held(
        at=2, message="m", side=TEACHER, author=ANNA.name, text=TEXTS["m"], reason="", releasable=False, until=60_002
    )
    assert {name for name, one in shown.items() if one} == {"teacher", "observer"}
    assert shown["teacher"] == held


def test_D_what_the_reviewer_does_not_allow_to_be_released_is_not_offered() -> None:
    shown = shown_to(judged(Verdict(Ruling.HOLD, "abuse", "abuse", releasable=False)), said(ADA))["teacher"]
    assert isinstance(shown, Held)
    assert not shown.releasable


@pytest.mark.parametrize("why", ["expired", "withheld", "ended"])
def test_a_dropped_message_is_unsent_to_exactly_those_who_saw_it_held(why: Any) -> None:
    dropped = ev.MessageDropped(at=9, message="m", why=why)
    for author in (ADA, ANNA):
        assert who(dropped, said(author), judged()) == who(judged(), said(author))
        assert shown_to(dropped, said(author), judged())["teacher"] == Unsent(at=9, message="m")


def test_a_hidden_message_leaves_no_gap_and_no_count_with_the_others() -> None:
    hidden: list[ev.Event] = [said(ADA), judged(), ev.MessageDropped(at=9, message="m", why="expired")]
    assert all(not who(event, *hidden[:at]) & {"kim", "uncle"} for at, event in enumerate(hidden))


def test_Q2_an_expired_text_keeps_its_number() -> None:
    shown = project(DELIVERED, SAM_V, after(said(ADA)), {})
    assert isinstance(shown, Message)
    assert shown.text is None


# The timeline -----------------------------------------------------------------------------------------------

OUTCOME = ev.Outcome(rule="C3", charge="charged")
ABOUT_SAM: list[ev.Event] = [
    ev.Entered(at=1, by=ADA, device="d", epoch=1),
    ev.AdultCheckedIn(at=1, by=ADA, action="a", pupil="sam", name="Ada", how="pin"),
    ev.AdultLeft(at=1, by=ADA, action="a", pupil="sam"),
    ev.AdultWasSeen(at=1, by=ANNA, action="a", pupil="sam", seen=False),
    ev.AdultAskedBack(at=1, pupil="sam"),
    ev.CarriedOn(at=1, by=ANNA, action="a", pupil="sam"),
    ev.PathAsked(at=1, by=ADA, action="a"),
    ev.Left(at=1, by=ADA, action="a"),
    ev.Decided(at=1, by=ANNA, action="a", choose="teach_on", pupil="sam"),
    ev.Warned(at=1, by=ANNA, action="a", reason="Please listen.", pupil="sam"),
    ev.Live(at=1, pupil="sam"),
    ev.BackToStart(at=1, pupil="sam"),
    ev.Started(at=1, pupil="sam"),
    ev.Interrupted(at=1, pupil="sam"),
    ev.Resumed(at=1, pupil="sam", interrupted_ms=5),
    ev.DecisionOpened(at=1, pupil="sam"),
]
ABOUT_ALL: list[ev.Event] = [
    ev.Entered(at=1, by=ANNA, device="d", epoch=1),
    ev.PlatformChanged(at=1, up=False),
    ev.PlatformChanged(at=1, up=True),
    ev.WaitKept(at=1, by=ANNA, action="a"),
    ev.Warned(at=1, by=ANNA, action="a", reason="Please listen.", pupil=None),
    ev.PathAsked(at=1, by=ANNA, action="a"),
    ev.Left(at=1, by=ANNA, action="a"),
]
NOBODYS: dict[type[ev.Event], str] = {
    ev.Opened: "the welcome carries the booking",
    ev.EvidenceChanged: "the status carries it, with its onset",
    ev.StartPressed: "live follows",
    ev.MissedPressed: "closing follows",
    ev.EndPressed: "closing follows, in the words of who reads it",
    ev.Flagged: "closing follows; the author is not told (D3)",
    ev.HookEnded: "closing follows; nobody is told why (D3)",
    ev.TeacherLeft: "closing follows (A3)",
    ev.Explained: "an outcome follows",
    ev.Overruled: "an outcome follows; the officer's name is on its page (O1)",
    ev.MessageSubmitted: "nobody sees what was not reviewed (D)",
    ev.MessageReleased: "its delivery follows",
    ev.Voided: "the room's own bookkeeping",
    ev.Ended: "the status says that it is settled",
}


@pytest.mark.parametrize("event", ABOUT_SAM, ids=lambda event: type(event).__name__)
def test_A5_what_concerns_one_pupil_side_is_never_shown_to_another(event: ev.Event) -> None:
    assert who(event) == ALL - {"kim"}
    assert len(set(filter(None, shown_to(event).values()))) == 1, "both sides read the same"


@pytest.mark.parametrize("event", ABOUT_ALL, ids=lambda event: type(event).__name__)
def test_what_concerns_the_room_is_shown_to_all(event: ev.Event) -> None:
    assert len(set(shown_to(event).values())) == 1
    assert who(event) == ALL


def all_events(of: type[ev.Event] = ev.Event) -> Iterable[type[ev.Event]]:
    for event in of.__subclasses__():
        yield event
        yield from all_events(event)


def test_of_every_event_it_is_decided_who_is_shown_it() -> None:
    known = {event for event in all_events() if event is not ev.ByPerson}
    assert known == set(_SHOWING) | set(NOBODYS)
    assert not set(_SHOWING) & set(NOBODYS)


def test_here_and_gone_speak_of_a_side_not_of_its_devices() -> None:
    log: list[ev.Event] = []

    def follow(event: ev.Event) -> list[str]:
        shown = shown_to(event, *log)["teacher"]
        log.append(event)
        return [shown.what] if isinstance(shown, Happened) else []

    assert follow(ev.Entered(at=1, by=ADA, device="tablet", epoch=1)) == ["here"]
    assert follow(ev.Entered(at=2, by=UNCLE, device="phone", epoch=1)) == []
    assert follow(ev.Entered(at=3, by=ADA, device="laptop", epoch=2)) == []
    assert follow(ev.Departed(at=4, by=ADA, device="tablet", epoch=1)) == []
    assert follow(ev.Departed(at=5, by=UNCLE, device="phone", epoch=1)) == []
    assert follow(ev.Departed(at=6, by=ADA, device="laptop", epoch=2)) == ["gone"]
    assert follow(ev.Departed(at=7, by=ADA, device="laptop", epoch=2)) == []
    assert follow(ev.Entered(at=8, by=ADA, device="laptop", epoch=3)) == ["here"]
    assert follow(ev.Shut(at=9, rule="held")) == []
    assert follow(ev.Departed(at=10, by=ADA, device="laptop", epoch=3)) == []


# Endings ----------------------------------------------------------------------------------------------------

END = ev.EndPressed(at=5, by=ANNA, action="a")
FOR_CONDUCT = ev.EndPressed(at=5, by=ANNA, action="a", because="conduct")
FOR_DRESS = ev.EndPressed(at=5, by=ANNA, action="a", because="dress")
FLAG = ev.Flagged(at=5, by=ANNA, action="a", message="m", pupil="sam")
ENDINGS: list[tuple[str, tuple[ev.Event, ...], ev.Shut, str, str]] = [
    ("teacher", (END,), ev.Shut(at=5, rule="early", by=Role.TEACHER), "by_you", "neutral"),
    ("D1", (FOR_CONDUCT,), ev.Shut(at=5, rule="D1", by=Role.TEACHER), "by_you", "neutral"),
    ("D2", (FOR_DRESS,), ev.Shut(at=5, rule="D2", by=Role.TEACHER), "by_you", "neutral"),
    ("D3", (FLAG,), ev.Shut(at=5, rule="D3", by=Role.TEACHER), "flagged", "neutral"),
    ("D9", (), ev.Shut(at=5, rule="D9", by=Role.MANAGER), "neutral", "neutral"),
    ("D9", (), ev.Shut(at=5, rule="D9", by=Role.SAFEGUARDING), "neutral", "neutral"),
    ("hook", (), ev.Shut(at=5, rule="auto", by=Role.HOOK), "neutral", "neutral"),
    ("hook", (), ev.Shut(at=5, rule="auto"), "neutral", "neutral"),
    ("A3", (), ev.Shut(at=5, rule="A3"), "neutral", "neutral"),
    ("A3", (), ev.Shut(at=5, rule="A3", by=Role.TEACHER), "neutral", "neutral"),
    ("C2", (), ev.Shut(at=5, rule="C2"), "C2", "C2"),
    ("C3", (), ev.Shut(at=5, rule="C3"), "C3", "C3"),
    ("C7", (), ev.Shut(at=5, rule="C7"), "C7", "C7"),
    ("time", (), ev.Shut(at=E, rule="held"), "time", "time"),
    ("time", (), ev.Shut(at=E, rule="C6"), "time", "time"),
    ("missed", (ev.MissedPressed(at=5, by=ANNA, action="a"),), ev.Shut(at=5, rule="C3", by=Role.TEACHER), "C3", "C3"),
    ("C6", (ev.Decided(at=5, by=ANNA, action="a", choose="abort", pupil="sam"),),
     ev.Shut(at=5, rule="C6", by=Role.TEACHER), "decision", "decision"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "log", "shut", "teacher", "pupils"), ENDINGS, ids=[ending[0] for ending in ENDINGS])
def test_D_an_ending_tells_each_side_its_own_words_and_no_more(
    name: str, log: tuple[ev.Event, ...], shut: ev.Shut, teacher: str, pupils: str
) -> None:
    shown = shown_to(shut, *log)
    how = {who: one.how for who, one in shown.items() if isinstance(one, Closing)}
    assert how == {"teacher": teacher, "sam": pupils, "uncle": pupils, "kim": pupils, "observer": pupils}
    assert not any(one.asks_why for who, one in shown.items() if who != "teacher" and isinstance(one, Closing))


@pytest.mark.parametrize("asks", [True, False])
def test_D1_how_it_ended_is_asked_of_the_teacher_alone_and_only_where_the_room_says_so(asks: bool) -> None:
    shown = shown_to(ev.Shut(at=5, rule="early", by=Role.TEACHER, asks_why=asks), END)
    asked = {who: one.asks_why for who, one in shown.items() if isinstance(one, Closing)}
    assert asked == dict.fromkeys(shown, False) | {"teacher": asks}


def test_D3_no_viewer_can_tell_who_or_what_ended_it_where_the_sentence_is_the_closing_one() -> None:
    """Hook, manager, safeguarding: the same bytes for both sides; for a pupil side the teacher's end and flag too."""
    neutral = [(log, shut) for _, log, shut, _, pupils in ENDINGS if pupils == "neutral"]
    assert len({shown_to(shut, *log)["sam"] for log, shut in neutral}) == 1
    hidden = [(log, shut) for _, log, shut, teacher, _ in ENDINGS if teacher == "neutral"]
    assert len({shown_to(shut, *log)["teacher"] for log, shut in hidden}) == 1


def test_a_removed_pupil_reads_the_closing_sentence_once_and_nothing_after_but_its_outcome() -> None:
    removed = ev.Removed(at=4, by=ANNA, action="a", pupil="sam", because="conduct")
    shown = shown_to(removed)
    assert shown["sam"] == Closing(at=4, how="neutral")
    assert shown["kim"] is None
    assert shown["teacher"] == shown["observer"] == Happened(at=4, what="removed", side="sam")
    everything = [*ABOUT_SAM, *ABOUT_ALL, DELIVERED, judged(), ev.Shut(at=9, rule="held"), removed]
    for event in everything:
        assert not who(event, said(ANNA), removed) & {"sam", "uncle"}
    assert who(ev.PartEnded(at=9, pupil="sam", outcome=OUTCOME), removed) == {"teacher", "sam", "uncle"}


def test_a_pupil_whose_part_is_over_is_shown_how_it_ended_under_its_own_rule() -> None:
    over = ev.PartEnded(at=4, pupil="sam", outcome=OUTCOME)
    shown = shown_to(ev.Shut(at=9, rule="C2"), over)
    assert isinstance(shown["sam"], Closing)
    assert isinstance(shown["kim"], Closing)
    assert (shown["sam"].how, shown["kim"].how) == ("C3", "C2")
    assert who(DELIVERED, said(ANNA), over) == {"teacher", "kim", "observer"}


@pytest.mark.parametrize("event", [ev.PartEnded, ev.OutcomeChanged])
def test_outcomes_go_to_the_teacher_and_the_pupils_own_side(event: Any) -> None:
    shown = shown_to(event(at=9, pupil="sam", outcome=OUTCOME))
    result = Result(at=9, pupil="sam", outcome=OUTCOME)
    assert shown == {"teacher": result, "sam": result, "uncle": result, "kim": None, "observer": None}


@pytest.mark.parametrize("rule", ["C2", "C3", "C6", "C7", "D1", "D2", "D3", "D9", "A3", "auto", "held", "early"])
def test_D_an_outcomes_rule_tells_of_no_intervention(rule: str) -> None:
    outcome = ev.Outcome(rule=rule, charge="undecided", decides="office")
    seen = {name: outcome_for(outcome, viewer).rule for name, viewer in VIEWERS.items()}
    teacher = NEUTRAL if rule in ("D9", "A3", "auto") else rule
    pupil = NEUTRAL if rule in ("D2", "D3", "D9", "A3", "auto") else rule
    assert (seen["teacher"], seen["sam"], seen["kim"]) == (teacher, pupil, pupil)


# Status and signals -----------------------------------------------------------------------------------------

STATUS = Status(
    now=1,
    platform_up=True,
    parts=(
        PartStatus(
            pupil="sam", phase="over", adult="in", adult_name="Ada", outcome=ev.Outcome(rule="auto", charge="none")
        ),
        PartStatus(pupil="kim", phase="live", adult="in", adult_name="Caro"),
    ),
    sides=tuple(SideStatus(side=side, evidence="ready", since=1) for side in (TEACHER, "sam", "kim")),
    closes_at=2,
    shut=True,
    rule="auto",
    ended_by="hook",
    asks_why=True,
    may_explain=True,
    asks_why_of=("sam",),
)


def test_A5_a_pupil_side_sees_its_own_part_and_the_teachers_side() -> None:
    seen = status_for(STATUS, KIM_V)
    assert [part.pupil for part in seen.parts] == ["kim"]
    assert [side.side for side in seen.sides] == [TEACHER, "kim"]
    assert b"Ada" not in msgspec.msgpack.encode(seen)


def test_D_the_status_names_no_intervention() -> None:
    for viewer in VIEWERS.values():
        seen = status_for(STATUS, viewer)
        assert (seen.rule, seen.ended_by) == (NEUTRAL, "")
        assert (seen.asks_why, seen.may_explain) == ((viewer is TEACHER_V),) * 2
        assert seen.asks_why_of == (("sam",) if viewer is TEACHER_V else ())
        assert b"auto" not in msgspec.msgpack.encode(seen)
        assert b"hook" not in msgspec.msgpack.encode(seen)
    assert [part.outcome for part in status_for(STATUS, MANAGER_V).parts] == [None, None]
    assert len(status_for(STATUS, MANAGER_V).sides) == 3


@pytest.mark.parametrize("role", [Role.OFFICE, Role.SAFEGUARDING, Role.HOOK])
def test_a_role_that_has_no_screen_here_is_shown_nothing(role: Role) -> None:
    viewer = Viewer(role, "x", None)
    for event in [*ABOUT_SAM, *ABOUT_ALL, DELIVERED, judged(), ev.Shut(at=1, rule="held")]:
        assert project(event, viewer, after(said(ADA)), TEXTS) is None
    assert status_for(STATUS, viewer).parts == ()
    assert not sees(Viewer(Role.PUPIL_SIDE, "x", None), TEACHER)


def test_P2_pupils_signal_with_the_teacher_only_and_observers_with_nobody() -> None:
    sides: list[str | None] = [TEACHER, "sam", "kim", None]
    allowed = {(a, b) for a, b in itertools.product(sides, sides) if may_signal(a, b)}
    assert allowed == {(TEACHER, "sam"), ("sam", TEACHER), (TEACHER, "kim"), ("kim", TEACHER)}
