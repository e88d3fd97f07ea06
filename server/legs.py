"""Who may have a leg to the media relay, and for how long. The relay itself is told what to open and what to close.

- A participant's leg sends, for the side that the server knows the seat as, while that is the side's active one. It
  ends when the side leaves or goes in good order, when another device takes over, when its part is over, and
  `ORPHAN_S` after its line was lost: until then, that media still comes tells a cut line from a side that is gone.
- A participant has another for each peer with whom media goes through the relay, which receives that peer and nobody
  else: a pupil the teacher, never another pupil (P2). It ends as the one that sends does, with the peer's part, and
  `BACK_S` after the two meet directly again.
- An observer's receives, of all sides. It ends with its socket, whatever the reason.
- *Halt* closes all of a lesson at once, and from then on there are none.

The relay may be another process, so its answer is waited for, no longer than `ANSWER_S_MAX`. One offer at a time is
asked for one who has a leg: a newer one waits, and makes the one under way void, as *halt*, leaving and a takeover do.
What comes of a void one is closed at the relay and told to nobody.

A relay that is another process outlives its host: legs go on over a host's restart, and this one knows nothing of them
until their pages offer others. So endings go by what the relay itself knows of a side, where nothing is known here.

Nothing here reaches a participant but the answer to their own offer: legs that receive are named by chance that nobody
shares, and a relay that fails is logged, and the lesson goes on without it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

import structlog

from rooms.lesson import TEACHER, SideId
from server.frames import SDP_CHARS_MAX, LegAnswer, LegFrame, LegRefused
from server.house import MediaRelay, RelayAway
from server.live_room import LiveRoom
from server.paths import PathBoard
from server.refusals import sentence
from server.seat import CallLater, Handle, Seat
from signalling.relay.port import LegId, Refused

ORPHAN_S: Final = 60.0
"""How long a leg outlives its side's control line, seconds: longer than a browser needs to come back (12 s until a dead
line is closed, then a try each 4 s), short against a lesson."""
ANSWER_S_MAX: Final = 5.0
"""How long the relay may take over an offer: it needs 1 ms, and a way to it that has stalled is known as dead sooner.
A page gives a leg up after 15 s, so it hears of a failure and tries again before it would by itself."""
WATCH_BYTES: Final = 8
"""Of a receiver's name at the relay: nobody meets another's within a lesson."""
BACK_S: Final = 15.0
"""How long a leg that receives a peer stays once the two meet directly again, seconds: its page closes it as soon as
direct media decodes, after 10 s whatever there is."""

_log = structlog.stdlib.get_logger("legs")
Asked = TypeVar("Asked")


_Key = Seat | tuple[SideId, SideId | None]
"""Whose leg, and which: an observer's seat, or a side and the peer that it receives."""


class _Leg:
    """One leg that is open, and whose it is."""

    __slots__ = ("id", "orphaned", "seat")

    def __init__(self, leg: LegId, seat: Seat) -> None:
        self.id = leg
        self.seat = seat
        self.orphaned: Handle | None = None
        """Runs while its side's line is lost."""


class _Offer(NamedTuple):
    """What a page asked for."""

    live: LiveRoom
    seat: Seat
    frame: LegFrame


class _Place:
    """Where one leg is at a time, in one lesson: of a side, sending or receiving one peer, or of an observer."""

    __slots__ = ("asked", "key", "leg", "lesson", "name", "of", "offer", "side")

    def __init__(self, lesson: str, key: _Key, side: SideId | None, of: SideId | None) -> None:
        self.lesson = lesson
        self.key = key
        self.side = side
        """None: an observer's."""
        self.of = of
        """The peer that it receives."""
        self.name = side if side is not None and of is None else f"watch-{secrets.token_hex(WATCH_BYTES)}"
        """Who it is at the relay."""
        self.leg: _Leg | None = None
        self.offer: _Offer | None = None
        """The newest that is not answered. While it is another than the one that the relay works at, that one is
        void."""
        self.asked = False
        """Whether a task asks the relay."""


class Legs:
    """The legs of every live room; without a relay there are none."""

    def __init__(
        self,
        relay: MediaRelay | None,
        paths: PathBoard,
        call_later: CallLater,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """No legs yet.

        Args:
            relay: What opens and closes them.
            paths: Between whom media goes through the relay.
            call_later: ``loop.call_later``.
            spawn: Runs a task, and holds it until it is done.
        """
        self._relay = relay
        self._paths = paths
        self._call_later = call_later
        self._spawn = spawn
        self._rooms: dict[str, dict[_Key, _Place]] = {}
        """By lesson."""
        self._halted: set[str] = set()
        """Live rooms whose legs have all been closed for good."""

    @property
    def there(self) -> bool:
        """Whether there is a relay at all."""
        return self._relay is not None

    def offer(self, live: LiveRoom, seat: Seat, frame: LegFrame) -> None:
        """Answer a page's offer soon, or refuse it with a code. Never raises."""
        code = self._denied(live, seat, frame)
        if code:
            if code == "too_long" and seat.viewer.side is not None and frame.of is None:
                live.no_leg.add(seat.viewer.side)  # a bound of ours is not its fault
            _refuse(seat, frame, code)
            return
        side = None if seat.observes else seat.viewer.side
        key: _Key = seat if side is None else (side, frame.of)
        places = self._rooms.setdefault(live.id, {})
        place = places.get(key)
        if place is None:
            place = places[key] = _Place(live.id, key, side, frame.of)
        place.offer = _Offer(live, seat, frame)
        if not place.asked:
            place.asked = True
            self._spawn(self._answer(place))

    def arrived(self, live: LiveRoom, seat: Seat) -> None:
        """A side's active device is in: another device's legs end, its own stay until the page offers others."""
        for place in self._of_side(seat):
            self._taken_over(place, seat)

    def _taken_over(self, place: _Place, seat: Seat) -> None:
        if place.offer is not None and place.offer.seat is not seat:
            place.offer = None
        leg = place.leg
        if leg is None:
            return
        if leg.seat.device != seat.device:
            self._end(place)
            return
        leg.seat = seat
        if leg.orphaned is not None:
            leg.orphaned.cancel()
            leg.orphaned = None

    def left(self, seat: Seat, *, clean: bool) -> None:
        """A seat's socket is gone, or *leave* was pressed (``clean``). Harmless twice."""
        places = self._rooms.get(seat.lesson, {})
        side = seat.viewer.side
        if seat.observes or side is None:
            watching = places.get(seat)
            if watching is not None:
                self._left(watching, seat, clean=clean)
            return
        if (side, None) not in places and clean and not seat.gone:
            self._close_side(seat.lesson, side)
        for place in self._of_side(seat):
            self._left(place, seat, clean=clean)

    def _left(self, place: _Place, seat: Seat, *, clean: bool) -> None:
        if place.offer is not None and place.offer.seat is seat:
            place.offer = None
        leg = place.leg
        if leg is None or leg.seat is not seat:
            self._forget(place)
        elif clean or seat.observes:
            self._end(place)
        elif leg.orphaned is None:
            leg.orphaned = self._call_later(ORPHAN_S, partial(self._orphan_ends, place, leg))

    def look_again(self, live: LiveRoom) -> None:
        """The room may be halted, or somebody's part over: so are their legs."""
        if live.halted:
            if live.id not in self._halted:
                self._halted.add(live.id)
                self._end_all(live.id)
            return
        places = self._rooms.get(live.id, {})
        for pupil in live.lesson.pupils:
            if not live.prefix.over(pupil.id):
                continue
            if (pupil.id, None) not in places:
                self._close_side(live.id, pupil.id)
            for place in [place for place in places.values() if pupil.id in (place.side, place.of)]:
                self._end(place)

    def forget(self, live: LiveRoom) -> None:
        """The room is not live here any more."""
        self._halted.discard(live.id)

    def paths_changed(self, live: LiveRoom) -> None:
        """Media of some may go directly again: their receiving legs end in a while."""
        if any(place.of is not None for place in self._rooms.get(live.id, {}).values()):
            self._call_later(BACK_S, partial(self._look_back, live))

    def _look_back(self, live: LiveRoom) -> None:
        for place in list(self._rooms.get(live.id, {}).values()):
            if place.side is not None and place.of is not None and not self._relayed(live, place.side, place.of):
                self._end(place)

    def _relayed(self, live: LiveRoom, side: SideId, of: SideId) -> bool:
        return self._paths.between(live, side, of).way == "relay"

    def _of_side(self, seat: Seat) -> list[_Place]:
        """All legs of a participant's side."""
        if seat.observes or seat.viewer.side is None:
            return []
        places = self._rooms.get(seat.lesson, {}).values()
        return [place for place in places if place.side == seat.viewer.side]

    def stop(self) -> None:
        """The process stops: browsers are told, and do not wait for a relay that has gone."""
        for lesson in list(self._rooms):
            self._end_all(lesson)

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
            if live.prefix.over(side) or (frame.of is not None and live.prefix.over(frame.of)):
                return "over"
        if frame.of is not None and (side is None or not self._relayed(live, side, frame.of)):
            return "not_relayed"
        return "too_long" if len(frame.sdp) > SDP_CHARS_MAX else ""

    # Asking the relay -------------------------------------------------------------------------------------------

    async def _answer(self, place: _Place) -> None:
        """Ask for the newest offer of a place until none is left that was not answered."""
        try:
            while place.offer is not None:
                await self._answer_one(place, place.offer)
        finally:
            place.asked = False
            self._forget(place)

    async def _answer_one(self, place: _Place, offer: _Offer) -> None:
        leg = _Leg(LegId(place.lesson, place.name, offer.seat.epoch), offer.seat)
        code, answer = await self._ask(leg.id, offer)
        void = place.offer is not offer or offer.seat.gone or bool(self._denied(*offer))
        if place.offer is offer:
            place.offer = None
        if not code:  # at the relay this one has taken the place of the one before
            self._let_go(place)
            place.leg = leg
        elif code == "relay_failed":  # it may have, and may yet
            before = place.leg
            self._let_go(place)
            for doubtful in {leg.id, leg.id if before is None else before.id}:
                self._close(doubtful)
        if place.side is not None and place.of is None:  # what we refuse is not its fault
            (offer.live.no_leg.add if code else offer.live.no_leg.discard)(place.side)
        if void:
            if place.leg is leg:
                self._let_go(place)
                self._close(leg.id)
        elif code:
            _refuse(offer.seat, offer.frame, code)
        else:
            offer.seat.client.send(LegAnswer(n=offer.frame.n, sdp=answer))

    async def _ask(self, leg: LegId, offer: _Offer) -> tuple[str, str]:
        """A code and "", or "" and the relay's answer."""
        if self._relay is None:
            return "no_relay", ""
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                if offer.seat.observes:
                    sides = (TEACHER, *(pupil.id for pupil in offer.live.lesson.pupils))
                    return "", await self._relay.watch(leg, sides, offer.frame.sdp)
                if offer.frame.of is not None:
                    return "", await self._relay.watch(leg, (offer.frame.of,), offer.frame.sdp)
                return "", await self._relay.publish(leg, offer.frame.sdp)
        except Refused as refused:
            return refused.code, ""
        except TimeoutError:
            _log.warning("the relay does not answer", lesson=leg.lesson, limit_s=ANSWER_S_MAX)
        except RelayAway as away:
            _log.warning("the relay is away", lesson=leg.lesson, reason=str(away))
        except Exception:
            _log.exception("the relay failed", lesson=leg.lesson)
        return "relay_failed", ""

    # Ends -------------------------------------------------------------------------------------------------------

    def _orphan_ends(self, place: _Place, leg: _Leg) -> None:
        if place.leg is leg:
            self._end(place)

    def _end(self, place: _Place) -> None:
        """Its leg ends, and an offer that is under way comes to nothing."""
        place.offer = None
        leg = place.leg
        self._let_go(place)
        self._forget(place)
        if leg is not None:
            self._close(leg.id)

    def _end_all(self, lesson: str) -> None:
        for place in self._rooms.pop(lesson, {}).values():
            place.offer = None
            self._let_go(place)
        if self._relay is not None:
            _guarded(lesson, partial(self._relay.close_lesson, lesson))

    def _let_go(self, place: _Place) -> None:
        """The leg of this place is no more."""
        if place.leg is not None and place.leg.orphaned is not None:
            place.leg.orphaned.cancel()
        place.leg = None

    def _forget(self, place: _Place) -> None:
        """A place with nothing in it is kept by nobody."""
        places = self._rooms.get(place.lesson, {})
        if place.leg is None and place.offer is None and not place.asked and places.get(place.key) is place:
            del places[place.key]
            if not places:
                del self._rooms[place.lesson]

    def _close_side(self, lesson: str, side: SideId) -> None:
        """A side without a place here may still have a leg, from before this host."""
        view = None
        if self._relay is not None:
            view = _guarded(lesson, partial(self._relay.view, lesson, side))
        if view is not None:
            self._close(view.leg)

    def _close(self, leg: LegId) -> None:
        if self._relay is not None:
            _guarded(leg.lesson, partial(self._relay.close, leg))


def _refuse(seat: Seat, frame: LegFrame, code: str) -> None:
    seat.client.send(LegRefused(n=frame.n, code=code, text=sentence(code)))


def _guarded(lesson: str, ask: Callable[[], Asked]) -> Asked | None:
    """Whatever the relay does, an ending goes on."""
    try:
        return ask()
    except Exception:
        _log.exception("the relay failed", lesson=lesson)
        return None
