"""What comes of a message: said, judged, released or withheld (C1, D3). No course is touched but by the hook's end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rooms import actions, requests
from rooms import commands as c
from rooms import events as e
from rooms.chat import MESSAGES_MAX
from rooms.decision import REPEATED, TOO_MANY, Decision
from rooms.lesson import TEACHER, Role, SideId
from rooms.verdict import Ruling

if TYPE_CHECKING:
    from rooms.room import Room

_TEACHER: Final = Role.TEACHER
_PUPIL_SIDE: Final = Role.PUPIL_SIDE
_HOLD: Final = Ruling.HOLD
_END: Final = Ruling.END
"""By names of their own: to read a member from its class costs as much as a call, here at every message."""


def say(room: Room, command: c.Say, now: int) -> Decision:
    """Somebody wrote: nobody sees it before its verdict."""
    by = command.by
    side = by.side or TEACHER
    may = side == TEACHER if by.role is _TEACHER else by.role is _PUPIL_SIDE and side != TEACHER and room.has_side(side)
    if not may:
        return Decision(refused=requests.NOT_ALLOWED)
    if room.is_repeat(command):
        return REPEATED
    if room.over_for(side):
        return Decision(refused=actions.OVER)
    message = command.message
    known = room.chat.messages
    if len(known) >= MESSAGES_MAX or message in known:
        return Decision(refused="message_known" if len(known) < MESSAGES_MAX else TOO_MANY)
    return Decision((e.MessageSubmitted(at=now, by=by, action=command.action, message=message, digest=command.digest),))


def judge(room: Room, command: c.Judge, now: int) -> Decision:
    """The review answered: delivered, held, or the end."""
    message = command.message
    kept = room.chat.messages.get(message)
    if kept is None:
        return Decision(refused="unknown_message")
    if kept.state != "submitted":
        return REPEATED
    verdict = command.verdict
    judged = e.MessageJudged(at=now, message=message, verdict=verdict)
    if room.shut is not None:
        return Decision((judged, e.MessageDropped(at=now, message=message, why="ended")))
    if verdict.ruling is _HOLD:
        return Decision((judged,))
    if verdict.ruling is _END:
        return _hook_ends(room, judged, kept.side, now)
    return Decision((judged, e.MessageDelivered(at=now, message=message)))


def _hook_ends(room: Room, judged: e.MessageJudged, side: SideId, now: int) -> Decision:
    """The message is not delivered, and the lesson ends because of the side that wrote it."""
    pupil = None if side == TEACHER else side
    ended = room.take_in(e.HookEnded(at=now, message=judged.message, pupil=pupil), ends=True)
    dropped = e.MessageDropped(at=now, message=judged.message, why="ended")
    return Decision((judged, dropped, *ended.events), halts=ended.halts)


def release(room: Room, command: c.Release, now: int) -> Decision:
    """The teacher lets a held message through, where the reviewer allows that."""
    otherwise = _otherwise(room, command)
    if otherwise is not None:
        return otherwise
    verdict = room.chat.messages[command.message].verdict
    if verdict is None or not verdict.releasable:
        return Decision(refused="not_releasable")
    released = e.MessageReleased(at=now, by=command.by, action=command.action, message=command.message)
    return Decision((released, e.MessageDelivered(at=now, message=command.message)))


def withhold(room: Room, command: c.Withhold, now: int) -> Decision:
    """The teacher does not let it through."""
    otherwise = _otherwise(room, command)
    if otherwise is not None:
        return otherwise
    dropped = e.MessageDropped(at=now, message=command.message, why="withheld", by=command.by, action=command.action)
    return Decision((dropped,))


def _otherwise(room: Room, command: c.Release | c.Withhold) -> Decision | None:
    """Where a held message was answered, or is not this person's to answer. The teacher's is released by nobody."""
    if room.is_repeat(command):
        return REPEATED
    refused = requests.refusal(room.lesson, command)
    kept = room.chat.messages.get(command.message)
    if not refused and (kept is None or kept.state != "held"):
        refused = "not_held"
    if not refused and kept is not None and kept.side == TEACHER:
        refused = "not_releasable"
    return Decision(refused=refused) if refused else None
