"""The words of the service's mails, and the messages they become: plain text, short, what their reader needs."""

from __future__ import annotations

import hashlib
import zoneinfo
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import msgspec

from rooms.events import Outcome
from rooms.lesson import Lesson
from server.store.outbox_rows import Parcel

ADDRESS_DIGITS = 12
"""Hexadecimal characters of an address's hash in a Message-ID: the adults of one pupil get one each."""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """What every mail says of the service."""

    service: str
    """Its name: "Music service"."""
    phone: str
    """The office's number, or "the office"."""
    address: str
    """The sender."""
    url: str
    """Where people reach the service, without a slash at the end."""
    zone: zoneinfo.ZoneInfo
    """Lessons' times are told in it."""


class Words(msgspec.Struct, frozen=True):
    """A mail's subject and its paragraphs."""

    subject: str
    paragraphs: tuple[str, ...]


def build(parcel: Parcel, to: str, sender: Sender) -> EmailMessage:
    """The message for one address. Built again it has the same Message-ID: a mailbox can drop a double.

    Raises:
        ValueError: for a row whose kind this program does not know, or that lacks what its words need.
    """
    words = _words(parcel, sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender.address
    message["To"] = to
    message["Subject"] = words.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(parcel.created_at / 1_000, UTC))
    message["Message-ID"] = message_id(parcel.id, to, sender.address)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join((*words.paragraphs, sender.service)) + "\n")
    return message


def message_id(row: str, to: str, sender_address: str) -> str:
    """The same for the same row and address."""
    digest = hashlib.sha256(to.strip().lower().encode()).hexdigest()[:ADDRESS_DIGITS]
    return f"<{row}.{digest}@{sender_address.rpartition('@')[2]}>"


def _words(parcel: Parcel, sender: Sender) -> Words:
    if parcel.kind == "case" and parcel.case_number is not None:
        return case_alert(parcel.case_number, f"{sender.url}/cases/{parcel.case_id}", urgent=parcel.urgent)
    if parcel.kind == "outcome" and parcel.outcome is not None and parcel.lesson is not None:
        if parcel.audience == "family":
            return outcome_for_family(parcel.lesson, parcel.outcome, sender)
        return outcome_for_office(parcel.lesson, parcel.pupil, parcel.outcome, sender)
    raise ValueError(f"no words for a {parcel.kind!r} to {parcel.audience!r}")


def case_alert(number: int, link: str, *, urgent: bool) -> Words:
    """S1: number, urgency, link. Never a name, never a word of the chat: mail is read on lock screens."""
    subject = f"Urgent: safeguarding case {number}" if urgent else f"Safeguarding case {number}"
    opening = "A new case needs you now." if urgent else "A new case is waiting for you."
    return Words(subject, (opening, f"Case {number}: {link}", "Sign in to read it. Opening it is recorded."))


def outcome_for_family(lesson: Lesson, outcome: Outcome, sender: Sender) -> Words:
    """C5: the family is told, in the words of the after-lesson page."""
    what, then = _family_sentences(lesson, outcome)
    return Words(
        f"{lesson.subject} lesson, {_when(lesson, sender)}: did not take place",
        (
            what,
            then,
            f"What we saw is here: {sender.url}/lessons/{lesson.id}/after",
            f"If you think this is wrong, answer to the office: {sender.phone}.",
        ),
    )


def _family_sentences(lesson: Lesson, outcome: Outcome) -> tuple[str, str]:
    new_times = f"{lesson.teacher_name} will offer you new times." if outcome.reschedule else ""
    if outcome.rule == "C2":
        what = f"The lesson could not start because of trouble at {lesson.teacher_name}'s side. You did nothing wrong."
        return what, f"You are not charged. {new_times}".strip()
    if outcome.rule == "C3" and outcome.protected:
        what = "The lesson could not start today."
        return what, f"You are not charged, because you were ready first. {new_times}".strip()
    if outcome.rule == "C3":
        what = "The lesson could not start today. Your side was not ready in time."
        return what, "It is recorded as a missed lesson and charged."
    return "The lesson could not start. It was nobody's fault.", f"Nobody is charged. {new_times}".strip()


def outcome_for_office(lesson: Lesson, pupil: str, outcome: Outcome, sender: Sender) -> Words:
    """C5: the office is told at once; the evidence is on the page."""
    name = next((one.first_name for one in lesson.pupils if one.id == pupil), "")
    facts = [
        f"Lesson: {lesson.subject} with {lesson.teacher_name}, {_when(lesson, sender)}",
        f"Pupil: {name}",
        f"Rule: {outcome.rule}",
        f"Charge: {outcome.charge.replace('_', ' ')}{', protected' if outcome.protected else ''}",
        f"To be rescheduled: {'yes' if outcome.reschedule else 'no'}",
        "Clocks: "
        f"teacher's {_minutes(outcome.clocks.teacher)}, "
        f"pupil's {_minutes(outcome.clocks.pupil)}, "
        f"nobody's {_minutes(outcome.clocks.nobody)}",
    ]
    return Words(
        f"{outcome.rule}: {lesson.subject} lesson did not take place",
        ("\n".join(facts), f"Timeline and evidence: {sender.url}/lessons/{lesson.id}/after"),
    )


def _when(lesson: Lesson, sender: Sender) -> str:
    """As people say it: "Tuesday 4 March, 4:30pm"."""
    start = datetime.fromtimestamp(lesson.starts_at / 1_000, sender.zone)
    hour = start.hour % 12 or 12
    half = "am" if start.hour < 12 else "pm"
    return f"{start:%A} {start.day} {start:%B}, {hour}:{start:%M}{half}"


def _minutes(ms: int) -> str:
    """``m:ss``, cut off."""
    seconds = ms // 1_000
    return f"{seconds // 60}:{seconds % 60:02d}"
