"""The timeline as sentences, for whoever has it by mail: the evidence of an abort (C5). The pages' own words."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from typing import Final

from rooms.audience import Viewer
from rooms.events import Event
from rooms.lesson import TEACHER, Lesson, Role
from server.time_of_day import time_of_day
from server.timeline import Line, told

LINES_MAX: Final = 200
"""Of one mail, the latest: more is read by nobody, and the lesson's page has it all."""
SENTENCES: Final[dict[str, str]] = {
    "here": "{side} came in.",
    "gone": "{side} was no longer in the room.",
    "live": "Connected: the lesson began.",
    "back_to_start": "The connection was lost in the first minute.",
    "started": "The lesson has started.",
    "interrupted": "The connection was lost.",
    "resumed": "The connection came back.",
    "decision_opened": "More than 5 minutes were lost. The teacher may choose what happens.",
    "decided": "The teacher chose: {detail}.",
    "adult_in": "{detail} checked in.",
    "adult_left": "The {adult} left the room.",
    "adult_seen": "The teacher can see the {adult}.",
    "adult_not_seen": "The teacher cannot see the {adult}.",
    "adult_asked_back": "The adult was asked to come for the end.",
    "carried_on": "The lesson carried on.",
    "kept_waiting": "The teacher keeps waiting.",
    "warned": "Conduct warning: {detail}.",
    "removed": "{side} was removed from this lesson.",
    "platform_down": "Our service had a problem.",
    "platform_up": "Our service was back.",
    "path_asked": "{side} asked for another way to connect.",
    "left": "{side} left the room.",
    "ended": "Ended.",
}
"""By `Line.what`; a test compares them with the web client's."""
CHOICES: Final[dict[str, str]] = {
    "abort": "stop, no charge",
    "carry_over": "stop, and owe the time",
    "teach_on": "teach on, and owe the time",
}


def sentences(events: Sequence[Event], lesson: Lesson, zone: zoneinfo.ZoneInfo) -> list[str]:
    """What happened, a line each with its time of day, for an eye that sees every side: no word of the chat."""
    _, timeline = told(events, Viewer(Role.MANAGER, ""), {})
    return [f"{time_of_day(line.at, zone, seconds=True)}  {_sentence(line, lesson)}" for line in timeline[-LINES_MAX:]]


def _sentence(line: Line, lesson: Lesson) -> str:
    name = next((pupil.first_name for pupil in lesson.pupils if pupil.id == line.side), "")
    side = lesson.teacher_name if line.side == TEACHER else f"{name}'s side" if name else "One side"
    detail = CHOICES.get(line.detail, line.detail) if line.what == "decided" else line.detail or "The adult"
    return SENTENCES[line.what].format(side=side, detail=detail, adult="adult")
