"""What comes of a message: said, judged, released or withheld (C1, D3). No course is touched but by the hook's end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms import actions, requests
from rooms import commands as c
from rooms import events as e
from rooms.decision import REPEATED, TOO_MANY, Decision
from rooms.lesson import TEACHER, Role, SideId
from rooms.verdict import Ruling

if TYPE_CHECKING:
    from rooms.room import Room


def say(room: Room, command: c.Say, now: int) -> Decision:
    """Somebody wrote: nobody sees it before its verdict."""
    by = command.by
    if by.role is not Role.TEACHER and by.role is not Role.PUPIL_SIDE:
        return Decision(refused=requests.NOT_ALLOWED)
    side = by.side or TEACHER
    if not room.has_side(side) or (by.role is Role.TEACHER) != (side == TEACHER):
        return Decision(refused=requests.NOT_ALLOWED)
    if room.is_repeat(command):
        return REPEATED
    if room.over_for(side):
        return Decision(refused=actions.OVER)
    if room.chat.full or command.message in room.chat.messages:
        return Decision(refused=TOO_MANY if room.chat.full else "message_known")
    submitted = e.MessageSubmitted(at=now, by=by, action=command.action, message=command.message, digest=command.digest)
    return Decision((submitted,))


def judge(room: Room, command: c.Judge, now: int) -> Decision:
    """The review answered: delivered, held, or the end."""
    kept = room.chat.messages.get(command.message)
    if kept is None:
        return Decision(refused="unknown_message")
    if kept.state != "submitted":
        return REPEATED
    judged = e.MessageJudged(at=now, message=command.message, verdict=command.verdict)
    ruling = command.verdict.ruling
    if room.shut is not None:
        return Decision((judged, e.MessageDropped(at=now, message=command.message, why="ended")))
    if ruling is Ruling.HOLD:
        return Decision((judged,))
    if ruling is Ruling.END:
        return _hook_ends(room, judged, kept.side, now)
    return Decision((judged, e.MessageDelivered(at=now, message=command.message)))


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
