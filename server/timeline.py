"""What happened in a lesson and what it came to, as its log tells one viewer: for pages, cases and mails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from rooms.audience import Viewer, project
from rooms.events import Event, Outcome
from rooms.lesson import SideId
from rooms.prefix import Prefix
from rooms.shown import Closing, Happened, Result


class Line(msgspec.Struct, frozen=True):
    """A line of the timeline: `rooms.shown.Happened`, or ``ended`` with the closing's ``how`` as the detail."""

    at: int
    what: str
    side: SideId | None
    detail: str


def told(events: Iterable[Event], viewer: Viewer, texts: Mapping[str, str]) -> tuple[dict[SideId, Outcome], list[Line]]:
    """The latest outcome of each pupil, and the timeline, as `rooms.audience` shows them to this viewer."""
    prefix = Prefix()
    results: dict[SideId, Outcome] = {}
    timeline: list[Line] = []
    for event in events:
        match project(event, viewer, prefix, texts):
            case Happened(at=at, what=what, side=side, detail=detail):
                timeline.append(Line(at, what, side, detail))
            case Closing(at=at, how=how):
                timeline.append(Line(at, "ended", None, how))
            case Result(pupil=pupil, outcome=outcome):
                results[pupil] = outcome
            case _:
                pass  # messages are read in the message centre, not here
        prefix.apply(event)
    return results, timeline
