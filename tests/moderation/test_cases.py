"""S2: what a case freezes, and that it is provably unchanged."""

from __future__ import annotations

import msgspec
import pytest

from moderation.cases import CaseEvidence, decode, digest, encode, freeze
from rooms import events as what
from rooms.lesson import Actor, Kind, Lesson, Pupil, Role
from rooms.verdict import Ruling, Verdict

T = 1_700_000_000_000
TEACHER = Actor(Role.TEACHER, "p1", "Ms Reed", "teacher")
FAMILY = Actor(Role.PUPIL_SIDE, "p2", "Alex", "sam")
MANAGER = Actor(Role.MANAGER, "p3", "Jo")
LESSON = Lesson(
    id="l1", kind=Kind.INDIVIDUAL, subject="Violin", teacher_name="Ms Reed", pupils=(Pupil("sam", "Sam", 11),),
    starts_at=T, ends_at=T + 1_800_000,
)  # fmt: skip
HOLD = Verdict(Ruling.HOLD, "rude words", "profanity", True, "lexicon 1", ((0, 4),))
END = Verdict(Ruling.END, "a threat", "threat", False, "cues 1", ((0, 9),))
DISCLOSED = Verdict(Ruling.ESCALATE, "something", "disclosure", True, "disclosure 1")


def said(at: int, message: str, by: Actor = FAMILY) -> what.MessageSubmitted:
    return what.MessageSubmitted(at=T + at, by=by, action=message, message=message, digest=f"d-{message}")


LOG = [
    what.Opened(at=T - 1, lesson=LESSON),
    what.Entered(at=T, by=TEACHER, device="t", epoch=1),
    what.Entered(at=T + 1, by=FAMILY, device="s", epoch=1),
    what.AdultCheckedIn(at=T + 2, by=FAMILY, action="a", pupil="sam", name="Alex", how="pin"),
    said(10, "m1"),
    what.MessageJudged(at=T + 10, message="m1", verdict=Verdict(Ruling.ALLOW)),
    what.MessageDelivered(at=T + 10, message="m1"),
    said(20, "m2"),
    what.MessageJudged(at=T + 20, message="m2", verdict=HOLD),
    what.MessageReleased(at=T + 25, by=TEACHER, action="r", message="m2"),
    what.MessageDelivered(at=T + 25, message="m2"),
    said(30, "m3"),
    what.MessageJudged(at=T + 30, message="m3", verdict=HOLD),
    what.MessageDropped(at=T + 90, message="m3", why="expired"),
    what.EvidenceChanged(at=T + 95, side="sam", evidence="unknown", reasons=("media",)),
    what.Departed(at=T + 96, by=FAMILY, device="s", epoch=1),
    what.Entered(at=T + 97, by=FAMILY, device="s", epoch=2),
    said(100, "m4", TEACHER),
    what.MessageJudged(at=T + 100, message="m4", verdict=END),
]
TEXTS = {"m1": "hello", "m2": "damn", "m3": "worse", "m4": "severe"}


def test_S2_the_transcript_holds_withheld_messages_too_with_their_verdicts_and_spans() -> None:
    lines = {line.message: line for line in freeze(LOG, TEXTS).transcript}
    assert [(line.text, line.fate) for line in lines.values()] == [
        ("hello", "delivered"), ("damn", "delivered"), ("worse", "not_sent"), ("severe", "not_sent"),
    ]  # fmt: skip
    assert lines["m2"].released_by == TEACHER
    assert lines["m2"].verdict == HOLD
    assert lines["m3"].why_not == "expired"
    assert lines["m4"].author == TEACHER
    assert lines["m4"].digest == "d-m4"


def test_S2_who_was_there_and_when() -> None:
    people = [(p.who.name, p.came - T, None if p.went is None else p.went - T) for p in freeze(LOG, TEXTS).people]
    assert people == [("Ms Reed", 0, None), ("Alex", 1, 96), ("Alex", 97, None)]


def test_S2_the_timeline_says_what_happened_besides_messages() -> None:
    timeline = [(m.what, m.side, m.detail) for m in freeze(LOG, TEXTS).timeline]
    assert ("AdultCheckedIn", "sam", "name=Alex; how=pin") in timeline
    assert ("EvidenceChanged", "sam", "evidence=unknown; reasons=media") in timeline
    assert not any(name.startswith("Message") for name, _, _ in timeline)


@pytest.mark.parametrize(
    ("last", "kind", "message"),
    [
        (what.MessageJudged(at=T + 1, message="m1", verdict=END), "ended_by_review", "m1"),
        (what.MessageJudged(at=T + 1, message="m1", verdict=DISCLOSED), "escalated", "m1"),
        (what.Flagged(at=T + 1, by=TEACHER, action="f", message="m1"), "flagged", "m1"),
        (what.EndPressed(at=T + 1, by=MANAGER, action="e"), "ended_by_staff", ""),
        (what.EndPressed(at=T + 1, by=TEACHER, action="e"), "none", ""),
    ],
)
def test_D3_D9_the_cause_is_the_event_that_opens_the_case(last: what.Event, kind: str, message: str) -> None:
    evidence = freeze([LOG[0], said(0, "m1"), last, what.Shut(at=T + 2, rule="D3")], TEXTS)
    assert (evidence.cause.kind, evidence.cause.message) == (kind, message)


def test_D3_the_flagged_message_is_marked() -> None:
    [line] = freeze([said(0, "m1"), what.Flagged(at=T + 1, by=TEACHER, action="f", message="m1")], TEXTS).transcript
    assert line.flagged


def test_S2_the_same_log_gives_the_same_bytes_and_any_change_shows() -> None:
    evidence = freeze(LOG, TEXTS)
    assert encode(evidence) == encode(freeze(list(LOG), dict(reversed(TEXTS.items()))))
    assert encode(evidence) == msgspec.msgpack.encode(evidence), "what the store writes is the canonical form"
    assert decode(encode(evidence)) == evidence
    assert digest(decode(encode(evidence))) == digest(evidence)
    assert digest(freeze(LOG, {**TEXTS, "m1": "hallo"})) != digest(evidence)
    assert digest(freeze(LOG[:-1], TEXTS)) != digest(evidence)


def test_Q2_a_text_that_expired_leaves_its_digest() -> None:
    [line] = freeze([said(0, "m1")], {}).transcript
    assert (line.text, line.digest, line.fate) == (None, "d-m1", "waiting")


def test_a_log_with_nothing_in_it_freezes_too() -> None:
    assert freeze([], {}) == CaseEvidence(
        lesson=None, cause=freeze([], {}).cause, events=0, transcript=(), timeline=(), people=()
    )
