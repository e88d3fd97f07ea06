"""Which way media goes in every live room: `signalling.path` decides, from reports and from what the relay knows."""

from __future__ import annotations

from typing import Final

import structlog

from rooms.lesson import TEACHER, SideId
from server.frames import Report
from server.house import MediaRelay
from server.live_room import LiveRoom
from signalling.path import DIRECT, AtRelay, InRoom, Line, Paths, Peering

_NOTHING: Final[dict[SideId, AtRelay]] = {}

_log = structlog.stdlib.get_logger("paths")


class PathBoard:
    """The paths of every live room; without a relay they are all direct."""

    def __init__(self, relay: MediaRelay | None) -> None:
        self._relay = relay
        self._rooms: dict[str, Paths] = {}

    def report(self, live: LiveRoom, side: SideId, report: Report, now: int) -> None:
        """A page's second."""
        if self._relay is None or not report.paths:
            return
        silent = report.camera == "off" and report.microphone == "off"
        lines = {path.peer: Line(path.direct, path.alive, path.lost_permille) for path in report.paths}
        self._of(live).report(side, lines, silent=silent, now=now)

    def look(self, live: LiveRoom, now: int) -> bool:
        """Once a second; whether anybody is to be told their peers anew."""
        paths = self._rooms.get(live.id)
        if paths is None or live.halted:
            return False
        present = {
            side: InRoom(seat.device, seat.epoch)
            for side, seat in live.seats.items()
            if seat.welcomed and not seat.gone and not live.prefix.over(side)
        }
        moved, anew = paths.look(present, self._legs(live, present), now)
        for pupil in moved:
            _note(live, pupil, paths, now)
        return anew

    def ask(self, live: LiveRoom, side: SideId, now: int) -> bool:
        """A side cannot see or hear; whether it is now shown the others another way."""
        paths = self._rooms.get(live.id)
        moved = [] if paths is None else paths.ask(side, now)
        for pupil in moved:
            if paths is not None:
                _note(live, pupil, paths, now)
        return bool(moved)

    def between(self, live: LiveRoom, side: SideId, peer: SideId) -> Peering:
        """The way between a side and its peer, as the side is told."""
        paths = self._rooms.get(live.id)
        return DIRECT if paths is None else paths.between(side, peer)

    def shift(self, live: LiveRoom, ms: int) -> None:
        """The policy clock jumped."""
        paths = self._rooms.get(live.id)
        if paths is not None:
            paths.shift(ms)

    def forget(self, live: LiveRoom) -> None:
        """The room is no longer in memory."""
        self._rooms.pop(live.id, None)

    def _of(self, live: LiveRoom) -> Paths:
        paths = self._rooms.get(live.id)
        if paths is None:
            paths = self._rooms[live.id] = Paths(pupil.id for pupil in live.lesson.pupils)
        return paths

    def _legs(self, live: LiveRoom, present: dict[SideId, InRoom]) -> dict[SideId, AtRelay]:
        """What the relay knows of those who are there; a relay that fails knows nothing."""
        if self._relay is None:
            return _NOTHING
        legs: dict[SideId, AtRelay] = {}
        try:
            for side in present:
                view = self._relay.view(live.id, side)
                if view is not None:
                    quiet_ms = None if view.quiet_s is None else int(view.quiet_s * 1_000)
                    legs[side] = AtRelay(view.connected, quiet_ms)
        except Exception:
            _log.exception("the relay failed", lesson=live.id)
            return _NOTHING
        return legs


def _note(live: LiveRoom, pupil: SideId, paths: Paths, now: int) -> None:
    """Media of a pair goes another way now: until it flows there, evidence calls it so."""
    _log.info("path", lesson=live.id, pupil=pupil, way=paths.between(TEACHER, pupil).way)
    for side in (TEACHER, pupil):
        live.evidence.path_switching(side, now)
