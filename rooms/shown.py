"""What a screen is shown of a lesson: values only. `rooms.audience` decides who is shown which."""

from __future__ import annotations

from typing import Literal

import msgspec

from rooms.events import Outcome
from rooms.lesson import SideId


class Shown(msgspec.Struct, frozen=True, kw_only=True, tag_field="shown", tag=True, gc=False):
    """The base of everything that is shown; tags on the wire are the class names in snake case."""

    at: int


class Message(Shown, frozen=True, kw_only=True, tag="message"):
    """A chat message that everyone in the room sees (its author too)."""

    message: str
    side: SideId
    author: str
    """The name of the account that wrote it (A1)."""
    text: str | None
    """None once its time to be kept is over (Q2)."""


class Held(Shown, frozen=True, kw_only=True, tag="held"):
    """To the author ("Waiting to be checked"), to a pupil side's teacher, to observers without the text."""

    message: str
    side: SideId
    author: str
    text: str | None
    """None to observers, and once expired."""
    reason: str
    """To the teacher and observers; empty for its author."""
    releasable: bool
    """Whether this viewer may let it through."""
    until: int


class Unsent(Shown, frozen=True, kw_only=True, tag="unsent"):
    """A held message that was not sent, to those who saw it held."""

    message: str


What = Literal[
    "here",
    "gone",
    "live",
    "back_to_start",
    "started",
    "interrupted",
    "resumed",
    "decision_opened",
    "decided",
    "adult_in",
    "adult_left",
    "adult_seen",
    "adult_not_seen",
    "adult_asked_back",
    "carried_on",
    "kept_waiting",
    "warned",
    "removed",
    "platform_down",
    "platform_up",
    "path_asked",
    "left",
]


class Happened(Shown, frozen=True, kw_only=True, tag="happened"):
    """A line of the timeline: both sides read the same."""

    what: What
    side: SideId | None = None
    detail: str = ""
    """The adult's name, a warning's reason, a choice."""


How = Literal["neutral", "by_you", "flagged", "C2", "C3", "C7", "decision", "time"]


class Closing(Shown, frozen=True, kw_only=True, tag="closing"):
    """The room is shut, durably. ``how`` never tells more than docs/pages.md's endings allow this viewer."""

    how: How
    """neutral: the one closing sentence. by_you, flagged: to the teacher who did it. Rest: connection and time."""
    asks_why: bool = False


class Result(Shown, frozen=True, kw_only=True, tag="result"):
    """An outcome, settled or changed: to the teacher all of them, to a pupil side its own."""

    pupil: SideId
    outcome: Outcome
