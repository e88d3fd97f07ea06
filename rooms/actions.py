"""What people do to the course of a lesson: what the rules refuse (`refusal`), and what the rest does (`perform`).

An action is an event here: who may do it at all was checked before it was made. Both functions look at the course as it
stands at the instant of the action, after time and evidence of that instant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rooms.attendance import Attendance
from rooms.events import (
    AdultCheckedIn,
    AdultLeft,
    AdultWasSeen,
    ByPerson,
    CarriedOn,
    Decided,
    EndPressed,
    Event,
    Explained,
    Flagged,
    HookEnded,
    Left,
    Live,
    MissedPressed,
    OutcomeChanged,
    Overruled,
    Removed,
    StartPressed,
    TeacherLeft,
    Voided,
    WaitKept,
    Warned,
)
from rooms.lesson import TEACHER, Role
from rooms.outcome import Ending
from rooms.phases import Cause, Phase

if TYPE_CHECKING:
    from rooms.course import Course

OVER: Final = "over"
TOO_LATE: Final = "too_late"
NOT_READY: Final = "not_ready"
NOT_OPEN: Final = "not_open"


# What is refused --------------------------------------------------------------------------------------------


def refusal(course: Course, event: Event) -> str:
    """Why the rules refuse this now: a stable code, or empty. Where two fit, the first of the codes above."""
    if not isinstance(event, Decided | Explained | Overruled):
        side = _whose(event)
        if course.over or (side in course.parts and course.parts[side].over):
            return OVER
    check = _CHECKS.get(type(event))
    return check(course, event) if check else ""


def _whose(event: Event) -> str:
    """The pupil who acts, or is removed."""
    if isinstance(event, Removed | AdultCheckedIn | AdultLeft | AdultWasSeen | CarriedOn):
        return event.pupil
    return (event.by.side or "") if isinstance(event, Left) else ""


def _no_start(course: Course, event: StartPressed) -> str:
    if course.at >= course.lesson.starts_at:
        return TOO_LATE
    return "" if startable(course) else NOT_READY


def startable(course: Course) -> list[Attendance]:
    """The parts that *start* would take: not live yet, and the pupil side ready with the teacher."""
    waiting = (Phase.STARTING, Phase.SETTLING)
    return [part for part in course.parts.values() if part.phase in waiting and course.both_ready(part)]


def _no_wait(course: Course, event: WaitKept) -> str:
    return "" if may_keep_waiting(course) else NOT_OPEN


def may_keep_waiting(course: Course) -> bool:
    """From ``keep_waiting_from_ms`` on the clock of any pupil not started; without a charge C3 never acts (L1)."""
    least = course.lesson.policy.keep_waiting_from_ms
    return course.lesson.kind.charged and any(
        part.clocks.pupil >= least for part in course.remaining() if not part.started
    )


def _not_missed(course: Course, event: MissedPressed) -> str:
    return "" if course.kept_waiting and course.all_act() else NOT_OPEN


def _no_decision(course: Course, event: Decided) -> str:
    part = course.parts[event.pupil]
    if event.by.role is Role.OFFICE and not part.over:
        return NOT_OPEN  # while it lasts it is the teacher's
    if event.choose == "teach_on":
        return "" if part.decision == "open" and not part.over else NOT_OPEN
    return "" if may_decide(part) else NOT_OPEN


def may_decide(part: Attendance) -> bool:
    """Whether C6 waits for *abort* or *carry over*; *teach on* may be changed to one of them while the lesson lasts."""
    if not part.over:
        return part.decision in ("open", "teach_on")
    found = part.outcome
    undecided = found is not None and found.rule == "C6" and part.decision == "open"
    return undecided and not part.overruled


def _no_reason(course: Course, event: Explained) -> str:
    if event.pupil is None:
        return "" if may_explain(course) else NOT_OPEN
    part = course.parts[event.pupil]
    asked = part.removed and part.ending.because is None and not part.explained
    return "" if asked else NOT_OPEN


def may_explain(course: Course) -> bool:
    """Whether the end button was pressed without a reason, and none was given since."""
    ending = course.ending
    return ending is not None and ending.pressed and ending.ending.because is None and not ending.explained


def _no_overruling(course: Course, event: Overruled) -> str:
    return "" if course.parts[event.pupil].over else NOT_OPEN


def _no_carrying_on(course: Course, event: CarriedOn) -> str:
    return "" if course.parts[event.pupil].adult.gone_since_start else NOT_OPEN


def _no_looking(course: Course, event: AdultWasSeen) -> str:
    return "" if course.parts[event.pupil].adult.can_be_asked_about else NOT_OPEN


Check = Callable[[Any, Any], str]
_CHECKS: Final[dict[type[Event], Check]] = {
    StartPressed: _no_start,
    WaitKept: _no_wait,
    MissedPressed: _not_missed,
    Decided: _no_decision,
    Explained: _no_reason,
    Overruled: _no_overruling,
    CarriedOn: _no_carrying_on,
    AdultWasSeen: _no_looking,
}


# What the rest does -----------------------------------------------------------------------------------------


def perform(course: Course, event: Event) -> None:
    """Let an action have its effect, or void it where complete evidence refuses it.

    An ending that was offered, on what was known then, shut the doors: it stands unless the lesson was over before.
    """
    code = refusal(course, event)
    if code and not (code == NOT_OPEN and _shuts(course, event)):
        action, person = (event.action, event.by.person) if isinstance(event, ByPerson) else ("", "")
        course.derive(Voided(at=course.at, action=action, person=person, code=code))
        return
    effect = _EFFECTS.get(type(event))
    if effect is not None:
        effect(course, event)


def _shuts(course: Course, event: Event) -> bool:
    if isinstance(event, MissedPressed):
        return True
    return isinstance(event, Decided) and event.choose != "teach_on" and not course.parts[event.pupil].over


def _start(course: Course, event: StartPressed) -> None:
    for part in startable(course):
        part.becomes_live(course.at, Cause.PRESSED)
        course.derive(Live(at=course.at, pupil=part.pupil))


def _keep_waiting(course: Course, event: WaitKept) -> None:
    course.kept_waiting = True


def _end_as_missed(course: Course, event: MissedPressed) -> None:
    course.end_room(Ending("missed"), by=Role.TEACHER)


def _end(course: Course, event: EndPressed) -> None:
    if event.by.role is Role.TEACHER:
        course.end_room(Ending("teacher", event.because), Role.TEACHER, event.pupil, pressed=True)
    else:
        course.end_room(Ending("D9"), event.by.role, event.pupil)


def _flag(course: Course, event: Flagged) -> None:
    course.end_room(Ending("D3"), event.by.role, event.pupil)


def _hook(course: Course, event: HookEnded) -> None:
    course.end_room(Ending("auto"), Role.HOOK, event.pupil)


def _teacher_leaves(course: Course, event: TeacherLeft) -> None:
    course.end_room(Ending("A3"), event.by.role)


def _remove(course: Course, event: Removed) -> None:
    part = course.parts[event.pupil]
    part.removed = True
    course.end_part(part, Ending("teacher", event.because, course.another_started(part)))
    course.end_with_last(Ending("teacher", event.because), event.by.role)


def _explain(course: Course, event: Explained) -> None:
    if event.pupil is not None:
        part = course.parts[event.pupil]
        part.explained = True
        explained = [part]
        if course.ending is not None and _ended_room(course, part):
            course.ending.ending = Ending("teacher", event.because)
    else:
        ending = course.ending
        assert ending is not None  # noqa: S101  (refused otherwise)
        ending.explained = True
        ending.ending = Ending("teacher", event.because)
        explained = [
            part
            for part in course.parts.values()
            if part.over_at == ending.at
            and part.ending.how == "teacher"
            and not part.removed
            and (ending.because_of is None or ending.because_of == part.pupil)
        ]
    for part in explained:
        part.ending = msgspec.structs.replace(part.ending, because=event.because)
        course.judge_again(part)


def _ended_room(course: Course, part: Attendance) -> bool:
    """Whether the room ended with this removal."""
    ending = course.ending
    by_removal = ending is not None and ending.ending.how == "teacher" and not ending.pressed
    return by_removal and course.last_ended == part.pupil


def _decide(course: Course, event: Decided) -> None:
    part = course.parts[event.pupil]
    part.decision = event.choose
    if part.over:
        course.judge_again(part)
    elif event.choose != "teach_on":
        course.end_part(part, Ending("decision"))
        course.end_with_last(Ending("decision"), event.by.role)


def _overrule(course: Course, event: Overruled) -> None:
    part = course.parts[event.pupil]
    if part.outcome is None:
        return
    part.overruled = event.charge
    part.outcome = msgspec.structs.replace(part.outcome, charge=event.charge, decides="", overruled=True)
    course.derive(OutcomeChanged(at=course.at, pupil=part.pupil, outcome=part.outcome))


def _leave(course: Course, event: Left) -> None:
    """Away at once. The pupil side that leaves a live lesson does not interrupt it; a teacher who steps out does."""
    side = event.by.side
    if side is None or (side != TEACHER and side not in course.parts):
        return
    course.tell(side, "lost", ("away",))
    part = course.parts.get(side)
    if part is not None and part.phase in (Phase.LIVE, Phase.RUNNING_ON):
        part.excused = True


def _adult_in(course: Course, event: AdultCheckedIn) -> None:
    course.parts[event.pupil].adult.check_in(event.name, event.how)


def _adult_out(course: Course, event: AdultLeft) -> None:
    part = course.parts[event.pupil]
    contests = event.by.role is Role.TEACHER and part.adult.stays and part.adult.can_be_asked_about
    if contests and not part.started:
        # The check-in counts, not the teacher's click: it contests, and so can never put the pupil's clock on (C3).
        part.adult.seen(False)
    else:
        part.adult.leave(part.started)


def _adult_seen(course: Course, event: AdultWasSeen) -> None:
    course.parts[event.pupil].adult.seen(event.seen)


def _carry_on(course: Course, event: CarriedOn) -> None:
    course.parts[event.pupil].adult.carry_on()


def _warn(course: Course, event: Warned) -> None:
    """On record; it changes nothing here."""


Effect = Callable[[Any, Any], None]
_EFFECTS: Final[dict[type[Event], Effect]] = {
    StartPressed: _start,
    WaitKept: _keep_waiting,
    MissedPressed: _end_as_missed,
    EndPressed: _end,
    Flagged: _flag,
    HookEnded: _hook,
    TeacherLeft: _teacher_leaves,
    Removed: _remove,
    Explained: _explain,
    Decided: _decide,
    Overruled: _overrule,
    Left: _leave,
    AdultCheckedIn: _adult_in,
    AdultLeft: _adult_out,
    AdultWasSeen: _adult_seen,
    CarriedOn: _carry_on,
    Warned: _warn,
}
