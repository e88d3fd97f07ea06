"""How each side of one lesson sends its sound, as its page says: told to the other side, judged by nobody."""

from __future__ import annotations

from typing import Final

from rooms.audience import Viewer, sees
from rooms.lesson import TEACHER, SideId
from server.frames import Report, SideSound

__all__ = ["Sounds"]


class Sounds:
    """Soft state: a page says it again every second, so it is in no log, and comes back by itself after a crash."""

    __slots__ = ("_of",)

    def __init__(self) -> None:
        self._of: Final[dict[SideId, SideSound]] = {}

    def note(self, side: SideId, report: Report) -> bool:
        """Take in what a side's page says of its own sound; whether that is news."""
        if report.sound is None:
            return False
        # Only the teacher sets another's sound: what a pupil side says of it is dropped here.
        turn = report.sound_turn if side == TEACHER else 0
        known = self._of.get(side)
        if known is not None and known.sound == report.sound and known.turn == turn:
            return False
        self._of[side] = SideSound(side=side, sound=report.sound, turn=turn)
        return True

    def for_viewer(self, viewer: Viewer) -> tuple[SideSound, ...]:
        """Those that this viewer is told of, in the order of the sides' ids."""
        return tuple(self._of[side] for side in sorted(self._of) if sees(viewer, side))
