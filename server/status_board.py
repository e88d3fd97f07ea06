"""How each room stands, told to those who are in it: when it changes, a few times a second at most."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Final, Literal, cast

from msgspec.structs import replace

from rooms.audience import sees, status_for
from rooms.lesson import SideId
from rooms.status import PartStatus, Status
from server.frames import Can, StatusFrame
from server.house import PolicyClock
from server.live_room import LiveRoom
from server.seat import CallLater, Seat

STATUS_EVERY_S: Final = 0.2
"""Changes within this are told together, seconds: five a second at most, and still at once to a person."""
TELL_ROOMS: Final = 10
"""Of these at a time, a millisecond or two with what is written to their sockets; then messages have their turn."""
TELL_PAUSE_S: Final = 0.002
"""Between two of them: when a whole node's 5,000 rooms change at once, the last is told a second after the first."""
OBSERVER_CAN: Final[tuple[Can, ...]] = ("end",)


class StatusBoard:
    """Draws and sends `StatusFrame`s. An observer's is drawn after the participants', from the same instant."""

    def __init__(self, clock: PolicyClock, call_later: CallLater, store_stalled: Callable[[], bool]) -> None:
        self._clock = clock
        self._call_later = call_later
        self._store_stalled = store_stalled
        self._changed: dict[str, LiveRoom] = {}
        self._to_tell: dict[str, LiveRoom] = {}
        """Those whose turn has come, first come first told."""
        self._looked_at = -1
        """Unix ms: when time alone last changed a status that was told at once."""

    def changed(self, live: LiveRoom) -> None:
        """Tell this room soon."""
        live.status_holds_until = 0
        if not self._changed:
            self._call_later(STATUS_EVERY_S, self._tell_changed)
        self._changed[live.id] = live

    def _tell_changed(self) -> None:
        idle = not self._to_tell
        changed, self._changed = self._changed, {}
        self._to_tell |= changed
        if idle:  # else somebody is at it
            self._tell_some()

    def _tell_some(self) -> None:
        """A few rooms, then let messages through: after a burst of joins all at once held up every message for them."""
        some = [self._to_tell.pop(lesson) for lesson in tuple(islice(self._to_tell, TELL_ROOMS))]
        if self._to_tell:
            self._call_later(TELL_PAUSE_S, self._tell_some)
        for live in some:
            self.tell(live)

    def look(self, live: LiveRoom) -> None:
        """Tell what time alone has changed. Most rooms stand as they stood: a status is drawn only where one may not.

        A room's status costs as much as ten messages: drawn each second for each room, it filled a node's core.
        """
        now = self._clock.now_ms()
        if now >= live.status_holds_until or self._store_stalled() or live.evidence.weak(now) != live.weak_told:
            if now > self._looked_at and not self._to_tell:
                self._looked_at = now
                self.tell(live)
                return
            # At T a whole sweep's rooms read differently: the first is told at once, the others in their turn.
            if not self._to_tell:
                self._call_later(TELL_PAUSE_S, self._tell_some)
            self._to_tell[live.id] = live

    def tell(self, live: LiveRoom, *, anew: bool = False) -> None:
        """Send to everybody in the room for whom something changed; ``anew``: to everybody."""
        seats = [seat for seat in (*live.seats.values(), *live.observers) if seat.welcomed and not seat.gone]
        if not seats:
            return
        now = self._clock.now_ms()
        status = None if live.telling else live.room.status(now)
        live.status_holds_until = 0 if status is None else live.room.holds_until(now)
        live.weak_told = weak = live.evidence.weak(now)
        if status is not None:
            live.glance.note(status, weak, live.status_holds_until, live.sequence)
        for seat in seats:
            frame = self._held_back(live, seat, now) if status is None else self._frame(live, seat, status, weak, now)
            if frame is None or (seat.status is not None and not anew and _same(seat.status, frame)):
                continue
            seat.status = frame
            seat.client.send(frame)

    def tell_one(self, live: LiveRoom, seat: Seat) -> None:
        """Send to a seat that has just arrived, or come back."""
        if live.telling:
            return  # `changed` is called when that is durable
        now = self._clock.now_ms()
        seat.status = self._frame(live, seat, live.room.status(now), live.evidence.weak(now), now)
        seat.client.send(seat.status)

    def _frame(self, live: LiveRoom, seat: Seat, status: Status, weak: tuple[SideId, ...], now: int) -> StatusFrame:
        shown = status_for(status, seat.viewer)
        phase: Literal["open", "ending", "ended"] = "ended" if shown.shut else "ending" if live.halted else "open"
        can: tuple[Can, ...]
        if phase == "ending":
            can = ()
        elif seat.observes:
            can = OBSERVER_CAN if phase == "open" else ()
        else:
            can = cast("tuple[Can, ...]", live.room.can(seat.viewer, now))
        return StatusFrame(
            now=now,
            platform_up=shown.platform_up and not self._store_stalled(),
            parts=tuple(
                part if part.outcome is None or part.pupil in live.parted else replace(part, outcome=None)
                for part in shown.parts
            ),
            sides=shown.sides,
            weak=tuple(side for side in weak if sees(seat.viewer, side)) if weak else (),
            sounds=live.sounds.for_viewer(seat.viewer),
            closes_at=shown.closes_at,
            phase=phase,
            settled=shown.settled,
            can=can,
        )

    def _held_back(self, live: LiveRoom, seat: Seat, now: int) -> StatusFrame | None:
        """Something is decided that nobody may see yet: the last that was seen, and only that media stopped."""
        last = seat.status
        if last is None or not (live.halted or self._store_stalled()):
            return None
        ending = live.halted and last.phase == "open"
        return replace(
            last,
            now=now,
            parts=tuple(_brought_up_to(part, now - last.now) for part in last.parts),
            platform_up=last.platform_up and not self._store_stalled(),
            phase="ending" if ending else last.phase,
            can=() if live.halted else last.can,
        )


def _brought_up_to(part: PartStatus, ms: int) -> PartStatus:
    """The part's running number, this much later."""
    match part.clock, part.phase:
        case "teacher", _:
            return replace(part, clocks=replace(part.clocks, teacher=part.clocks.teacher + ms))
        case "pupil", _:
            return replace(part, clocks=replace(part.clocks, pupil=part.clocks.pupil + ms))
        case "nobody", _:
            return replace(part, clocks=replace(part.clocks, nobody=part.clocks.nobody + ms))
        case _, "interrupted":
            return replace(part, interrupted_ms=part.interrupted_ms + ms)
        case _, "live":
            return replace(part, live_ms=part.live_ms + ms)
        case _:
            return part


def _same(before: StatusFrame, after: StatusFrame) -> bool:
    """Whether two frames differ at most in what runs by itself: the client draws that on from the last frame."""
    parts = after.parts
    if parts != before.parts:
        if len(parts) != len(before.parts):
            return False
        parts = tuple(
            replace(part, clocks=was.clocks, live_ms=was.live_ms, interrupted_ms=was.interrupted_ms)
            for part, was in zip(parts, before.parts, strict=True)
        )
    return replace(after, now=before.now, parts=parts) == before
