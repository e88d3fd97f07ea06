"""The words of mails."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest

from rooms.events import Clocks, Outcome
from server.mail import Sender, build, message_id
from server.store.outbox_rows import Parcel
from tests.store.lessons import booking

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
    for fact in ("Sam", "Rule: C2", "Charge: not charged", "To be rescheduled: yes", "teacher's 5:00", "nobody's 1:05"):
        assert fact in text


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
