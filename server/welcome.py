"""The first frames of a seat: who you are, what lesson this is, and what of its log you have not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from rooms.audience import PROJECTION_VERSION, SHOWN_EVENTS, Viewer, project, sees
from rooms.events import Event
from rooms.lesson import Kind, Lesson, Pupil, Role
from rooms.prefix import Prefix
from rooms.shown import Shown
from server.codec import Encoded
from server.frames import Cursor, LessonInfo, PupilInfo, Welcome, You
from server.seat import Seat
from server.turn import IceServers

REPLAY_MAX: Final = 500
"""What a newcomer is shown of a longer lesson, events: two hours of busy chat. Older ones are in the message centre."""
BEAT_MS: Final = 1_000
"""How often a client is to be heard."""

_ROLES: Final[dict[Role, Literal["teacher", "pupil_side", "observer"]]] = {
    Role.TEACHER: "teacher",
    Role.PUPIL_SIDE: "pupil_side",
    Role.MANAGER: "observer",
    Role.ADMINISTRATOR: "observer",
}


def adult_word(lesson: Lesson, pupil: Pupil) -> str:
    """docs/pages.md: what the adult of this pupil is called."""
    if lesson.kind is Kind.WHOLE_CLASS:
        return "member of staff"
    return "grown-up" if pupil.age <= lesson.policy.adult_stays_to_age else "adult"


def lesson_info(lesson: Lesson, viewer: Viewer, time_zone: str) -> LessonInfo:
    """A lesson as this viewer may know it: a pupil side sees no other pupil."""
    policy = lesson.policy
    return LessonInfo(
        id=lesson.id,
        kind=lesson.kind,
        charged=lesson.kind.charged,
        subject=lesson.subject,
        teacher_name=lesson.teacher_name,
        pupils=tuple(
            PupilInfo(pupil.id, pupil.first_name, adult_word(lesson, pupil))
            for pupil in lesson.pupils
            if sees(viewer, pupil.id)
        ),
        starts_at=lesson.starts_at,
        ends_at=lesson.ends_at,
        start_limit_ms=policy.start_limit_ms,
        keep_waiting_from_ms=policy.keep_waiting_from_ms,
        interrupted_limit_ms=policy.interrupted_limit_ms,
        near_end_ms=policy.near_end_ms,
        time_zone=time_zone,
    )


def shown_to(viewer: Viewer, events: Sequence[Event], texts: Mapping[str, str]) -> list[Shown]:
    """All that a viewer is shown of a log, in order: their cursor counts these."""
    prefix = Prefix()
    shown = []
    for event in events:
        if type(event) in SHOWN_EVENTS:
            one = project(event, viewer, prefix, texts)
            if one is not None:
                shown.append(one)
        prefix.apply(event)
    return shown


def welcome(
    seat: Seat,
    lesson: Lesson,
    events: Sequence[Event],
    texts: Mapping[str, str],
    now: int,
    time_zone: str,
    ice_servers: IceServers,
    relay: bool,
) -> None:
    """Send `Welcome` and what this seat has not seen of ``events``; its cursor stands behind them."""
    shown = shown_to(seat.viewer, events, texts)
    resume = seat.resume
    resumed = resume is not None and resume.projection == PROJECTION_VERSION and resume.n <= len(shown)
    begin = resume.n if resume is not None and resumed else 0
    if len(shown) - begin > REPLAY_MAX:
        resumed, begin = False, len(shown) - REPLAY_MAX
    seat.client.send(
        Welcome(
            you=You(role=_ROLES[seat.actor.role], side=seat.viewer.side, name=seat.actor.name, epoch=seat.epoch),
            lesson=lesson_info(lesson, seat.viewer, time_zone),
            cursor=Cursor(PROJECTION_VERSION, begin),
            resumed=resumed,
            now=now,
            beat_ms=BEAT_MS,
            ice_servers=ice_servers.servers,
            ice_life_s=ice_servers.life_s,
            relay=relay,
        )
    )
    for number, one in enumerate(shown[begin:], start=begin + 1):
        seat.client.deliver(number, Encoded(one))
    seat.n = len(shown)
    seat.welcomed = True
