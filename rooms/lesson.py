"""The booking that a room is opened for: what kind, who, when, under which policy (L1)."""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from rooms.policy import Policy

SideId = str
"""``"teacher"``, or a pupil's id: the two ends of a lesson's line, of which each has devices and people."""
PersonId = str
"""An account: unique, and never shared (A1)."""
TEACHER: Final = "teacher"


class Kind(enum.StrEnum):
    """L1: the kind decides who must be present, how media flows and whether a charge exists."""

    INDIVIDUAL = "individual"
    SHARED = "shared"
    SMALL_GROUP = "small_group"
    WHOLE_CLASS = "whole_class"
    ENSEMBLE = "ensemble"
    MASTERCLASS = "masterclass"
    CONCERT = "concert"
    TRAINING = "training"
    MEETING = "meeting"

    @property
    def charged(self) -> bool:
        """Whether lessons of this kind have a charge; without one the clocks inform and nothing aborts."""
        return self in (Kind.INDIVIDUAL, Kind.SHARED, Kind.SMALL_GROUP)


class Role(enum.StrEnum):
    """In what part somebody acts. The server stamps it; nobody says it of themselves."""

    TEACHER = "teacher"
    PUPIL_SIDE = "pupil_side"
    MANAGER = "manager"
    SAFEGUARDING = "safeguarding"
    ADMINISTRATOR = "administrator"
    OFFICE = "office"
    HOOK = "hook"


OBSERVERS: Final = frozenset({Role.MANAGER, Role.ADMINISTRATOR})
"""Who watches silently (A6, Q1). All see the same; the record tells them apart."""


class Actor(msgspec.Struct, frozen=True, gc=False):
    """Who does something, as the server stamped it."""

    role: Role
    person: PersonId
    name: str
    side: SideId | None = None
    """``"teacher"`` or the pupil's id; None for the service's own people."""


class Pupil(msgspec.Struct, frozen=True):
    """A pupil as a lesson knows one: no surname, no date of birth (A5)."""

    id: SideId
    first_name: str
    age: int
    """Whole years on the lesson's date."""


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """One booking, frozen from T - 900 s. Times are Unix milliseconds of the server's clock."""

    id: str
    kind: Kind
    subject: str
    """What is taught, as shown: "Violin"."""
    teacher_name: str
    pupils: tuple[Pupil, ...]
    starts_at: int
    ends_at: int
    next_booking_at: int | None = None
    """Start of either side's next booking: the room closes at it, where that is before E + overrun."""
    policy: Policy = Policy()
