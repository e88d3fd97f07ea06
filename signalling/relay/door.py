"""The relay's one UDP port: whose a datagram is, and what goes out. Sans-I/O.

Theory of operation
===================
A datagram's first byte says what it is (RFC 7983). Whose it is:

| what | found by |
|---|---|
| a check (STUN request) | the user name's fragment, which we gave to one leg; then its signature |
| an answer to our own check | the transaction id that we sent; then its signature, and the address that we sent it to |
| DTLS, SRTP | the address, if it has proven itself for a leg (`paths`) |

An address belongs to the leg that it has proven itself for, until that leg ends or gives it up: a check that names
another leg from there is dropped, so that nobody can take somebody's address over by inventing it as their source.
Before the proof nothing is read from it, and it belongs to nobody: several may claim it, and the proof decides.

No timer is kept for any datagram, and nothing for one that is not somebody's. Each map has one entry for each address
or question of a leg, and a leg that ends takes out its own.
"""

from __future__ import annotations

from typing import Final

from signalling.relay import stun
from signalling.relay.leg import Leg
from signalling.relay.port import Source
from signalling.relay.srtp import SEALED_BYTES_MAX

QUEUED_BYTES_MAX: Final = 16 * 1_048_576
"""Waiting to be sent, in all: what a socket is given at once. Above it packets are dropped, as any router would."""
LEG_QUEUED_BYTES_MAX: Final = 2_621_440
"""Of one leg: what a newcomer can be primed with at most, two sides' full caches (`cache.BYTES_MAX`), and a little."""

Arrival = tuple[Leg, bytes]
"""A leg, and the plain RTP or RTCP packet that came on it; b"" when its handshake did something: see how it stands."""


class Door:
    """Finds each datagram's leg, and queues what goes out."""

    def __init__(self) -> None:
        self._by_ufrag: dict[str, Leg] = {}
        self._by_address: dict[Source, Leg] = {}
        self._claims: dict[Source, Leg] = {}
        self._questions: dict[bytes, Leg] = {}
        self._question_of: dict[tuple[Leg, Source], bytes] = {}
        self._out: list[tuple[bytes, Source]] = []
        self._queued = 0
        self._round = 0

    def open(self, leg: Leg) -> None:
        """From now on its checks are answered. The leg's user name fragment must not be another's: see `free`."""
        self._by_ufrag[leg.terms.ufrag] = leg

    def free(self, ufrag: str) -> bool:
        """Whether no leg has this user name fragment."""
        return ufrag not in self._by_ufrag

    def close(self, leg: Leg) -> None:
        """Take out a leg and all that leads to it."""
        self._by_ufrag.pop(leg.terms.ufrag, None)
        for source in leg.paths:
            self._give_up(leg, source)

    def size(self) -> int:
        """Entries of all maps: what legs leave behind is counted here, by tests."""
        maps = (self._by_ufrag, self._by_address, self._claims, self._questions, self._question_of)
        return sum(len(each) for each in maps)

    def receive(self, datagram: bytes, source: Source, now: float) -> list[Arrival]:
        """Take a datagram in, and queue the answers that it causes. Never raises, whatever it is."""
        size = len(datagram)
        if size < 2 or size > SEALED_BYTES_MAX:
            return []
        first = datagram[0]
        if 128 <= first <= 191:
            leg = self._by_address.get(source)
            packet = leg.packet(datagram, now) if leg is not None else None
            return [(leg, packet)] if leg is not None and packet is not None else []
        if first < 4:
            return self._stun(datagram, source, now)
        if 20 <= first <= 63:
            return self._dtls(datagram, source, now)
        return []

    def send(self, leg: Leg, packet: bytes) -> None:
        """Seal and queue a plain packet; dropped for a leg that is not connected, or has too much queued."""
        to = leg.paths.current
        if leg.srtp is None or to is None or not self._room(leg, len(packet)):
            return
        sealed = leg.srtp.seal(packet)
        if sealed is not None:
            self._put(leg, sealed, to)

    def post(self, leg: Leg, datagrams: list[bytes], to: Source | None) -> None:
        """Queue a leg's own datagrams (STUN, DTLS) as they are."""
        if to is not None:
            for datagram in datagrams:
                if self._room(leg, len(datagram)):
                    self._put(leg, datagram, to)

    def outgoing(self) -> list[tuple[bytes, Source]]:
        """Take what is to be sent, in order."""
        out, self._out = self._out, []
        self._queued = 0
        self._round += 1
        return out

    def tidy(self, leg: Leg, now: float) -> None:
        """Give up the addresses that a leg was not heard from for long."""
        for source in leg.paths.stale(now):
            self._give_up(leg, source)

    def _stun(self, datagram: bytes, source: Source, now: float) -> list[Arrival]:
        sealed = stun.read(datagram)
        if sealed is None:
            return []
        if sealed.kind is not stun.Kind.REQUEST:
            return self._answer(sealed, source, now)
        ufrag, _, peer = sealed.username.partition(":")
        leg = self._by_ufrag.get(ufrag)
        if leg is None or peer != leg.terms.peer_ufrag or self._by_address.get(source, leg) is not leg:
            return []
        request = sealed.opened(leg.terms.pwd.encode())
        if request is None:
            return []
        answers, lost = leg.check(request, source, now)
        if lost is not None:
            self._unmap(leg, lost)
        if source not in self._by_address and not request.controlled and answers:
            self._claims[source] = leg
        self._remember(leg, source)
        self.post(leg, answers, source)
        return []

    def _answer(self, sealed: stun.Sealed, source: Source, now: float) -> list[Arrival]:
        """To a question of ours: the proof of an address, if it is one."""
        leg = self._questions.get(sealed.transaction)
        if leg is None or sealed.kind is not stun.Kind.SUCCESS or not leg.paths.asked(source, sealed.transaction, now):
            return []
        if sealed.opened(leg.terms.peer_pwd.encode()) is None or self._by_address.get(source, leg) is not leg:
            return []
        leg.paths.answered(source)
        self._remember(leg, source)
        self._by_address[source] = leg
        self._claims.pop(source, None)
        arrivals: list[Arrival] = []
        for datagram in leg.held():
            arrivals += self._dtls(datagram, source, now)
        return arrivals

    def _dtls(self, datagram: bytes, source: Source, now: float) -> list[Arrival]:
        leg = self._by_address.get(source)
        if leg is None:
            claimed = self._claims.get(source)
            if claimed is not None:  # the question or its answer was lost, or came late: ask again
                claimed.hold(datagram)
                self.post(claimed, claimed.question(source, now), source)
                self._remember(claimed, source)
            return []
        self.post(leg, leg.handshake(datagram, source, now), source)
        return [(leg, b"")]

    def _remember(self, leg: Leg, source: Source) -> None:
        """Keep in step with what the leg's address is being asked now."""
        was, now = self._question_of.get((leg, source), b""), leg.paths.open_question(source)
        if was != now:
            self._questions.pop(was, None)
            if now:
                self._questions[now] = leg
                self._question_of[leg, source] = now
            else:
                self._question_of.pop((leg, source), None)

    def _give_up(self, leg: Leg, source: Source) -> None:
        leg.paths.forget(source)
        self._unmap(leg, source)

    def _unmap(self, leg: Leg, source: Source) -> None:
        for owners in (self._by_address, self._claims):
            if owners.get(source) is leg:
                del owners[source]
        self._remember(leg, source)

    def _room(self, leg: Leg, more: int) -> bool:
        if leg.queue != self._round:
            leg.queued, leg.queue = 0, self._round
        return leg.queued + more <= LEG_QUEUED_BYTES_MAX and self._queued + more <= QUEUED_BYTES_MAX

    def _put(self, leg: Leg, datagram: bytes, to: Source) -> None:
        leg.queued += len(datagram)
        self._queued += len(datagram)
        self._out.append((datagram, to))
