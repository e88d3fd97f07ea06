"""Who may ask for what, and the event that a request becomes. `rooms.actions` says whether it fits the moment.

The server stamps the actor; a pupil side acts for its own pupil alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rooms import commands as c
from rooms import events as e
from rooms.lesson import OBSERVERS, TEACHER, Lesson, Role

NOT_ALLOWED: Final = "not_allowed"
UNKNOWN_PUPIL: Final = "unknown_pupil"

_TEACHER: Final = frozenset({Role.TEACHER})
_FAMILY: Final = frozenset({Role.PUPIL_SIDE})
_EITHER: Final = _TEACHER | _FAMILY
_OFFICE: Final = frozenset({Role.OFFICE})

MAY: Final[dict[type[c.Command], frozenset[Role]]] = {
    c.Enter: _EITHER,
    c.Depart: _EITHER,
    c.Say: _EITHER,
    c.Release: _TEACHER,
    c.Withhold: _TEACHER,
    c.Flag: _TEACHER,
    c.Start: _TEACHER,
    c.KeepWaiting: _TEACHER,
    c.EndAsMissed: _TEACHER,
    c.End: _TEACHER | OBSERVERS | {Role.SAFEGUARDING},
    c.Explain: _TEACHER,
    c.Decide: _TEACHER,
    c.Remove: _TEACHER,
    c.Warn: _TEACHER,
    c.Leave: _EITHER,
    c.CannotSee: _EITHER,
    c.AdultIn: _FAMILY,
    c.AdultOut: _EITHER,
    c.AdultSeen: _TEACHER,
    c.CarryOn: _TEACHER,
    c.TeacherLeaves: _OFFICE,
    c.Overrule: _OFFICE,
    c.DecideForOffice: _OFFICE,
}
"""Roles by command. Observers are in no room, so no row has one but `End` (D9)."""


def refusal(lesson: Lesson, command: Any) -> str:  # noqa: ANN401  (any command; what it lacks is looked up)
    """Why this actor cannot ask for this at all: a stable code, or empty."""
    roles = MAY.get(type(command))
    if roles is None or command.by.role not in roles:
        return NOT_ALLOWED
    pupil = getattr(command, "pupil", None)
    if pupil is not None and not any(pupil == known.id for known in lesson.pupils):
        return UNKNOWN_PUPIL
    if command.by.role is Role.PUPIL_SIDE:
        own = command.by.side
        if not any(own == known.id for known in lesson.pupils) or (pupil is not None and pupil != own):
            return NOT_ALLOWED
    if command.by.role is Role.TEACHER and command.by.side not in (TEACHER, None):
        return NOT_ALLOWED
    return ""


def _stamp(asked: c.Asked, at: int) -> dict[str, Any]:
    return {"at": at, "by": asked.by, "action": asked.action}


def _decided(asked: c.Decide | c.DecideForOffice, at: int) -> e.Event:
    return e.Decided(**_stamp(asked, at), choose=asked.choose, pupil=asked.pupil)


EVENT_OF: Final[dict[type[c.Command], Callable[[Any, int], e.Event]]] = {
    c.Start: lambda asked, at: e.StartPressed(**_stamp(asked, at)),
    c.KeepWaiting: lambda asked, at: e.WaitKept(**_stamp(asked, at)),
    c.EndAsMissed: lambda asked, at: e.MissedPressed(**_stamp(asked, at)),
    c.End: lambda asked, at: e.EndPressed(**_stamp(asked, at), because=asked.because, pupil=asked.pupil),
    c.Flag: lambda asked, at: e.Flagged(**_stamp(asked, at), message=asked.message, pupil=asked.pupil),
    c.Explain: lambda asked, at: e.Explained(**_stamp(asked, at), because=asked.because, pupil=asked.pupil),
    c.Decide: _decided,
    c.DecideForOffice: _decided,
    c.Remove: lambda asked, at: e.Removed(**_stamp(asked, at), pupil=asked.pupil, because=asked.because),
    c.Warn: lambda asked, at: e.Warned(**_stamp(asked, at), reason=asked.reason, pupil=asked.pupil),
    c.Leave: lambda asked, at: e.Left(**_stamp(asked, at)),
    c.CannotSee: lambda asked, at: e.PathAsked(**_stamp(asked, at)),
    c.AdultIn: lambda asked, at: e.AdultCheckedIn(
        **_stamp(asked, at), pupil=asked.pupil, name=asked.name, how=asked.how
    ),
    c.AdultOut: lambda asked, at: e.AdultLeft(**_stamp(asked, at), pupil=asked.pupil),
    c.AdultSeen: lambda asked, at: e.AdultWasSeen(**_stamp(asked, at), pupil=asked.pupil, seen=asked.seen),
    c.CarryOn: lambda asked, at: e.CarriedOn(**_stamp(asked, at), pupil=asked.pupil),
    c.Overrule: lambda asked, at: e.Overruled(
        **_stamp(asked, at), pupil=asked.pupil, charge=asked.charge, reason=asked.reason
    ),
    c.TeacherLeaves: lambda asked, at: e.TeacherLeft(at=at, by=asked.by),
    c.HookEnds: lambda asked, at: e.HookEnded(at=at, pupil=asked.pupil),
}
"""The event of each action on the lesson's course."""
