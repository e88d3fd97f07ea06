"""Who may have a leg to the media relay, and for how long. The relay itself is told what to open and what to close.

- A participant's leg sends, for the side that the server knows the seat as, while that is the side's active one. It
  ends when the side leaves or goes in good order, when another device takes over, when its part is over, and
  `ORPHAN_S` after its line was lost: until then, that media still comes tells a cut line from a side that is gone.
- An observer's receives, of all sides. It ends with its socket, whatever the reason.
- *Halt* closes all of a lesson at once, and from then on there are none.

Nothing here reaches a participant but the answer to their own offer: observers' legs are named by chance that nobody
shares, and a relay that fails is logged, and the lesson goes on without it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from rooms.lesson import TEACHER
from server.frames import SDP_CHARS_MAX, LegAnswer, LegFrame, LegRefused
from server.house import MediaRelay
from server.live_room import LiveRoom
from server.refusals import sentence
from server.seat import CallLater, Handle, Seat
from signalling.relay.port import LegId, Refused

ORPHAN_S: Final = 60.0
"""How long a leg outlives its side's control line, seconds: longer than a browser needs to come back (12 s until a dead
line is closed, then a try each 4 s), short against a lesson."""
WATCH_BYTES: Final = 8
"""Of an observer's name at the relay: nobody meets another's within a lesson."""

_log = structlog.stdlib.get_logger("legs")


class _Leg:
    """One leg, and whose it is."""

    __slots__ = ("id", "orphaned", "seat")

    def __init__(self, leg: LegId, seat: Seat) -> None:
        self.id = leg
        self.seat = seat
        self.orphaned: Handle | None = None
        """Runs while its side's line is lost."""


class Legs:
    """The legs of every live room; without a relay there are none."""

    def __init__(self, relay: MediaRelay | None, call_later: CallLater) -> None:
        self._relay = relay
        self._call_later = call_later
        self._rooms: dict[str, dict[str, _Leg]] = {}
        """By lesson, then by who it is: a side, or an observer's random name."""
        self._watching: dict[Seat, str] = {}
        """The name of each observer's leg."""

    @property
    def there(self) -> bool:
        """Whether there is a relay at all."""
        return self._relay is not None

    def offer(self, live: LiveRoom, seat: Seat, frame: LegFrame) -> None:
        """Answer a page's offer, or refuse it with a code. Never raises."""
        code = self._denied(live, seat, frame)
        if not code:
            code, answer = self._open(live, seat, frame.sdp)
        if code:
            seat.client.send(LegRefused(n=frame.n, code=code, text=sentence(code)))
        else:
            seat.client.send(LegAnswer(n=frame.n, sdp=answer))

    def arrived(self, live: LiveRoom, seat: Seat) -> None:
        """A side's active device is in: another device's leg ends, its own stays until the page offers another."""
        side = seat.viewer.side
        leg = self._rooms.get(live.id, {}).get(side or "")
        if leg is None or seat.observes:
            return
        if leg.seat.device != seat.device:
            self._close(leg)
            return
        leg.seat = seat
        if leg.orphaned is not None:
            leg.orphaned.cancel()
            leg.orphaned = None

    def left(self, seat: Seat, *, clean: bool) -> None:
        """A seat's socket is gone, or *leave* was pressed (``clean``). Harmless twice."""
        who = self._watching.get(seat, "") if seat.observes else seat.viewer.side or ""
        leg = self._rooms.get(seat.lesson, {}).get(who)
        if leg is None or leg.seat is not seat:
            return
        if clean or seat.observes:
            self._close(leg)
        elif leg.orphaned is None:
            leg.orphaned = self._call_later(ORPHAN_S, partial(self._close, leg))

    def look_again(self, live: LiveRoom) -> None:
        """The room may be halted, or somebody's part over: so are their legs."""
        legs = self._rooms.get(live.id)
        if not legs:
            return
        if live.halted:
            self._close_all(live.id, legs)
            return
        for who, leg in list(legs.items()):
            if not leg.seat.observes and live.prefix.over(who):
                self._close(leg)

    def stop(self) -> None:
        """The process stops: browsers are told, and do not wait for a relay that has gone."""
        for lesson, legs in list(self._rooms.items()):
            self._close_all(lesson, legs)

    def _denied(self, live: LiveRoom, seat: Seat, frame: LegFrame) -> str:
        """Why this seat may have no leg with this offer: a code, or ""."""
        side = seat.viewer.side
        if self._relay is None:
            return "no_relay"
        if live.halted:
            return "over"
        if not seat.observes:
            if side is None or live.seats.get(side) is not seat:
                return "not_yours"
            if live.prefix.over(side):
                return "over"
        return "too_long" if len(frame.sdp) > SDP_CHARS_MAX else ""

    def _open(self, live: LiveRoom, seat: Seat, offer: str) -> tuple[str, str]:
        """Ask the relay: a code and "", or "" and its answer."""
        if self._relay is None:
            return "no_relay", ""
        if seat.observes:
            who = self._watching.get(seat) or f"watch-{secrets.token_hex(WATCH_BYTES)}"
        else:
            who = seat.viewer.side or ""
        leg = _Leg(LegId(live.id, who, seat.epoch), seat)
        try:
            if seat.observes:
                sides = (TEACHER, *(pupil.id for pupil in live.lesson.pupils))
                answer = self._relay.watch(leg.id, sides, offer)
            else:
                answer = self._relay.publish(leg.id, offer)
        except Refused as refused:
            return refused.code, ""
        except Exception:
            _log.exception("the relay failed", lesson=live.id)
            return "relay_failed", ""
        legs = self._rooms.setdefault(live.id, {})
        before = legs.get(who)
        if before is not None:  # at the relay the new one has taken its place
            self._let_go(before)
        legs[who] = leg
        if seat.observes:
            self._watching[seat] = who
        return "", answer

    def _close(self, leg: _Leg) -> None:
        """One leg; not another that took its place."""
        legs = self._rooms.get(leg.id.lesson, {})
        if legs.get(leg.id.who) is not leg:
            return
        del legs[leg.id.who]
        if not legs:
            del self._rooms[leg.id.lesson]
        self._let_go(leg)
        if self._relay is not None:
            _guarded(leg.id.lesson, partial(self._relay.close, leg.id))

    def _close_all(self, lesson: str, legs: dict[str, _Leg]) -> None:
        del self._rooms[lesson]
        for leg in legs.values():
            self._let_go(leg)
        if self._relay is not None:
            _guarded(lesson, partial(self._relay.close_lesson, lesson))

    def _let_go(self, leg: _Leg) -> None:
        self._watching.pop(leg.seat, None)
        if leg.orphaned is not None:
            leg.orphaned.cancel()


def _guarded(lesson: str, close: Callable[[], None]) -> None:
    """Whatever the relay does, an ending goes on."""
    try:
        close()
    except Exception:
        _log.exception("the relay failed", lesson=lesson)
