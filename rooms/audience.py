"""The only place that decides who may learn of whom and of what, and who may signal to whom.

`project(event, viewer, prefix, texts)` turns a logged event into what one viewer is shown, or None. What a viewer's
cursor counts is the dense number of those. Its inputs are the log's prefix, the texts beside it and the viewer's
identity only, so any host recomputes it (an expired text changes no number).

Who learns what, in short:

- *Chat that is delivered*: everyone in the room whose part is not over, and observers. An escalated message is
  delivered like any other, and nothing else is shown to anybody (D).
- *A held message*: its author, without the reason; the teacher, if it is a pupil side's, with text and reason; an
  observer, the reason without the text (withheld text stays with safeguarding). What ended the lesson: nobody.
  No gap and no count tells the others.
- *A side's comings, clocks, adult, interruptions*: that side, the teacher, observers. Never another pupil side (A5).
- *Outcomes*: the teacher all, a pupil side its own, observers none (a charge is between family, teacher and office).
  The rule is named only where the ending's words name it: else it reads `NEUTRAL`, and tells of no intervention.
- *Observers*: nobody; they are in no event at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from rooms.events import (
    AdultAskedBack,
    AdultCheckedIn,
    AdultLeft,
    AdultWasSeen,
    BackToStart,
    CarriedOn,
    Decided,
    DecisionOpened,
    Departed,
    Entered,
    Event,
    Interrupted,
    Left,
    Live,
    MessageDelivered,
    MessageDropped,
    MessageJudged,
    Outcome,
    OutcomeChanged,
    PartEnded,
    PathAsked,
    PlatformChanged,
    Removed,
    Resumed,
    Shut,
    Started,
    WaitKept,
    Warned,
)
from rooms.lesson import OBSERVERS, TEACHER, Actor, PersonId, Role, SideId
from rooms.prefix import Prefix
from rooms.shown import Closing, Happened, Held, How, Message, Result, Shown, Unsent, What
from rooms.status import Status
from rooms.verdict import Ruling

PROJECTION_VERSION = 1
"""Raised whenever the same log would number differently for some viewer; a resume across versions gets a snapshot."""


class Viewer(msgspec.Struct, frozen=True):
    """For whom. An observer is a viewer like any other; participants' machine never hears of one."""

    role: Role
    person: PersonId
    side: SideId | None = None


_TEACHER: Final = Role.TEACHER
_PUPIL_SIDE: Final = Role.PUPIL_SIDE
_MANAGER: Final = Role.MANAGER
_HOLD: Final = Ruling.HOLD
"""By names of their own: to read a member from its class costs as much as a call, here for every viewer."""
NEUTRAL: Final = "neutral"
"""Reads in place of a rule that this viewer is not told (D, A3): "the office will confirm"."""
_TOLD_TO_TEACHER = frozenset({"C2", "C3", "C6", "C7", "D1", "D2", "D3", "held", "early"})
_TOLD_TO_PUPIL_SIDE = frozenset({"C2", "C3", "C6", "C7", "D1", "held", "early"})
_CONNECTION: dict[str, Literal["C2", "C3", "C7"]] = {"C2": "C2", "C3": "C3", "C7": "C7"}


def viewer_of(actor: Actor) -> Viewer:
    """The viewer that somebody is, from what the server stamped. Whoever observes sees what a people manager does."""
    return Viewer(_MANAGER if actor.role in OBSERVERS else actor.role, actor.person, actor.side)


def sees(viewer: Viewer, side: SideId) -> bool:
    """Whether a viewer is told of a side's comings, clocks and health: a pupil side of its own and the teacher's."""
    role = viewer.role
    if role is _PUPIL_SIDE:
        return viewer.side is not None and (side == TEACHER or side == viewer.side)
    return role is _TEACHER or role is _MANAGER


def may_signal(sender: SideId | None, to: SideId | None) -> bool:
    """Whether two sides may negotiate media: pupils only with the teacher (P2), observers (None) with nobody."""
    return sender is not None and to is not None and (sender == TEACHER) != (to == TEACHER)


def outcome_for(outcome: Outcome, viewer: Viewer) -> Outcome:
    """An outcome as a viewer may read it: the charge is theirs to know, an intervention is not."""
    told = _TOLD_TO_TEACHER if viewer.role is Role.TEACHER else _TOLD_TO_PUPIL_SIDE
    return outcome if outcome.rule in told else replace(outcome, rule=NEUTRAL)


def status_for(status: Status, viewer: Viewer) -> Status:
    """How the room stands, as a viewer may know it. Observers see clocks, but no outcome."""
    observes = viewer.role is Role.MANAGER
    parts = [part for part in status.parts if sees(viewer, part.pupil)]
    return replace(
        status,
        parts=tuple(
            part
            if part.outcome is None
            else replace(part, outcome=None if observes else outcome_for(part.outcome, viewer))
            for part in parts
        ),
        sides=tuple(side for side in status.sides if sees(viewer, side.side)),
        rule=status.rule if status.rule in _CONNECTION else NEUTRAL if status.rule else "",
        ended_by="",
        asks_why=status.asks_why and viewer.role is Role.TEACHER,
        may_explain=status.may_explain and viewer.role is Role.TEACHER,
        asks_why_of=status.asks_why_of if viewer.role is Role.TEACHER else (),
    )


def project(event: Event, viewer: Viewer, prefix: Prefix, texts: Mapping[str, str]) -> Shown | None:
    """What a viewer is shown of an event, or None.

    Args:
        event: The next event of the log.
        viewer: Whose screen.
        prefix: The log *before* the event.
        texts: Of the messages whose text has not expired, by message id.
    """
    show = _SHOWING.get(type(event))
    if show is None or not sees(viewer, TEACHER):
        return None
    return show(event, viewer, prefix, texts)


def project_all(
    event: Event, viewers: Sequence[Viewer], prefix: Prefix, texts: Mapping[str, str]
) -> Sequence[Shown | None]:
    """`project` for each viewer in turn; empty where nobody is shown it. What all see alike is made once for all."""
    if type(event) is MessageDelivered:
        message = _message(event, prefix, texts)
        if prefix.removed or prefix.rules:
            return [message if sees(viewer, TEACHER) and not prefix.over(viewer.side) else None for viewer in viewers]
        return [message if sees(viewer, TEACHER) else None for viewer in viewers]
    if type(event) is MessageJudged and event.verdict.ruling is not _HOLD:
        return ()
    show = _SHOWING.get(type(event))
    if show is None:
        return ()
    return [show(event, viewer, prefix, texts) if sees(viewer, TEACHER) else None for viewer in viewers]


_OfPupil = (
    AdultLeft | AdultAskedBack | CarriedOn | Live | BackToStart | Started | Interrupted | Resumed | DecisionOpened
)
_Show = Callable[[Any, Viewer, Prefix, Mapping[str, str]], Shown | None]


# Messages ---------------------------------------------------------------------------------------------------


def _delivered(event: MessageDelivered, viewer: Viewer, prefix: Prefix, texts: Mapping[str, str]) -> Shown | None:
    return None if prefix.over(viewer.side) else _message(event, prefix, texts)


def _message(event: MessageDelivered, prefix: Prefix, texts: Mapping[str, str]) -> Message | None:
    """A delivered message reads the same to everybody who sees it."""
    author = prefix.authors.get(event.message)
    if author is None:
        return None
    return Message(
        at=event.at,
        message=event.message,
        side=author.side or "",
        author=author.name,
        text=texts.get(event.message),
    )


def _sees_held(viewer: Viewer, author: Actor) -> bool:
    if viewer.person == author.person or viewer.role is Role.MANAGER:
        return True
    return viewer.role is Role.TEACHER and author.role is Role.PUPIL_SIDE


def _judged(event: MessageJudged, viewer: Viewer, prefix: Prefix, texts: Mapping[str, str]) -> Shown | None:
    author = prefix.authors.get(event.message)
    if event.verdict.ruling is not Ruling.HOLD or author is None or prefix.lesson is None:
        return None
    if not _sees_held(viewer, author) or prefix.over(viewer.side):
        return None
    own = viewer.person == author.person
    observes = viewer.role is Role.MANAGER
    return Held(
        at=event.at,
        message=event.message,
        side=author.side or "",
        author=author.name,
        text=None if observes else texts.get(event.message),
        reason="" if own else event.verdict.reason,
        releasable=event.verdict.releasable and not own and not observes,
        until=event.at + prefix.lesson.policy.held_ms,
    )


def _dropped(event: MessageDropped, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
    author = prefix.authors.get(event.message)
    if event.message not in prefix.held or author is None or not _sees_held(viewer, author):
        return None
    return None if prefix.over(viewer.side) else Unsent(at=event.at, message=event.message)


# The timeline -----------------------------------------------------------------------------------------------


def _line(
    event: Event, what: What, side: SideId | None, viewer: Viewer, prefix: Prefix, detail: str = ""
) -> Shown | None:
    """A line about one side, or about the room (None), to those who are told of it."""
    if prefix.over(viewer.side) or (side is not None and not sees(viewer, side)):
        return None
    return Happened(at=event.at, what=what, side=side, detail=detail)


def _entered(event: Entered, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
    return _line(event, "here", event.by.side, viewer, prefix) if prefix.arrives(event) else None


def _departed(event: Departed, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
    return _line(event, "gone", event.by.side, viewer, prefix) if prefix.empties(event) else None


def _adult_in(event: AdultCheckedIn, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
    return _line(event, "adult_in", event.pupil, viewer, prefix, event.name)


def _adult_seen(event: AdultWasSeen, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
    return _line(event, "adult_seen" if event.seen else "adult_not_seen", event.pupil, viewer, prefix)


def _by_side(what: What) -> _Show:
    def show(event: PathAsked | Left, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
        return _line(event, what, event.by.side, viewer, prefix)

    return show


def _by_pupil(what: What) -> _Show:
    def show(event: _OfPupil, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
        return _line(event, what, event.pupil, viewer, prefix)

    return show


def _platform(event: PlatformChanged, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
    return _line(event, "platform_up" if event.up else "platform_down", None, viewer, prefix)


def _kept(event: WaitKept, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
    return _line(event, "kept_waiting", None, viewer, prefix)


def _decided(event: Decided, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
    return _line(event, "decided", event.pupil, viewer, prefix, event.choose)


def _warned(event: Warned, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
    return _line(event, "warned", event.pupil, viewer, prefix, event.reason)


# Endings ----------------------------------------------------------------------------------------------------


def _removed(event: Removed, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
    if viewer.role is not Role.PUPIL_SIDE:
        return _line(event, "removed", event.pupil, viewer, prefix)
    if viewer.side != event.pupil or prefix.over(viewer.side):
        return None
    return Closing(at=event.at, how="neutral")


def _result(event: PartEnded | OutcomeChanged, viewer: Viewer, _prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
    if viewer.role is Role.MANAGER or (viewer.role is Role.PUPIL_SIDE and viewer.side != event.pupil):
        return None
    return Result(at=event.at, pupil=event.pupil, outcome=outcome_for(event.outcome, viewer))


def _shut(event: Shut, viewer: Viewer, prefix: Prefix, _: Mapping[str, str]) -> Shown | None:
    if viewer.side in prefix.removed:
        return None
    how = _how(event, viewer, prefix)
    return Closing(at=event.at, how=how, asks_why=how == "by_you" and event.asks_why)


def _how(event: Shut, viewer: Viewer, prefix: Prefix) -> How:
    """The ending as docs/pages.md words it for this viewer."""
    if event.by not in (None, Role.TEACHER) or event.rule in ("A3", "D9", "auto"):
        return "neutral"
    # Where a pupil's own part is over already, its own rule is what their page says.
    rule = prefix.rules.get(viewer.side or "", event.rule)
    if event.by is None:
        return _CONNECTION.get(rule, "time")
    if prefix.pressed == "missed":
        return _CONNECTION.get(rule, "C3")
    if prefix.pressed == "decision":
        return "decision"
    if viewer.role is not Role.TEACHER:
        return "neutral"
    return "flagged" if prefix.pressed == "flag" else "by_you"


_SHOWING: Final[dict[type[Event], _Show]] = {
    MessageDelivered: _delivered,
    MessageJudged: _judged,
    MessageDropped: _dropped,
    Entered: _entered,
    Departed: _departed,
    AdultCheckedIn: _adult_in,
    AdultLeft: _by_pupil("adult_left"),
    AdultWasSeen: _adult_seen,
    AdultAskedBack: _by_pupil("adult_asked_back"),
    CarriedOn: _by_pupil("carried_on"),
    PathAsked: _by_side("path_asked"),
    Left: _by_side("left"),
    PlatformChanged: _platform,
    WaitKept: _kept,
    Decided: _decided,
    Warned: _warned,
    Live: _by_pupil("live"),
    BackToStart: _by_pupil("back_to_start"),
    Started: _by_pupil("started"),
    Interrupted: _by_pupil("interrupted"),
    Resumed: _by_pupil("resumed"),
    DecisionOpened: _by_pupil("decision_opened"),
    Removed: _removed,
    Shut: _shut,
    PartEnded: _result,
    OutcomeChanged: _result,
}
"""Every event that anybody is shown. An event that is not here is nobody's (a test lists those, each with why)."""
SHOWN_EVENTS: Final = frozenset(_SHOWING)
"""To ask before `project_all` is called for nothing."""
