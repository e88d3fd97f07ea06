"""Lessons by the hundred against one server: peers that connect as browsers do, then send what legs send, on time.

One thread that seldom sleeps, on a core of its own: packets leave when they are due (a browser's are not gathered for
anybody either), and whatever comes is read at once.
"""

from __future__ import annotations

import select
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappush, heapreplace
from typing import Protocol

from benchmarks.media_peer import Peer
from benchmarks.media_traffic import CYCLE_S, SOUND_S, STAMP, Film, Kind, Quality, cycle, is_rtcp, receiver_report

CONNECT_S = 60.0
"""For all that have been asked for: more than any server takes, on a machine that does other things."""
REPORT_S = 1.0
"""Between RTCP reports of one leg."""
IDLE_S = 0.0002
"""Slept at most while nothing is due."""
READS_MAX = 16
"""Of one socket in a row."""
RTP_HEADER_BYTES = 12


class Server(Protocol):
    """What the crowd needs of a server under test."""

    def publish(self, lesson: int, side: int, offer: str) -> str:
        """The answer to one who sends."""
        ...

    def watch(self, lesson: int, who: str, sides: list[int], peer: Peer) -> None:
        """Negotiate a leg that receives these sides, by offer or answer as the server has it."""
        ...

    @property
    def receivers_control(self) -> bool:
        """Whether it is the receiver who offers."""
        ...


@dataclass
class Tally:
    """What one stretch saw."""

    sent: int = 0
    expected: int = 0
    """Packets that ought to come back out of the server."""
    came: int = 0
    late_s: float = 0.0
    """The worst delay of our own sending."""
    way_ns: list[int] = field(default_factory=list)
    """From sending to receiving, of the sounds of one in `SAMPLED` receivers."""

    @property
    def p50_us(self) -> float:
        return statistics.median(self.way_ns) / 1_000 if self.way_ns else 0.0


SAMPLED = 8
"""One receiver in so many opens what it gets."""
TOGETHER = 20
"""Lessons that connect at once."""
BEHIND_S_MAX = 0.25
"""A load that is later than this is put off and not made up for: on a busy machine it would only fall behind, and no
leg would connect meanwhile."""
TURNS_MAX = 8
"""Things done in a row before sockets are looked at."""


class _Leg:
    def __init__(self, peer: Peer, film: Film | None, sampled: bool) -> None:
        self.peer, self.film, self.sampled = peer, film, sampled
        self.receivers = 0


class Crowd:
    """All peers of a run."""

    def __init__(self, server: Server, address: str, quality: Quality) -> None:
        self._server, self._address = server, address
        self._packets = cycle(quality)
        self.packets_lesson_s = 2 * len(self._packets) / CYCLE_S
        self._poll = select.epoll()
        self._legs: dict[int, _Leg] = {}
        self._due: list[tuple[float, int, Callable[[float], float]]] = []
        """When, a number that tells equal times apart, and what: it says when it is due again."""
        self._ssrc = 1_000
        self._senders: dict[tuple[int, int], _Leg] = {}
        self._receivers = 0
        self.tally = Tally()
        self.lessons = 0

    # Coming in

    def open_lesson(self) -> int:
        """Two sides that send."""
        lesson = self.lessons
        self.lessons += 1
        for side in (0, 1):
            self._ssrc += 2
            ssrcs: dict[Kind, int] = {"audio": self._ssrc, "video": self._ssrc + 1}
            peer = Peer(self._address, ssrcs, controls=True)
            peer.take(self._server.publish(lesson, side, peer.offer()))
            # Sides begin anywhere in the cycle, as people do.
            begins = time.monotonic() + (self._ssrc * 0.618_034) % 1.0
            leg = _Leg(peer, Film(self._packets, ssrcs, begins), sampled=False)
            self._senders[lesson, side] = leg
            self._connect(leg)
            self._later(begins, lambda now, leg=leg: self._send(leg, now))
            self._later(begins, lambda now, leg=leg: self._report(leg, now))
        return lesson

    def watch(self, lesson: int, who: str, sides: list[int]) -> None:
        """One more leg that receives these sides of a lesson."""
        peer = Peer(self._address, {}, controls=self._server.receivers_control)
        self._server.watch(lesson, who, sides, peer)
        leg = _Leg(peer, None, sampled=self._receivers % SAMPLED == 0)
        self._receivers += 1
        self._connect(leg)
        for side in sides:
            self._senders[lesson, side].receivers += 1
        self._later(time.monotonic() + REPORT_S, lambda now: self._report(leg, now))

    def _connect(self, leg: _Leg) -> None:
        peer = leg.peer
        self._legs[peer.socket.fileno()] = leg
        self._poll.register(peer.socket.fileno(), select.EPOLLIN)
        self._later(time.monotonic(), lambda now: self._tick(leg, now))

    def settle(self) -> None:
        """Until all are connected.

        Raises:
            TimeoutError: after `CONNECT_S`.
        """
        ends = time.monotonic() + CONNECT_S
        while not all(leg.peer.connected for leg in self._legs.values()):
            if time.monotonic() > ends:
                raise TimeoutError("a leg did not connect: is the machine too busy for this load?")
            self.run(0.05)

    def settle_some(self, number: int) -> None:
        """Now and then while many come, so that none waits for the others longer than servers wait for it."""
        if number % TOGETHER == TOGETHER - 1:
            self.settle()

    # The loop

    def run(self, seconds: float) -> None:
        """Hold the lessons for so long."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self._turn()

    def close(self) -> None:
        for leg in self._legs.values():
            leg.peer.close()
        self._poll.close()

    def _later(self, at: float, what: Callable[[float], float]) -> None:
        heappush(self._due, (at, id(what), what))

    def _turn(self) -> None:
        due = self._due
        now = time.monotonic()
        at = due[0][0]
        for _ in range(TURNS_MAX):
            if due[0][0] > now:
                break
            _, number, what = due[0]
            heapreplace(due, (what(now), number, what))
        events = self._poll.poll(0)
        for fd, _ in events:
            self._read(self._legs[fd])
        if not events and at > now:
            time.sleep(min(IDLE_S, at - now))

    def _read(self, leg: _Leg) -> None:
        peer = leg.peer
        receive = peer.socket.recv
        for _ in range(READS_MAX):
            try:
                datagram = receive(2_048)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if datagram[0] >= 128 and not is_rtcp(datagram):
                self.tally.came += 1
                if leg.sampled:
                    self._open(peer, datagram)
            else:
                peer.receive(datagram)

    def _open(self, peer: Peer, datagram: bytes) -> None:
        """Whether it is what was sent, and how long its way was."""
        if peer.inbound is None:
            return
        plain = peer.inbound.unprotect(datagram)
        if len(plain) < 400:
            start = RTP_HEADER_BYTES
            if plain[0] & 0x10:
                start += 4 + 4 * int.from_bytes(plain[14:16], "big")
            self.tally.way_ns.append(time.monotonic_ns() - STAMP.unpack_from(plain, start)[0])

    def _send(self, leg: _Leg, now: float) -> float:
        film, peer = leg.film, leg.peer
        assert film is not None
        if peer.outbound is None:  # as a page whose leg is not up yet: what it would have sent is never sent
            return max(film.due, now + SOUND_S)
        late = now - film.due
        if late > self.tally.late_s:
            self.tally.late_s = late
        if late > BEHIND_S_MAX:
            film.put_off(late)
        peer.send(peer.outbound.protect(film.take(time.monotonic_ns())))
        self.tally.sent += 1
        self.tally.expected += leg.receivers
        return film.due

    def _report(self, leg: _Leg, now: float) -> float:
        peer = leg.peer
        if peer.outbound is not None:
            reports = leg.film.reports(time.time()) if leg.film is not None else [receiver_report(1)]
            for report in reports:
                peer.send(peer.outbound.protect_rtcp(report))
        return now + REPORT_S

    def _tick(self, leg: _Leg, now: float) -> float:
        leg.peer.tick(now)
        return leg.peer.try_at
