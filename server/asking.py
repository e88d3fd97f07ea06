"""From a client's frame to the room's command: the server stamps who asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rooms import commands
from rooms.commands import Asked
from rooms.lesson import Actor
from server import frames
from server.frames import Asking

_Make = Callable[[Any, Actor], Asked]


def _plain(command: type[Asked], *fields: str) -> _Make:
    """A frame whose fields are the command's."""

    def make(frame: Any, by: Actor) -> Asked:  # noqa: ANN401 - any frame that has those fields
        return command(by=by, action=frame.action, **{field: getattr(frame, field) for field in fields})

    return make


_MADE: dict[type[Asking], _Make] = {
    frames.ReleaseFrame: _plain(commands.Release, "message"),
    frames.WithholdFrame: _plain(commands.Withhold, "message"),
    frames.FlagFrame: _plain(commands.Flag, "message"),
    frames.StartFrame: _plain(commands.Start),
    frames.KeepWaitingFrame: _plain(commands.KeepWaiting),
    frames.EndAsMissedFrame: _plain(commands.EndAsMissed),
    frames.EndFrame: _plain(commands.End, "because"),
    frames.ExplainFrame: _plain(commands.Explain, "because", "pupil"),
    frames.DecideFrame: _plain(commands.Decide, "choose", "pupil"),
    frames.RemoveFrame: _plain(commands.Remove, "pupil", "because"),
    frames.WarnFrame: _plain(commands.Warn, "reason", "pupil"),
    frames.LeaveFrame: _plain(commands.Leave),
    frames.CannotSeeFrame: _plain(commands.CannotSee),
    frames.AdultOutFrame: _plain(commands.AdultOut, "pupil"),
    frames.AdultSeenFrame: _plain(commands.AdultSeen, "pupil", "seen"),
    frames.CarryOnFrame: _plain(commands.CarryOn, "pupil"),
}
"""Every asking frame but `SayFrame`, whose command needs an id, a digest and a verdict (server/chat.py)."""

OBSERVER_MAY: frozenset[type[Asking]] = frozenset({frames.EndFrame})
"""*End for safety* (D9). Nothing else exists on the observer's page."""


def command_of(frame: Asking, by: Actor) -> Asked:
    """The command that a frame asks for. Whether it may be is the room's to say."""
    return _MADE[type(frame)](frame, by)
