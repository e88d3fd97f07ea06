"""A lesson in a list: what start pages, the check-in and the after-lesson page show of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from rooms.audience import status_for, viewer_of
from rooms.lesson import Actor, Kind, Lesson, Pupil, Role, SideId
from rooms.policy import Policy
from rooms.status import AdultState, Status
from server.accounts.bookings import OPENS_MS, Booking

Adult = Literal["not_needed", "checks_in", "stays"]
Need = Literal["explain", "decide"]


class PupilCard(msgspec.Struct, frozen=True):
    """One pupil of a lesson."""

    id: SideId
    first_name: str
    adult_word: str
    adult: Adult
    """B1, by the pupil's age on the lesson's date."""
    adult_state: AdultState


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One lesson. Times are Unix ms."""

    id: str
    kind: Kind
    subject: str
    teacher_name: str
    pupils: tuple[PupilCard, ...]
    """To a pupil side: its own only."""
    starts_at: int
    ends_at: int
    opens_at: int
    state: Literal["early", "open", "ended"]
    confirmed: bool
    needs: tuple[Need, ...]
    """What the teacher still has to answer."""


def card(booking: Booking, actor: Actor, status: Status | None, now: int) -> Card:
    """The card of one lesson for one person.

    Args:
        booking: As it is booked.
        actor: In what part they come.
        status: How its room stands, None while it has none.
        now: Unix ms.
    """
    shown = None if status is None else status_for(status, viewer_of(actor))
    return card_of(booking.lesson, actor, shown, now, booking.confirmed, needs(actor, status))


def card_of(
    lesson: Lesson, actor: Actor, status: Status | None, now: int, confirmed: bool, wanted: tuple[Need, ...] = ()
) -> Card:
    """The same from its parts, for a lesson that is live."""
    states = {} if status is None else {part.pupil: part.adult for part in status.parts}
    pupils = [one for one in lesson.pupils if actor.role is not Role.PUPIL_SIDE or one.id == actor.side]
    return Card(
        id=lesson.id,
        kind=lesson.kind,
        subject=lesson.subject,
        teacher_name=lesson.teacher_name,
        pupils=tuple(_pupil(lesson, one, states.get(one.id)) for one in pupils),
        starts_at=lesson.starts_at,
        ends_at=lesson.ends_at,
        opens_at=lesson.starts_at - OPENS_MS,
        state=state_of(lesson, status, now),
        confirmed=confirmed,
        needs=wanted,
    )


def state_of(lesson: Lesson, status: Status | None, now: int) -> Literal["early", "open", "ended"]:
    """Whether its door is not yet open, open, or shut for good."""
    if now < lesson.starts_at - OPENS_MS:
        return "early"
    if status is None:
        return "open" if now < lesson.ends_at else "ended"
    return "ended" if status.shut or now >= status.closes_at else "open"


def needs(actor: Actor, status: Status | None) -> tuple[Need, ...]:
    """What the room still asks of the teacher."""
    if status is None or actor.role is not Role.TEACHER:
        return ()
    wanted: list[Need] = []
    if status.asks_why or status.asks_why_of:
        wanted.append("explain")
    if status.shut and any(part.decision == "open" for part in status.parts):
        wanted.append("decide")
    return tuple(wanted)


def adult_word(kind: Kind, age: int, policy: Policy) -> str:
    """What pages call the responsible adult (PAGES.md, slots)."""
    if kind is Kind.WHOLE_CLASS:
        return "member of staff"
    return "grown-up" if age <= policy.adult_stays_to_age else "adult"


def adult_needed(age: int, policy: Policy) -> Adult:
    """B1 by age."""
    if age > policy.adult_to_age:
        return "not_needed"
    return "stays" if age <= policy.adult_stays_to_age else "checks_in"


def _pupil(lesson: Lesson, pupil: Pupil, state: AdultState | None) -> PupilCard:
    adult = adult_needed(pupil.age, lesson.policy)
    return PupilCard(
        pupil.id,
        pupil.first_name,
        adult_word(lesson.kind, pupil.age, lesson.policy),
        adult,
        state or ("not_needed" if adult == "not_needed" else "needed"),
    )
