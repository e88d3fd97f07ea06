"""The words of the service's mails: short, what their reader needs, and of an intervention nothing (D3, D9, A3)."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from rooms.events import Event, Outcome, Warned
from rooms.lesson import Lesson
from server.mail_timeline import sentences
from server.store.mailed import NOT_STARTED
from server.store.notes import Note
from server.time_of_day import time_of_day

_WHAT: Final[dict[str, str]] = {
    "C2": "did not start, the teacher's side was not ready in time",
    "C3": "did not start, the pupil's side was not ready in time",
    "C6": "lost more than 5 minutes to the connection",
    "C7": "did not start, which was nobody's fault",
    "D1": "ended by the teacher because of behaviour",
    "D2": "ended by the teacher because of dress",
    "A3": "ended because the teacher has left the service",
}
"""To the office, by rule. Of any other it reads that it ended early: why is for those who have the case."""


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


def case_alert(number: int, link: str, *, urgent: bool) -> Words:
    """S1: number, urgency, link. Never a name, never a word of the chat: mail is read on lock screens."""
    subject = f"Urgent: safeguarding case {number}" if urgent else f"Safeguarding case {number}"
    opening = "A new case needs you now." if urgent else "A new case is waiting for you."
    return Words(subject, (opening, f"Case {number}: {link}", "Sign in to read it. Opening it is recorded."))


def note_on_case(number: int, link: str) -> Words:
    """The teacher who flagged added a note (D3): that there is one, and where."""
    there = f"Case {number} has a new note of the teacher: {link}"
    return Words(f"Safeguarding case {number}: a note", (there, "Sign in to read it. Opening it is recorded."))


def note_for_office(lesson: Lesson, note: Note, sender: Sender) -> Words:
    """C5: the teacher's note, whole."""
    return Words(f"{_lesson(lesson, sender)}: a note", (f"{note.name} wrote:", note.text, _facts(lesson, sender)))


def outcome_for_family(lesson: Lesson, outcome: Outcome, pupil: str, events: Iterable[Event], sender: Sender) -> Words:
    """C5, C6, D1, D2: what it comes to, in the words of the after-lesson page; a reason only where it is theirs."""
    subject = _lesson(lesson, sender)
    started = outcome.overruled or outcome.rule not in NOT_STARTED
    paragraphs = (
        *_family_sentences(lesson, outcome, pupil, events),
        f"What we saw is here: {sender.url}/lessons/{lesson.id}/after",
        f"If you think this is wrong, answer to the office: {sender.phone}.",
    )
    return Words(subject if started else f"{subject}: did not take place", tuple(filter(None, paragraphs)))


def _family_sentences(lesson: Lesson, outcome: Outcome, pupil: str, events: Iterable[Event]) -> tuple[str, ...]:
    new_times = f"{lesson.teacher_name} will offer you new times." if outcome.reschedule else ""
    if outcome.overruled:
        return "The office has looked at this lesson.", _charge(outcome)
    if outcome.rule == "C2":
        what = f"The lesson could not start because of trouble at {lesson.teacher_name}'s side. You did nothing wrong."
        return what, f"You are not charged. {new_times}".strip()
    if outcome.rule == "C3" and outcome.protected:
        what = "The lesson could not start today."
        return what, f"You are not charged, because you were ready first. {new_times}".strip()
    if outcome.rule == "C3":
        what = "The lesson could not start today. Your side was not ready in time."
        return what, "It is recorded as a missed lesson and charged."
    if outcome.rule == "C7":
        return "The lesson could not start. It was nobody's fault.", f"Nobody is charged. {new_times}".strip()
    if outcome.rule == "C6":
        return "Some of the lesson was lost, because the connection was lost for too long.", _charge(outcome)
    if outcome.rule == "D1":
        ended = f"{lesson.teacher_name} ended this lesson early, because of behaviour in it."
        return ended, _warnings(events, pupil), _charge(outcome)
    if outcome.rule == "D2":
        ended = f"{lesson.teacher_name} ended this lesson early, because of how somebody was dressed."
        return ended, "For a lesson everybody dresses as for school.", _charge(outcome)
    what = "Some of the lesson was lost." if outcome.rule == "held" else "This lesson ended early."
    return what if outcome.charge == "not_charged" or outcome.minutes_owed else "", _charge(outcome)


def _charge(outcome: Outcome) -> str:
    """The charge alone, as the after-lesson page says it; empty where the kind of lesson has none."""
    if outcome.charge == "not_charged":
        another = " There will be another time." if outcome.reschedule else ""
        if outcome.rule == "C6" and not outcome.overruled:
            return f"Too much time was lost, so this lesson is not charged.{another}"
        return f"Not charged.{another}"
    if outcome.charge == "undecided":
        return "The office will confirm this lesson."
    if outcome.charge == "none":
        return ""
    if outcome.minutes_owed:
        return f"This lesson is charged. {outcome.minutes_owed} minutes are added to another lesson."
    return "This lesson is charged."


def _warnings(events: Iterable[Event], pupil: str) -> str:
    """D1: the concerns that were raised and not addressed; the family was shown each in the lesson."""
    raised = [event.reason for event in events if isinstance(event, Warned) and event.pupil in (None, pupil)]
    return f"Before that, warnings were given about: {'; '.join(dict.fromkeys(raised))}." if any(raised) else ""


def outcome_for_office(lesson: Lesson, outcome: Outcome, pupil: str, events: Iterable[Event], sender: Sender) -> Words:
    """C5: at once, with the evidence; of what is undecided, that it waits for the office."""
    what = _WHAT.get(outcome.rule, "ended early")
    name = next((one.first_name for one in lesson.pupils if one.id == pupil), "")
    charge = "for you to decide" if outcome.charge == "undecided" else outcome.charge.replace("_", " ")
    owed = f"; {outcome.minutes_owed} minutes are owed" if outcome.minutes_owed else ""
    facts = (
        f"What: {what}",
        f"Pupil: {name}",
        f"Charge: {charge}{', because their side was ready first' if outcome.protected else ''}{owed}",
        f"To be rescheduled: {'yes' if outcome.reschedule else 'no'}",
        "Waited at the start: "
        f"teacher's clock {_minutes(outcome.clocks.teacher)}, "
        f"pupil's {_minutes(outcome.clocks.pupil)}, "
        f"nobody's {_minutes(outcome.clocks.nobody)}",
        f"Taught {_minutes(outcome.live_ms)}, interrupted {_minutes(outcome.interrupted_ms)}",
    )
    seen = sentences(tuple(events), lesson, sender.zone)
    return Words(
        f"{_lesson(lesson, sender)}: {what}",
        ("\n".join((_facts(lesson, sender), *facts)), "\n".join(("What we saw:", *seen)) if seen else ""),
    )


def _facts(lesson: Lesson, sender: Sender) -> str:
    return f"Lesson: {lesson.subject} with {lesson.teacher_name}, {_when(lesson, sender)}"


def _lesson(lesson: Lesson, sender: Sender) -> str:
    """As subjects name it: no names, they stand on lock screens."""
    return f"{lesson.subject} lesson, {_when(lesson, sender)}"


def _when(lesson: Lesson, sender: Sender) -> str:
    """As people say it: "Tuesday 4 March, 4:30pm"."""
    start = datetime.fromtimestamp(lesson.starts_at / 1_000, sender.zone)
    return f"{start:%A} {start.day} {start:%B}, {time_of_day(lesson.starts_at, sender.zone)}"


def _minutes(ms: int) -> str:
    """``m:ss``, cut off."""
    seconds = ms // 1_000
    return f"{seconds // 60}:{seconds % 60:02d}"
