"""The only place that decides who may learn of whom and of what, and who may signal to whom.

`project(event, viewer, ...)` turns a logged event into what one viewer is shown, or None. What a viewer's cursor counts
is the dense number of those. Its inputs are the log's prefix and the viewer's identity only, so any host recomputes it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from rooms.events import Outcome
from rooms.lesson import PersonId, Role, SideId

PROJECTION_VERSION = 1
"""Raised whenever the same log would number differently for some viewer; a resume across versions gets a snapshot."""


class Viewer(msgspec.Struct, frozen=True):
    """For whom. An observer is a viewer like any other; participants' machine never hears of one."""

    role: Role
    person: PersonId
    side: SideId | None = None


class Shown(msgspec.Struct, frozen=True, kw_only=True, tag_field="shown", tag=True):
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
    """To the author ("Waiting to be checked"), and to the teacher if it is a pupil side's."""

    message: str
    side: SideId
    author: str
    text: str | None
    reason: str
    """To the teacher only; empty for its author."""
    releasable: bool
    until: int


class Unsent(Shown, frozen=True, kw_only=True, tag="unsent"):
    """A held message that was not sent, to those who saw it held."""

    message: str


class Happened(Shown, frozen=True, kw_only=True, tag="happened"):
    """A line of the timeline: both sides read the same."""

    what: Literal[
        "here", "gone", "live", "back_to_start", "started", "interrupted", "resumed", "decision_opened",
        "decided", "adult_in", "adult_left", "adult_seen", "adult_not_seen", "adult_asked_back", "carried_on",
        "kept_waiting", "warned", "removed", "platform_down", "platform_up", "path_asked", "left",
    ]
    side: SideId | None = None
    detail: str = ""
    """The adult's name, a warning's reason, a choice."""


class Closing(Shown, frozen=True, kw_only=True, tag="closing"):
    """The room is shut, durably. ``how`` never tells more than PAGES.md's ending states allow this viewer."""

    how: Literal["neutral", "by_you", "flagged", "C2", "C3", "C7", "decision", "time"]
    """neutral: the one closing sentence. by_you / flagged: to the teacher who did it. Rest: endings for connection and time."""
    asks_why: bool = False


class Result(Shown, frozen=True, kw_only=True, tag="result"):
    """An outcome, settled or changed: to the teacher all of them, to a pupil side its own."""

    pupil: SideId
    outcome: Outcome
