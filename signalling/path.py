"""Which way media goes between a teacher and a pupil: from browser to browser (*direct*), or through the *relay*.

Pure: facts in, a way out, with ``now`` (the policy clock's, Unix ms). The server decides, for both sides alike; a page
only tells what it sees of its own direct connection, and what reaches the relay the relay tells itself. A page can so
bring about another path, and nothing else: no class of evidence rests on what is decided here.

Theory of operation
===================
| on | to the other, when |
|---|---|
| direct | *fit*: both sides report, and what each sends flows at the relay; and of direct media, for as long as that |
|        | has been so: none for 3 s in either direction after there was some, none at all 8 s after the two were in, |
|        | none 5 s after a way back. At once, when a side says that it cannot see or hear |
| relay  | both direct connections have stood for the *hold* in a row: 10 s, twice that after each way back that soon |
|        | failed, 5 minutes at most; 3 s once the relay has failed to carry a side for 3 s in a row. Where there has |
|        | been no leg of a side for 10 s, whatever stands |

Direct media is counted by who receives it. From a side that has switched everything off nothing is expected: there the
connection's own signs count. Only time in which the legs flow counts against the direct way: so Wi-Fi that goes for two
seconds, and takes everything along, moves nobody. A side that reloads, or whose line comes back, finds the way as it
was; another device of it begins anew, directly, and both are told.

What each may spend on its picture on the relay's way is `picture_rate`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from rooms.lesson import TEACHER, SideId
from signalling.picture_rate import KBPS_FIRST, PictureRate

Way = Literal["direct", "relay"]

CEASED_MS: Final = 3_000
"""C: so long without is a loss; the control is that both legs flow meanwhile."""
FIRST_MS: Final = 8_000
"""For the first direct media, from when both are in: ICE with a restart takes 1 to 8 s."""
RETURN_MS: Final = 5_000
"""For direct media to come again on a way back: its connection stands, its senders have to wake."""
HEARD_MS: Final = 2_500
"""A report comes each second; one that is later than this says nothing of now."""
FLOWS_MS: Final = 2_500
"""A leg sends 50 packets a second, and a relay in another process is heard of once a second."""
HOLD_MS: Final = 10_000
"""How long the direct way has to stand before media goes back to it: a network that comes and goes is not followed."""
HOLD_MS_MAX: Final = 300_000
"""The longest hold: a way that failed six times in a row is tried again every five minutes."""
ASKED_HOLD_MS: Final = 60_000
"""The hold after somebody said that they could not see or hear: what the counts say was not what they saw."""
STEADY_MS: Final = 120_000
"""A way back that lasts so long was right: the next hold is the shortest again."""
RELAY_GONE_MS: Final = 10_000
"""Without any leg of a side for so long there is no relay: longer than a page takes to offer one anew (1 to 4 s)."""

_NEVER: Final = -(1 << 60)


class Line(NamedTuple):
    """What one side reports of its direct connection to one peer, once a second."""

    packets: int
    """RTP received over it so far."""
    alive: bool
    """It is connected, and something came over it lately: RTP, or the answer to its own probe (RFC 7675)."""
    lost_permille: int = 0
    """Of the peer's RTP that was to come through the relay in the last second; 0 on the direct way."""


class AtRelay(NamedTuple):
    """What the relay knows of one side's leg."""

    connected: bool
    quiet_ms: int | None
    """Since its last RTP; None before the first."""


class InRoom(NamedTuple):
    """The device that a side is in the room with."""

    device: str
    epoch: int
    """Rises with every join: its media begins anew then."""


class Peering(NamedTuple):
    """What one side is told of the way to one peer."""

    way: Way
    kbps: int
    """What it may spend on a picture that goes to this peer through the relay."""


DIRECT: Final = Peering("direct", KBPS_FIRST)


class Told(NamedTuple):
    """What a look has come to."""

    moved: tuple[SideId, ...]
    """The pupils whose way to the teacher is another one now."""
    anew: bool
    """Whether any side is to be told anything."""


class _End(msgspec.Struct):
    """One end of a pair, as its own reports have it: it receives."""

    packets: int | None = None
    flowed_at: int = _NEVER
    """When direct media last reached it."""
    heard_at: int = _NEVER
    alive: bool = False
    rate: PictureRate = msgspec.field(default_factory=PictureRate)
    """For what the other end sends it."""

    def shift(self, ms: int) -> None:
        self.flowed_at += ms
        self.heard_at += ms
        self.rate.shift(ms)


class _Side(msgspec.Struct):
    """What is known of one side without regard to a peer."""

    now_in: InRoom | None = None
    last_in: InRoom | None = None
    silent: bool = False
    """Camera and microphone are both switched off."""
    flows: bool = False
    """What it sends reaches the relay; or it sends nothing, and its leg stands."""
    leg_at: int = _NEVER
    """When it last had a leg at all."""


class _Pair:
    """The teacher and one pupil."""

    def __init__(self, teacher: _Side, pupil: _Side) -> None:
        self.sides = (teacher, pupil)
        self.ends = (_End(), _End())
        self.way: Way = "direct"
        self.met_at: int | None = None
        self.flowed = False
        """Direct media has gone both ways since the two first met."""
        self.fit_since: int | None = None
        self.stands_since: int | None = None
        self.uncarried_since: int | None = None
        """What one of the two sends has not reached the relay since then."""
        self.back_at = _NEVER
        """The last way back to direct."""
        self.hold_ms = HOLD_MS
        self._told = self._kbps()

    def report(self, receiver: int, line: Line, now: int) -> None:
        """One end's second."""
        end, sender = self.ends[receiver], self.sides[1 - receiver]
        came = end.packets is not None and line.packets not in (end.packets, 0)
        end.packets = line.packets
        end.heard_at = now
        end.alive = line.alive
        if came or (sender.silent and line.alive):
            end.flowed_at = now
        if self.way == "relay":
            end.rate.lost(line.lost_permille, now)

    def renew(self) -> None:
        """Another device of a side: nothing that was seen of the one before says anything of it."""
        self.way = "direct"
        self.back_at = _NEVER
        self.hold_ms = HOLD_MS
        self.begin()

    def begin(self) -> None:
        """The two negotiate anew, or one is gone: direct media is to be seen again from the first."""
        self.met_at = self.fit_since = self.stands_since = self.uncarried_since = None
        self.flowed = False
        for end in self.ends:
            end.packets, end.flowed_at, end.heard_at, end.alive = None, _NEVER, _NEVER, False

    def look(self, now: int) -> None:
        """Decide."""
        if any(side.now_in is None for side in self.sides):
            if self.met_at is not None:
                self.begin()
            return
        if self.met_at is None:
            self.met_at = now
        self._note(now)
        if self.way == "direct" and self._ceased(now):
            self._to_relay(now)
        elif self.way == "relay" and self._stands(now):
            self.way = "direct"
            self.back_at = now
            self.stands_since = None

    def untold(self) -> bool:
        """Whether a sender's bound has changed since this was last asked; matters on the relay alone."""
        told, self._told = self._told, self._kbps()
        return self.way == "relay" and told != self._told

    def ask(self, now: int) -> bool:
        """A side cannot see or hear: to the relay at once, if that would do any good."""
        if self.way == "relay" or self.met_at is None:
            return False
        self._note(now)
        if self.fit_since is None:
            return False
        self._to_relay(now)
        self.hold_ms = max(self.hold_ms, ASKED_HOLD_MS)
        return True

    def shift(self, ms: int) -> None:
        """The clock jumped forward."""
        for end in self.ends:
            end.shift(ms)
        self.back_at += ms
        self.met_at = None if self.met_at is None else self.met_at + ms
        self.fit_since = None if self.fit_since is None else self.fit_since + ms
        self.stands_since = None if self.stands_since is None else self.stands_since + ms
        self.uncarried_since = None if self.uncarried_since is None else self.uncarried_since + ms

    def _kbps(self) -> tuple[int, ...]:
        return tuple(end.rate.kbps for end in self.ends)

    def _note(self, now: int) -> None:
        """Bring up to date since when what has held."""
        heard = all(now - end.heard_at <= HEARD_MS for end in self.ends)
        carried = all(side.flows for side in self.sides)
        fit = heard and carried
        stands = heard and all(end.alive for end in self.ends)
        self.fit_since = None if not fit else self.fit_since if self.fit_since is not None else now
        self.stands_since = None if not stands else self.stands_since if self.stands_since is not None else now
        self.uncarried_since = None if carried else self.uncarried_since if self.uncarried_since is not None else now
        self.flowed |= all(end.flowed_at > _NEVER // 2 for end in self.ends)

    def _ceased(self, now: int) -> bool:
        """Whether direct media is missing, by no fault of either side's."""
        if self.fit_since is None or self.met_at is None:
            return False
        flow = min(end.flowed_at for end in self.ends)
        if not self.flowed:
            return now - self.met_at >= FIRST_MS and now - self.fit_since >= CEASED_MS
        limit = RETURN_MS if flow < self.back_at else CEASED_MS
        return now - max(flow, self.fit_since, self.back_at, self.met_at) >= limit

    def _to_relay(self, now: int) -> None:
        soon = now - self.back_at < STEADY_MS
        self.hold_ms = min(HOLD_MS_MAX, self.hold_ms * 2) if soon else HOLD_MS
        self.way = "relay"
        self.stands_since = None
        for end in self.ends:
            end.rate.begin(now)

    def _stands(self, now: int) -> bool:
        """Whether media may go back to the direct way."""
        if any(now - side.leg_at >= RELAY_GONE_MS for side in self.sides):
            return self.met_at is not None and now - self.met_at >= RELAY_GONE_MS
        if self.stands_since is None:
            return False
        uncarried = self.uncarried_since is not None and now - self.uncarried_since >= CEASED_MS
        return now - self.stands_since >= (CEASED_MS if uncarried else self.hold_ms)


class Paths:
    """The ways of one lesson. Soft state of its host: after a restart every way is direct again."""

    def __init__(self, pupils: Iterable[SideId]) -> None:
        """Everybody's way is direct.

        Args:
            pupils: The lesson's pupil sides.
        """
        names = tuple(pupils)
        self._sides = {name: _Side() for name in (TEACHER, *names)}
        self._pairs = {name: _Pair(self._sides[TEACHER], self._sides[name]) for name in names}

    def report(self, side: SideId, lines: Mapping[SideId, Line], *, silent: bool, now: int) -> None:
        """One side's second: of the direct connection to each peer. What is not its peer's is passed over."""
        self._sides[side].silent = silent
        for peer, line in lines.items():
            pair = self._between(side, peer)
            if pair is not None:
                pair.report(0 if side == TEACHER else 1, line, now)

    def look(self, present: Mapping[SideId, InRoom], legs: Mapping[SideId, AtRelay], now: int) -> Told:
        """Decide. To be asked once a second.

        Args:
            present: Each side that is in the room.
            legs: What the relay knows of each side; without an entry: no leg, or the relay is not heard from.
            now: Unix ms.

        Returns:
            What is to be told.
        """
        before = {pupil: pair.way for pupil, pair in self._pairs.items()}
        for name, side in self._sides.items():
            self._see(name, side, present.get(name), legs.get(name), now)
        for pair in self._pairs.values():
            pair.look(now)
        moved = tuple(pupil for pupil, pair in self._pairs.items() if pair.way != before[pupil])
        untold = [pair.untold() for pair in self._pairs.values()]
        return Told(moved, bool(moved) or any(untold))

    def ask(self, side: SideId, now: int) -> list[SideId]:
        """A side says that it cannot see or hear; the pupils whose way goes to the relay for it."""
        return [pupil for pupil, pair in self._pairs.items() if side in (TEACHER, pupil) and pair.ask(now)]

    def between(self, side: SideId, peer: SideId) -> Peering:
        """The way between a side and its peer, as the side is told."""
        pair = self._between(side, peer)
        return DIRECT if pair is None else Peering(pair.way, pair.ends[1 if side == TEACHER else 0].rate.kbps)

    def shift(self, ms: int) -> None:
        """The policy clock jumped forward by ``ms``: what was a second ago still was."""
        for side in self._sides.values():
            side.leg_at += ms
        for pair in self._pairs.values():
            pair.shift(ms)

    def _between(self, side: SideId, peer: SideId) -> _Pair | None:
        if (side == TEACHER) == (peer == TEACHER):
            return None
        return self._pairs.get(peer if side == TEACHER else side)

    def _see(self, name: SideId, side: _Side, now_in: InRoom | None, leg: AtRelay | None, now: int) -> None:
        """Who is there of a side, and how its leg stands."""
        last = side.last_in
        if now_in is not None and last is not None and now_in != last:
            for pupil, pair in self._pairs.items():
                if name in (TEACHER, pupil):
                    pair.begin() if now_in.device == last.device else pair.renew()
        side.now_in = now_in
        side.last_in = now_in or last
        if leg is None:
            side.flows = False
            return
        side.leg_at = now
        side.flows = leg.connected and (side.silent or (leg.quiet_ms is not None and leg.quiet_ms <= FLOWS_MS))
