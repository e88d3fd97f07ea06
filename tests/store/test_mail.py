"""The words of mails."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import msgspec
import pytest

from rooms.events import Clocks, Entered, Event, Outcome, Shut, Warned
from rooms.shown import What
from rooms.verdict import Ruling
from server.mail import Sender, build, message_id
from server.mail_timeline import CHOICES, SENTENCES
from server.store.notes import Note
from server.store.outbox_rows import Parcel
from tests.store.lessons import FAMILY, TEACHER, booking, opened, said

SENDER = Sender(
    service="Hill Music",
    phone="01234 567890",
    address="lessons@music.example",
    url="https://music.example",
    zone=ZoneInfo("Europe/London"),
)


def parcel(audience: str, outcome: Outcome | None, kind: str = "outcome", case: int | None = None) -> Parcel:
    return Parcel(
        id="row-1",
        kind=kind,
        audience=audience,
        lesson=booking("lesson-1"),
        lesson_id="lesson-1",
        pupil="pupil-1",
        outcome=outcome,
        case_id="case-id" if case else None,
        case_number=case,
        urgent=False,
        created_at=1_772_642_200_000,
        attempts=1,
        delivered_to=(),
    )


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (
            Outcome(rule="C2", charge="not_charged", reschedule=True),
            "because of trouble at Ms Tarn's side. You did nothing wrong.\n\n"
            "You are not charged. Ms Tarn will offer you new times.",
        ),
        (
            Outcome(rule="C3", charge="charged"),
            "The lesson could not start today. Your side was not ready in time.\n\n"
            "It is recorded as a missed lesson and charged.",
        ),
        (
            Outcome(rule="C3", charge="not_charged", protected=True, reschedule=True),
            "You are not charged, because you were ready first. Ms Tarn will offer you new times.",
        ),
        (
            Outcome(rule="C7", charge="not_charged", reschedule=True),
            "The lesson could not start. It was nobody's fault.\n\nNobody is charged.",
        ),
    ],
    ids=["C2", "C3", "C3-protected", "C7"],
)
def test_C5_the_family_reads_the_words_of_the_page(outcome: Outcome, words: str) -> None:
    message = build(parcel("family", outcome), "anna@home.example", SENDER)
    text = message.get_content().replace("\r\n", "\n")
    assert words in text
    assert "https://music.example/lessons/lesson-1/after" in text
    assert message["Subject"] == "Violin lesson, Wednesday 4 March, 4:30pm: did not take place"
    assert message["To"] == "anna@home.example"
    assert message["Date"] == "Wed, 04 Mar 2026 16:36:40 +0000"


def test_C5_the_office_reads_rule_charge_and_clocks() -> None:
    outcome = Outcome(rule="C2", charge="not_charged", reschedule=True, clocks=Clocks(300_001, 0, 65_999))
    text = build(parcel("office", outcome), "desk@x.example", SENDER).get_content()
    for fact in (
        "Pupil: Sam",
        "What: did not start, the teacher's side was not ready in time",
        "Charge: not charged",
        "To be rescheduled: yes",
        "teacher's clock 5:00",
        "nobody's 1:05",
    ):
        assert fact in text
    assert "C2" not in text, "a code says nothing to people"


def test_C5_the_office_reads_what_was_seen_and_no_word_of_the_chat() -> None:
    start = booking("lesson-1").starts_at
    log = (
        opened("lesson-1"),
        Entered(at=start, by=FAMILY, device="d", epoch=1),
        *said("m-1", text="a word of the chat"),
        *said("m-2", Ruling.ESCALATE, "a disclosure"),
        Shut(at=start + 300_015, rule="C2"),
    )
    sent = msgspec.structs.replace(parcel("office", Outcome(rule="C2", charge="not_charged")), events=log)
    text = build(sent, "desk@x.example", SENDER).get_content().replace("\r\n", "\n")
    assert "What we saw:\n4:30:00pm  Sam's side came in.\n4:35:00pm  Ended.\n" in text
    assert "chat" not in text
    assert "disclosure" not in text


def test_the_timeline_has_the_words_of_the_pages() -> None:
    source = (Path(__file__).parents[2] / "web/words.ts").read_text()
    for name, words in (("TIMELINE", SENTENCES), ("CHOICES", CHOICES)):
        block = source.split(f"export const {name}")[1].split("\n}")[0]
        assert dict(re.findall(r"^  (\w+): '(.*)',$", block, re.MULTILINE)) == words
    assert set(SENTENCES) == {*get_args(What), "ended"}


@pytest.mark.parametrize("rule", ["D3", "D9", "auto"])
def test_D9_a_mail_to_the_office_names_no_intervention_only_that_it_has_to_decide(rule: str) -> None:
    sent = parcel("office", Outcome(rule=rule, charge="undecided", decides="office"))
    message = build(sent, "desk@x.example", SENDER)
    assert message["Subject"] == "Violin lesson, Wednesday 4 March, 4:30pm: ended early"
    assert "Charge: for you to decide" in message.get_content()
    assert (
        message.as_string()
        == build(
            msgspec.structs.replace(sent, outcome=Outcome(rule="early", charge="undecided", decides="office")),
            "desk@x.example",
            SENDER,
        ).as_string()
    )


def family_reads(outcome: Outcome, *events: Event) -> str:
    sent = msgspec.structs.replace(parcel("family", outcome), events=(opened("lesson-1"), *events))
    message = build(sent, "anna@home.example", SENDER)
    assert message["Subject"] == "Violin lesson, Wednesday 4 March, 4:30pm", "no reason on a lock screen"
    return message.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize("rule", ["D3", "D9", "auto", "D2", "A3", "early"])
def test_D_what_the_office_decides_tells_a_family_the_charge_and_nothing_of_why(rule: str) -> None:
    text = family_reads(Outcome(rule=rule, charge="not_charged", overruled=True))
    assert text.startswith("The office has looked at this lesson.\n\nNot charged.\n\nWhat we saw is here:")
    assert text == family_reads(Outcome(rule="held", charge="not_charged", overruled=True))


def test_A3_reads_to_the_family_like_any_early_end() -> None:
    left = family_reads(Outcome(rule="A3", charge="not_charged", reschedule=True))
    assert left.startswith("This lesson ended early.\n\nNot charged. There will be another time.\n\n")
    assert left == family_reads(Outcome(rule="early", charge="not_charged", reschedule=True))


def test_D1_the_reason_and_the_warnings_before_it_are_mailed() -> None:
    warned = [
        Warned(at=5, by=TEACHER, action="w1", reason="clothes, as for school", pupil=None),
        Warned(at=6, by=TEACHER, action="w2", reason="how we speak to each other", pupil="pupil-1"),
        Warned(at=7, by=TEACHER, action="w3", reason="another family's matter", pupil="pupil-2"),
    ]
    assert family_reads(Outcome(rule="D1", charge="charged"), *warned).startswith(
        "Ms Tarn ended this lesson early, because of behaviour in it.\n\n"
        "Before that, warnings were given about: clothes, as for school; how we speak to each other.\n\n"
        "This lesson is charged.\n\n"
    )
    assert family_reads(Outcome(rule="D1", charge="undecided", decides="office")).startswith(
        "Ms Tarn ended this lesson early, because of behaviour in it.\n\nThe office will confirm this lesson.\n\n"
    )


def test_D2_the_parents_are_mailed_the_reason() -> None:
    assert family_reads(Outcome(rule="D2", charge="undecided", decides="office")).startswith(
        "Ms Tarn ended this lesson early, because of how somebody was dressed.\n\n"
        "For a lesson everybody dresses as for school.\n\n"
        "The office will confirm this lesson.\n\n"
    )


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (
            Outcome(rule="C6", charge="not_charged", reschedule=True),
            "Some of the lesson was lost, because the connection was lost for too long.\n\n"
            "Too much time was lost, so this lesson is not charged. There will be another time.",
        ),
        (
            Outcome(rule="C6", charge="charged", minutes_owed=12),
            "This lesson is charged. 12 minutes are added to another lesson.",
        ),
        (
            Outcome(rule="held", charge="charged", minutes_owed=6),
            "Some of the lesson was lost.\n\nThis lesson is charged. 6 minutes are added to another lesson.",
        ),
        (Outcome(rule="held", charge="charged"), "This lesson is charged.\n\nWhat we saw"),
    ],
)
def test_C6_what_was_decided_is_mailed(outcome: Outcome, words: str) -> None:
    assert words in family_reads(outcome)


def test_C5_a_note_reaches_the_office_whole_and_a_case_without_a_word_of_it() -> None:
    words = "Sam's laptop was updating."
    note = Note(id=1, lesson="lesson-1", at=5, person="person-t", name="Ms Tarn", role="teacher", text=words)
    sent = msgspec.structs.replace(parcel("office", None, kind="note"), note=note)
    message = build(sent, "desk@x.example", SENDER)
    assert message["Subject"] == "Violin lesson, Wednesday 4 March, 4:30pm: a note"
    assert f"Ms Tarn wrote:\n\n{words}" in message.get_content().replace("\r\n", "\n")
    sent = msgspec.structs.replace(parcel("safeguarding", None, kind="note", case=12), note=note)
    message = build(sent, "team@safe.example", SENDER)
    assert message["Subject"] == "Safeguarding case 12: a note"
    assert words not in message.get_content()
    assert "https://music.example/cases/case-id" in message.get_content()


def test_a_case_that_is_not_urgent_says_so_calmly() -> None:
    message = build(parcel("safeguarding", None, kind="case", case=12), "team@safe.example", SENDER)
    assert message["Subject"] == "Safeguarding case 12"
    assert "https://music.example/cases/case-id" in message.get_content()


def test_a_row_without_what_its_words_need_is_refused() -> None:
    with pytest.raises(ValueError, match="no words"):
        build(parcel("family", None), "anna@home.example", SENDER)


def test_a_subject_cannot_smuggle_a_header() -> None:
    lesson = msgspec.structs.replace(booking("lesson-1"), subject="Violin\r\nBcc: x@evil.example")
    bad = msgspec.structs.replace(parcel("family", Outcome(rule="C7", charge="not_charged")), lesson=lesson)
    with pytest.raises(ValueError, match="linefeed"):
        build(bad, "anna@home.example", SENDER)


def test_the_message_id_is_the_same_for_the_same_address_however_written() -> None:
    assert message_id("r", "Anna@Home.example ", "a@b.example") == message_id("r", "anna@home.example", "a@b.example")
    assert message_id("r", "anna@home.example", "a@b.example") != message_id("r", "bob@home.example", "a@b.example")
