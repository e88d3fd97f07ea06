"""Who negotiates media with whom, now: told on change, relayed at once, never stored."""

from __future__ import annotations

from typing import Final

from rooms.audience import may_signal
from rooms.lesson import SideId
from server.frames import Peer, PeersFrame, RelayedSignal, SignalFrame
from server.live_room import LiveRoom
from server.seat import Seat

NOBODY: Final = PeersFrame(peers=())
Pair = frozenset[SideId]


class Roster:
    """The pairs of every room. A pair's generation counts its starts: what is left of an older one is dropped."""

    def __init__(self) -> None:
        self._generations: dict[str, dict[Pair, int]] = {}

    def people_changed(self, live: LiveRoom, came: Seat | None = None) -> None:
        """Somebody came or went; with whom ``came`` pairs, negotiation starts anew."""
        if came is not None and came.viewer.side is not None:
            self._renew(live, came.viewer.side)
        self._tell(live)

    def restart(self, live: LiveRoom, side: SideId) -> None:
        """That side asks for another path: all its pairs start anew."""
        self._renew(live, side)
        self._tell(live)

    def relay(self, live: LiveRoom, seat: Seat, frame: SignalFrame) -> None:
        """Pass a frame on to its peer's active device, with the sender's side as the server knows it."""
        side = seat.viewer.side
        to = live.seats.get(frame.to)
        if side is None or to is None or live.halted or not may_signal(side, frame.to):
            return
        pairs = self._generations.get(live.id, {})
        if to.welcomed and pairs.get(frozenset((side, frame.to))) == frame.generation:
            to.client.send(RelayedSignal(sender=side, generation=frame.generation, body=frame.body))

    def forget(self, live: LiveRoom) -> None:
        """The room is no longer in memory."""
        self._generations.pop(live.id, None)

    def _renew(self, live: LiveRoom, side: SideId) -> None:
        pairs = self._generations.setdefault(live.id, {})
        for other in live.seats:
            if may_signal(side, other):
                pair = frozenset((side, other))
                pairs[pair] = pairs.get(pair, 0) + 1

    def _tell(self, live: LiveRoom) -> None:
        pairs = self._generations.get(live.id, {})
        for side, seat in live.seats.items():
            if not seat.welcomed or seat.gone:
                continue
            peers = (
                ()
                if live.halted
                else tuple(
                    Peer(
                        side=other,
                        name=_name(live, other),
                        polite=side > other,
                        generation=pairs.get(frozenset((side, other)), 0),
                    )
                    for other, there in sorted(live.seats.items())
                    if may_signal(side, other) and there.welcomed and not there.gone
                )
            )
            frame = PeersFrame(peers=peers) if peers else NOBODY
            if seat.peers != frame:
                seat.peers = frame
                seat.client.send(frame)


def _name(live: LiveRoom, side: SideId) -> str:
    """What a side is called: the teacher's name, a pupil's first name."""
    for pupil in live.lesson.pupils:
        if pupil.id == side:
            return pupil.first_name
    return live.lesson.teacher_name
