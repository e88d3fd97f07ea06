"""Who negotiates media with whom, now: told on change, relayed at once, never stored. `signalling` decides."""

from __future__ import annotations

from typing import Final

import structlog

from rooms.lesson import SideId
from server.frames import Description, Peer, PeersFrame, RelayedSignal, SignalFrame
from server.house import PolicyClock
from server.live_room import LiveRoom
from server.paths import PathBoard
from server.seat import Seat
from signalling.negotiation import Negotiation, PeerOf

NOBODY: Final = PeersFrame(peers=())
_NOBODY: Final[frozenset[SideId]] = frozenset()

_log = structlog.stdlib.get_logger("signalling")


class Roster:
    """The negotiations of every live room."""

    def __init__(self, clock: PolicyClock, paths: PathBoard) -> None:
        self._clock = clock
        self._paths = paths
        self._rooms: dict[str, Negotiation] = {}
        self._over: dict[str, set[SideId]] = {}
        """Whose part was over when a room's devices were last told; without an entry: nobody's."""

    def arrived(self, live: LiveRoom, seat: Seat) -> None:
        """A device is its side's active one now: its pairs begin anew, also after a resume."""
        side = seat.viewer.side
        if side is not None:
            self._of(live).arrive(side, seat.device, seat.epoch)
            self.tell(live)

    def left(self, live: LiveRoom, seat: Seat) -> None:
        """A side's active device is gone."""
        side = seat.viewer.side
        if side is not None and self._of(live).leave(side, seat.epoch):
            self.tell(live)

    def restart(self, live: LiveRoom, seat: Seat) -> None:
        """This side cannot see or hear: all its pairs begin anew, by another path if there is one."""
        negotiation = self._of(live)
        side = seat.viewer.side
        if side is None:
            return
        for peer in negotiation.peers(side):
            negotiation.restart(side, peer.side, seat.epoch)
        self.tell(live)

    def relay(self, live: LiveRoom, seat: Seat, frame: SignalFrame) -> None:
        """Pass a frame on to its peer's active device, with the sender's side as the server knows it; or drop it."""
        side = seat.viewer.side
        negotiation = self._rooms.get(live.id)
        to, generation, body = frame.to, frame.generation, frame.body
        if side is None or negotiation is None or live.halted or _apart(live, side, to):
            return
        if isinstance(body, Description):
            dropped = negotiation.describe(side, to, generation, seat.epoch, body.sdp_type, body.sdp)
        else:
            dropped = negotiation.trickle(side, to, generation, seat.epoch, body.candidate)
        peer = live.seats.get(to)
        if not dropped and peer is not None and peer.welcomed and not peer.gone:
            peer.client.send(RelayedSignal(sender=side, generation=generation, body=body))
        elif dropped:
            _log.debug("a negotiation frame was dropped", lesson=live.id, side=side, why=dropped)

    def look_again(self, live: LiveRoom) -> None:
        """Somebody's part may be over: media with them is, for both."""
        if live.id not in self._rooms or live.halted:
            return
        over = live.prefix.removed | live.prefix.rules.keys()
        if over != self._over.get(live.id, _NOBODY):
            self._over[live.id] = over
            self.tell(live)

    def forget(self, live: LiveRoom) -> None:
        """The room is no longer in memory."""
        self._rooms.pop(live.id, None)
        self._over.pop(live.id, None)

    def tell(self, live: LiveRoom) -> None:
        """Send each device its peers, where these changed; nobody has any once media was halted."""
        negotiation = self._of(live)
        for side, seat in live.seats.items():
            if not seat.welcomed or seat.gone:
                continue
            peers = () if live.halted else negotiation.peers(side)
            peers = tuple(peer for peer in peers if not _apart(live, side, peer.side))
            frame = NOBODY
            if peers:
                frame = PeersFrame(peers=tuple(self._told(live, side, peer) for peer in peers))
            if seat.peers != frame:
                seat.peers = frame
                seat.client.send(frame)

    def _told(self, live: LiveRoom, side: SideId, peer: PeerOf) -> Peer:
        way, kbps = self._paths.between(live, side, peer.side)
        return Peer(
            side=peer.side,
            name=_name(live, peer.side),
            polite=peer.polite,
            generation=peer.generation,
            path=way,
            kbps=kbps,
        )

    def _of(self, live: LiveRoom) -> Negotiation:
        negotiation = self._rooms.get(live.id)
        if negotiation is None:
            # Above every generation that a host before us gave out: those counted from an earlier instant.
            negotiation = self._rooms[live.id] = Negotiation(self._clock.now_ms())
        return negotiation


def _apart(live: LiveRoom, one: SideId, other: SideId) -> bool:
    """Whether the part of one of them is over: a pupil who was removed sees and hears nobody any more."""
    return live.prefix.over(one) or live.prefix.over(other)


def _name(live: LiveRoom, side: SideId) -> str:
    """What a side is called: the teacher's name, a pupil's first name."""
    for pupil in live.lesson.pupils:
        if pupil.id == side:
            return pupil.first_name
    return live.lesson.teacher_name
