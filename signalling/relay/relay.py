"""The media relay of one process: legs of all lessons on one port, and a router a lesson. Sans-I/O.

Theory of operation
===================
Whoever holds the socket gives in what it receives (`Relay.receive`) and sends what `Relay.outgoing` gives back; calls
`Relay.tick` when `Relay.next_tick` says; and passes on offers. Everything takes ``now``, transport time in seconds.

A packet's way: `door` finds the leg by the address, `leg` opens it, `router` says to whom it goes, `door` seals it for
each and queues it. Nothing waits for anything, and what is too much is dropped.

A leg of a newer epoch takes the place of the older one of the same person, and so does a second leg of the same epoch:
a page that tries again means the new one. A publisher's place in the router is held from the answer on, an observer's
from the end of its handshake, because its first packets come at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from signalling.relay import answer
from signalling.relay.door import Door
from signalling.relay.dtls import Certificate
from signalling.relay.due import SLOT_S, Due
from signalling.relay.leg import Fate, Leg, Terms, since
from signalling.relay.offer import Offer, parse_offer
from signalling.relay.port import Address, LegId, LegView, Refused, Source
from signalling.relay.router import OBSERVERS_MAX, PUBLISHERS_MAX, Out, Router
from signalling.relay.rtcp import is_rtcp
from signalling.relay.streams import Kind, Subscription

LEGS_MAX: Final = 2_000
"""Of one process: 100 observed lessons a core are 400 legs. Each takes about 100 kB, a picture's cache beside it."""
LOOK_S: Final = 0.02
"""How often a lesson's router is asked, while packets come, whether it has something to say: a missing packet is asked
for after 20 ms (`reception.REORDER_S`)."""
SENDING_MANY: Final = 10
"""Legs that send, of five lessons: many packets come together even in a shorter wait."""
UFRAG_BYTES: Final = 6
"""48 random bits: far more than RFC 8445 asks, so that two legs hardly ever draw the same."""
PWD_BYTES: Final = 16
"""128 bits, as RFC 8445 asks."""


class _Seat:
    """One leg's place in its lesson."""

    def __init__(self, leg: Leg, subscriptions: tuple[Subscription, ...] | None) -> None:
        self.leg = leg
        self.subscriptions = subscriptions
        """None for one who publishes."""
        self.up = False
        self.talks = subscriptions is not None and len({each.side for each in subscriptions}) == 1
        """Whether it is a side's own, who is sent what one other says: nobody is to wait for that. Observers are sent
        all sides, which are two or more."""


class _Lesson:
    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self.router = Router(entropy)
        self.seats: dict[str, _Seat] = {}
        self.look_at = 0.0


class Relay:
    """All legs of one process."""

    def __init__(
        self, *, certificate: Certificate, addresses: Sequence[Address], entropy: Callable[[int], bytes]
    ) -> None:
        """A relay without legs.

        Args:
            certificate: Its identity towards browsers; the same for all legs.
            addresses: What candidates name, the preferred first: where browsers reach the socket, not what it is bound
                to. At least one.
            entropy: Gives as many random bytes as it is asked for: names, passwords and transaction ids of ICE.
        """
        if not addresses:
            raise ValueError("a relay has at least one address")
        self._certificate = certificate
        self._addresses = tuple(addresses)
        self._entropy = entropy
        self._door = Door()
        self._lessons: dict[str, _Lesson] = {}
        self._due: Due[Leg | str] = Due()
        self._legs = self._talking = self._sending = 0
        self._heard: LegId | None = None
        """Which leg the latest RTP came on."""
        self._heard_at: float | None = None
        self._heard_others_at: float | None = None
        """When RTP last came on another leg than that one."""

    def publish(self, leg: LegId, offer: str, now: float) -> str:
        """Open a leg that sends.

        Returns:
            The SDP answer.

        Raises:
            Refused: with a code of `port.RefusedCode`; nothing has changed then.
        """
        read = parse_offer(offer)
        published = answer.published(read)
        lesson = self._admit(leg, publishes=True)
        new = self._leg(leg, read, {stream.ssrc: stream.kind for stream in published.streams}, now)
        self._replace(leg, now)
        lesson.router.publish(leg.who, published)
        return answer.publisher_answer(read, self._seat(lesson, _Seat(new, None), now))

    def watch(self, leg: LegId, sides: Sequence[str], offer: str, now: float) -> str:
        """Open a leg that receives sound and picture of each side, in the order of the offer's sections.

        Returns:
            The SDP answer; in it a side's two streams belong to a media stream of the side's name.

        Raises:
            Refused: with a code of `port.RefusedCode`; nothing has changed then.
        """
        read = parse_offer(offer)
        subscriptions = answer.subscriptions(read, sides, self._entropy)
        lesson = self._admit(leg, publishes=False)
        new = self._leg(leg, read, {}, now)
        self._replace(leg, now)
        return answer.observer_answer(read, subscriptions, self._seat(lesson, _Seat(new, subscriptions), now))

    def close(self, leg: LegId, now: float) -> None:
        """Close this leg; nothing if it has ended, or a newer one has taken its place."""
        seat = self._find(leg.lesson, leg.who)
        if seat is not None and seat.leg.id == leg:
            self._end(seat, "closed", now)

    def close_lesson(self, lesson: str, now: float) -> None:
        """Close all legs of a lesson: its end, or *halt*."""
        there = self._lessons.get(lesson)
        for seat in list(there.seats.values()) if there is not None else ():
            self._end(seat, "closed", now)

    def view(self, lesson: str, side: str, now: float) -> LegView | None:
        """What the server has seen of a side's media; None while that side has no leg that sends."""
        seat = self._find(lesson, side)
        if seat is None or seat.subscriptions is not None:
            return None
        others_at = self._heard_others_at if seat.leg.id is self._heard else self._heard_at
        return seat.leg.view(now, others_at)

    def quiet_s(self, now: float) -> float | None:
        """Seconds since RTP came on any leg; None before the first. For a side without a leg every leg is another."""
        return since(self._heard_at, now)

    def receive(self, datagram: bytes, source: Source, now: float) -> None:
        """Take in what came to the port. Never raises, whatever it is."""
        for leg, packet in self._door.receive(datagram, source, now):
            lesson = self._lessons.get(leg.id.lesson)
            if lesson is None:  # an arrival before this one ended the leg, and it was the last
                continue
            if not packet:
                seat = lesson.seats.get(leg.id.who)
                if seat is not None and seat.leg is leg:
                    self._moved(lesson, seat, now)
            elif is_rtcp(packet):
                self._send(lesson, lesson.router.rtcp(leg.id.who, packet, now))
            else:
                if leg.id is not self._heard:
                    self._heard, self._heard_others_at = leg.id, self._heard_at
                self._heard_at = now
                self._send(lesson, lesson.router.rtp(leg.id.who, packet, now))
                if now >= lesson.look_at:
                    self._look(leg.id.lesson, lesson, now)

    def outgoing(self) -> list[tuple[bytes, Source]]:
        """Take what is to be sent since the last call, in order."""
        return self._door.outgoing()

    def next_tick(self) -> float | None:
        """When `tick` is to be called next; None while there is nothing to wait for."""
        return self._due.next()

    def tick(self, now: float) -> None:
        """Do what is due: reports and keyframe requests, repeated handshakes, legs that have died."""
        for item in self._due.take(now):
            lesson = self._lessons.get(item if isinstance(item, str) else item.id.lesson)
            if lesson is None:  # ended by what was due a moment before
                continue
            if isinstance(item, str):
                self._look(item, lesson, now)
            else:
                self._door.post(item, *item.tick(now))
                self._door.tidy(item, now)
                self._moved(lesson, lesson.seats[item.id.who], now)

    @property
    def prompt(self) -> bool:
        """Whether packets are to wait less: a side is sent what another says, or many send. No matter who watches."""
        return self._talking > 0 or self._sending >= SENDING_MANY

    def size(self) -> int:
        """Entries of everything that is kept for legs: 0 when there is none. For tests and metrics."""
        seats = sum(len(lesson.seats) for lesson in self._lessons.values())
        return self._door.size() + len(self._due) + len(self._lessons) + seats

    def _admit(self, leg: LegId, *, publishes: bool) -> _Lesson:
        """The lesson that this leg may come into. Raises `Refused`."""
        there = self._lessons.get(leg.lesson)
        seats = there.seats if there is not None else {}
        old = seats.get(leg.who)
        if old is not None and leg.epoch < old.leg.id.epoch:
            raise Refused("stale_epoch")
        if old is None and self._legs >= LEGS_MAX:
            raise Refused("relay_full")
        alike = sum(1 for seat in seats.values() if (seat.subscriptions is None) == publishes and seat is not old)
        if alike >= (PUBLISHERS_MAX if publishes else OBSERVERS_MAX):
            raise Refused("lesson_full")
        return there if there is not None else _Lesson(self._entropy)

    def _leg(self, leg: LegId, offer: Offer, streams: dict[int, Kind], now: float) -> Leg:
        ufrag = self._entropy(UFRAG_BYTES).hex()
        while not self._door.free(ufrag):
            ufrag = self._entropy(UFRAG_BYTES).hex()
        terms = Terms(
            ufrag=ufrag,
            pwd=self._entropy(PWD_BYTES).hex(),
            peer_ufrag=offer.ufrag,
            peer_pwd=offer.pwd,
            fingerprint=offer.fingerprint,
            streams=streams,
        )
        return Leg(leg, terms, self._certificate, self._entropy, now)

    def _replace(self, leg: LegId, now: float) -> None:
        old = self._find(leg.lesson, leg.who)
        if old is not None:
            self._end(old, "replaced", now)

    def _seat(self, lesson: _Lesson, seat: _Seat, now: float) -> answer.Local:
        leg = seat.leg
        self._lessons[leg.id.lesson] = lesson
        lesson.seats[leg.id.who] = seat
        self._legs += 1
        self._talking += seat.talks
        self._sending += seat.subscriptions is None
        self._door.open(leg)
        self._due.put(leg, leg.due(now))
        return answer.Local(
            ufrag=leg.terms.ufrag,
            pwd=leg.terms.pwd,
            fingerprint=self._certificate.fingerprint,
            addresses=self._addresses,
        )

    def _find(self, lesson: str, who: str) -> _Seat | None:
        there = self._lessons.get(lesson)
        return there.seats.get(who) if there is not None else None

    def _moved(self, lesson: _Lesson, seat: _Seat, now: float) -> None:
        """A handshake or time did something to this leg: let it in, or out, and see when it is to be looked at."""
        leg = seat.leg
        if leg.fate:
            self._end(seat, leg.fate, now)
            return
        self._due.put(leg, max(leg.due(now), now + SLOT_S))
        if leg.connected and not seat.up:
            seat.up = True
            if seat.subscriptions is not None:
                self._send(lesson, lesson.router.watch(leg.id.who, seat.subscriptions, now))

    def _end(self, seat: _Seat, fate: Fate, now: float) -> None:
        leg = seat.leg
        lesson = self._lessons[leg.id.lesson]
        self._door.post(leg, *leg.close(fate))
        self._door.close(leg)
        self._due.drop(leg)
        self._legs -= 1
        self._talking -= seat.talks
        self._sending -= seat.subscriptions is None
        del lesson.seats[leg.id.who]
        if seat.subscriptions is None:
            lesson.router.unpublish(leg.id.who)
        else:
            lesson.router.unwatch(leg.id.who)
        if not lesson.seats:
            del self._lessons[leg.id.lesson]
            self._due.drop(leg.id.lesson)

    def _look(self, name: str, lesson: _Lesson, now: float) -> None:
        """Let a router say what it has to, and see when it wants to next."""
        lesson.look_at = now + LOOK_S
        due = lesson.router.next_tick()
        if due is not None and due <= now:
            self._send(lesson, lesson.router.tick(now))
            due = lesson.router.next_tick()
        if due is not None:
            self._due.put(name, max(due, now + SLOT_S))

    def _send(self, lesson: _Lesson, out: Out) -> None:
        for who, packet in out:
            seat = lesson.seats.get(who)
            if seat is not None:
                self._door.send(seat.leg, packet)
