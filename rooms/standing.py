"""How a room stands and what may be pressed: `Status` and the names of actions, read off a course at an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rooms import actions
from rooms.attendance import Attendance
from rooms.course import Course, Side
from rooms.events import Shut
from rooms.lesson import TEACHER, Role, SideId
from rooms.outcome import MINUTE_MS, minutes, rest_ms
from rooms.phases import Phase
from rooms.presence import Presence
from rooms.status import PartStatus, SideStatus, Status
from rooms.status import Phase as ShownPhase

if TYPE_CHECKING:
    from rooms.audience import Viewer

HOLDS_MS_MAX: Final = 600_000
"""However little is due, a room is looked at again after this."""
PHONE_AFTER_MS: Final = 60_000
"""C4: so much connection trouble, and the teacher may see the adult's phone number."""

_SHOWN: Final[dict[Phase, ShownPhase]] = {
    Phase.STARTING: "starting",
    Phase.SETTLING: "settling",
    Phase.BEGUN: "live",
    Phase.LIVE: "live",
    Phase.INTERRUPTED: "interrupted",
    Phase.COMING_BACK: "interrupted",
    Phase.RUNNING_ON: "live",
    Phase.OVER: "over",
}


def part_status(course: Course, part: Attendance, asked_back: bool, warned: str) -> PartStatus:
    """One pupil's part."""
    shown = _SHOWN[part.phase]
    before = course.at < course.lesson.starts_at
    clock = None if before else part.clocks.running
    over_at = part.over_at if part.over else course.at
    deciding = part.decision if part.decision in ("open", "teach_on") else ""
    return PartStatus(
        pupil=part.pupil,
        phase="before" if before and shown == "starting" else shown,
        clock=clock,
        clocks=part.clocks.reading(),
        acts_at=_acts_at(course, part),
        settled_at=part.next_due(course.at) if part.phase in (Phase.SETTLING, Phase.COMING_BACK) else None,
        live_ms=part.live_ms,
        interrupted_ms=part.interrupted_ms,
        started=part.started,
        protected=part.clocks.protected(course.lesson.policy),
        kept_waiting=course.kept_waiting and not part.started and not part.over,
        decision=deciding,
        owed_carry_over=minutes(part.interrupted_ms + rest_ms(course.lesson, over_at)),
        owed_teach_on=minutes(part.interrupted_ms),
        adult=part.adult.state,
        adult_stays=part.adult.stays,
        adult_name=part.adult.name,
        paused=part.adult.gone_since_start and part.started and not part.over,
        adult_asked_back=asked_back,
        warned=warned,
        outcome=part.outcome,
    )


def _acts_at(course: Course, part: Attendance) -> int | None:
    """When the running clock acts: never where the kind has no charge, C3 is held back, or E comes before."""
    lesson, clocks = course.lesson, part.clocks
    if part.phase is not Phase.STARTING or not lesson.kind.charged:
        return None
    if clocks.running == "pupil" and course.kept_waiting:
        return None
    due = clocks.acts_at(max(course.at, lesson.starts_at), lesson.policy)
    return due if due is not None and due <= lesson.ends_at else None


def side_status(course: Course, side_id: SideId, side: Side, presence: Presence) -> SideStatus:
    """One side, by the latest that is known."""
    missing_adult = side.evidence == "ready" and side.shown != "ready"
    return SideStatus(
        side=side_id,
        evidence=side.shown,
        since=side.since,
        reasons=("adult",) if missing_adult else side.reasons if side.shown != "ready" else (),
        here=presence.here(side_id),
    )


def closes_at(course: Course) -> int:
    """When the room closes at the latest, as things stand."""
    if course.ending is not None:
        return course.ending.at
    running_on = (Phase.LIVE, Phase.RUNNING_ON) if course.lesson.kind.charged else _LIVE
    on = any(part.phase in running_on for part in course.parts.values())
    return course.closes_at() if on else course.lesson.ends_at


_LIVE: Final = (Phase.BEGUN, Phase.LIVE, Phase.RUNNING_ON)
_BEFORE: Final = (Phase.STARTING, Phase.SETTLING)


def room_status(
    course: Course,
    presence: Presence,
    shut: Shut | None,
    settled: bool,
    asked_back: set[SideId],
    warned: dict[str, str],
) -> Status:
    """The whole room at the course's instant."""
    ending = course.ending
    by = ending.by if ending else (shut.by if shut else None)
    return Status(
        now=course.at,
        platform_up=course.platform_up,
        parts=tuple(
            part_status(course, part, pupil in asked_back, warned.get(pupil, warned.get("", "")))
            for pupil, part in course.parts.items()
        ),
        sides=tuple(
            side_status(course, side_id, course.side(side_id), presence) for side_id in (TEACHER, *course.parts)
        ),
        closes_at=closes_at(course),
        shut=shut is not None,
        shut_at=shut.at if shut else None,
        rule=course.rule() or (shut.rule if shut else ""),
        settled=settled,
        ended_by=by.value if by else "",
        asks_why=asks_why(course),
        may_explain=actions.may_explain(course),
        asks_why_of=asks_why_of(course),
    )


def holds_until(course: Course) -> int:
    """The first instant from which time alone may make the status, or what may be pressed, read differently.

    Not counted is what runs by itself and is drawn on from the last status. Where a clock or an interruption runs, much
    follows from it (what is owed, the phone, *keep waiting*): then it is the course's own instant, so look each time.
    """
    at, starts_at = course.at, course.lesson.starts_at
    dues = [at + HOLDS_MS_MAX]
    due = course.next_due()
    if due is not None:
        dues.append(due)
    if at < starts_at:
        dues.append(starts_at)
    for part in course.remaining():
        if part.phase not in _LIVE:
            # Before T no clock runs: who waits or has settled then stands as they do until something happens, or T.
            if at >= starts_at or part.phase not in _BEFORE:
                return at
        elif at >= starts_at:
            owed = part.interrupted_ms + rest_ms(course.lesson, at)
            dues.append(at + (owed % MINUTE_MS or MINUTE_MS))
    return min(dues)


def asks_why(course: Course) -> bool:
    """Whether an outcome waits for the teacher to say how the lesson ended: else there is nothing to ask."""
    return actions.may_explain(course) and any(
        _waits_for_reason(part) for part in course.parts.values() if not part.removed
    )


def asks_why_of(course: Course) -> tuple[SideId, ...]:
    """The pupils whose outcome waits for the teacher to say why they removed them."""
    return tuple(pupil for pupil, part in course.parts.items() if part.removed and _waits_for_reason(part))


def _waits_for_reason(part: Attendance) -> bool:
    found = part.outcome
    return found is not None and found.rule == "early" and found.charge == "undecided" and not part.overruled


def may_see_phone(course: Course) -> bool:
    """C4: while a side has been in trouble for 60 s, between T and E, and only then."""
    lesson = course.lesson
    if not lesson.starts_at <= course.at < lesson.ends_at:
        return False
    return any(
        part.trouble_since is not None
        and part.phase in (Phase.STARTING, Phase.INTERRUPTED)
        and course.at - max(part.trouble_since, lesson.starts_at) >= PHONE_AFTER_MS
        for part in course.remaining()
    )


def names(course: Course, viewer: Viewer, shut: bool) -> tuple[str, ...]:
    """What this viewer may press now, as `server.frames.Can` names it."""
    if viewer.role is Role.TEACHER:
        return tuple(_teacher_names(course, shut))
    if viewer.role is Role.PUPIL_SIDE:
        return tuple(_family_names(course, viewer.side or "", shut))
    if viewer.role in (Role.MANAGER, Role.SAFEGUARDING) and not shut:
        return ("end",)
    return ()


def _teacher_names(course: Course, shut: bool) -> list[str]:
    lesson = course.lesson
    found: list[str] = []
    if not shut:
        found += ["say", "end", "flag", "leave", "cannot_see"]
        if not course.over:
            found += _in_the_room(course)
    explains = actions.may_explain(course) or any(
        part.removed and part.ending.because is None and not part.explained for part in course.parts.values()
    )
    if explains:
        found.append("explain")
    if any(actions.may_decide(part) for part in course.parts.values()):
        found.append("decide")
        if any(part.decision == "open" and not part.over for part in course.parts.values()):
            found.append("teach_on")
    if not shut and course.at < lesson.ends_at and may_see_phone(course):
        found.append("phone")
    return found


def _in_the_room(course: Course) -> list[str]:
    left = course.remaining()
    offered = {
        "start": course.at < course.lesson.starts_at and bool(actions.startable(course)),
        "keep_waiting": not course.kept_waiting and actions.may_keep_waiting(course),
        "end_as_missed": course.kept_waiting and course.all_act(),
        "remove": len(course.parts) > 1,
        "warn": True,
        "adult_out": any(part.adult.state in ("in", "by_sight") for part in left),
        "adult_seen": any(part.adult.can_be_asked_about for part in left),
        "carry_on": any(part.adult.gone_since_start for part in left),
    }
    return [name for name, offer in offered.items() if offer]


def _family_names(course: Course, side: SideId, shut: bool) -> list[str]:
    part = course.parts.get(side)
    if part is None or part.over or shut:
        return []
    found = ["say", "leave", "cannot_see", "check_in"]
    if part.adult.state in ("in", "by_sight"):
        found.append("adult_out")
    return found
