"""Forwarding in one lesson: publishers' RTP to observers, and control to each. Plain packets; transport is `leg`'s.

Theory of operation
===================
| comes in | goes out |
|---|---|
| RTP of a publisher | to each observer of that side, with the relay's own header (`rewrite`); pictures also cached |
| SR of a publisher | to its observers, rewritten; the publisher's next receiver report names it |
| NACK of an observer | the packets, from the cache, to that observer |
| PLI, FIR, REMB, reports of an observer | nothing: the next keyframe is at most 2 s away |
| time | to publishers alone: receiver reports, REMB as a fixed cap, keyframe requests, NACKs for what we miss |

What a publisher is sent depends on what came from that publisher and on the time, on nothing else (`publisher`).
Every bound below is a lesson's; nothing that comes in raises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from signalling.relay import rtcp
from signalling.relay.cache import Cache
from signalling.relay.port import Refused
from signalling.relay.publisher import COMPOUNDS_S_MAX, Budget, Publisher
from signalling.relay.rewrite import Rewrite
from signalling.relay.rtp import parse
from signalling.relay.streams import Published, Subscription
from signalling.relay.track import Track

PUBLISHERS_MAX: Final = 8
"""A lesson's sides: a teacher and seven pupils."""
OBSERVERS_MAX: Final = 24
"""Receiving legs of a lesson: eight people managers (the host lets no more look), and where media goes by the relay
one for each direction of seven pairs: so that nobody in the lesson can tell by a refusal that somebody looks."""
SUBSCRIPTIONS_MAX: Final = 2 * PUBLISHERS_MAX
"""Of one observer: sound and picture of every side."""
RESENDS_S_MAX: Final = 400
"""Packets that one observer is sent again: more than a full picture has, so that a second lost whole can be mended."""

Out = list[tuple[str, bytes]]
"""To whom, and a plain packet: RTP, or RTCP where `rtcp.is_rtcp` says so."""


class Seen(NamedTuple):
    """What has come from one publisher since it was published."""

    audio: int
    video: int
    last_at: float | None
    """When the last packet came that its leg had declared; None before the first."""


class _Observer:
    def __init__(self, rewrites: tuple[Rewrite, ...]) -> None:
        self.by_ssrc = {rewrite.subscription.ssrc: rewrite for rewrite in rewrites}
        self.compounds = Budget(COMPOUNDS_S_MAX)
        self.resends = Budget(RESENDS_S_MAX)


class Router:
    """One lesson's forwarding."""

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        """Begin without anybody.

        Args:
            entropy: ``n`` random bytes: where observers' numbers begin. Nothing that publishers are sent comes from it.
        """
        self._entropy = entropy
        self._publishers: dict[str, Publisher] = {}
        self._observers: dict[str, _Observer] = {}

    def publish(self, who: str, published: Published) -> None:
        """A publisher's leg is negotiated. One that is there is replaced: its observers go on without a new offer.

        Raises:
            Refused: ``lesson_full``.
        """
        if who not in self._publishers and len(self._publishers) >= PUBLISHERS_MAX:
            raise Refused("lesson_full")
        self.unpublish(who)
        self._publishers[who] = publisher = Publisher(published)
        for observer, state in self._observers.items():
            for rewrite in state.by_ssrc.values():
                _attach(publisher, who, observer, rewrite)

    def unpublish(self, who: str) -> None:
        """A publisher's leg is gone; nothing if there is none."""
        publisher = self._publishers.pop(who, None)
        if publisher is not None:
            for track in publisher.tracks.values():
                track.lift()

    def watch(self, who: str, subscriptions: Sequence[Subscription], now: float) -> Out:
        """An observer's leg can carry packets from now on; one that is there is replaced.

        Call it when DTLS is up, not before: what it gives back are the newcomer's first packets, beginning with a
        keyframe's first where the cache holds one. Sides that nobody publishes may be named; they come when they do.

        Returns:
            Sender reports (RTCP), so that lips are in step from the first picture, and the pictures since the last
            keyframe (RTP).

        Raises:
            Refused: ``lesson_full``; ``too_many_streams``.
        """
        if len(subscriptions) > SUBSCRIPTIONS_MAX or len({s.ssrc for s in subscriptions}) != len(subscriptions):
            raise Refused("too_many_streams")
        if who not in self._observers and len(self._observers) >= OBSERVERS_MAX:
            raise Refused("lesson_full")
        self.unwatch(who)
        rewrites = tuple(self._rewrite(subscription) for subscription in subscriptions)
        self._observers[who] = _Observer(rewrites)
        out: Out = []
        for rewrite in rewrites:
            side = rewrite.subscription.side
            publisher = self._publishers.get(side)
            track = None if publisher is None else _attach(publisher, side, who, rewrite)
            if track is not None:
                out += ((who, packet) for packet in track.prime(rewrite, now))
        return out

    def unwatch(self, who: str) -> None:
        """An observer's leg is gone; nothing if there is none."""
        if self._observers.pop(who, None) is not None:
            for publisher in self._publishers.values():
                for track in publisher.tracks.values():
                    track.detach(who)

    def rtp(self, who: str, packet: bytes, now: float) -> Out:
        """A publisher's packet: what goes to its observers. Malformed, undeclared or too many: nothing."""
        publisher = self._publishers.get(who)
        if publisher is None or not publisher.packets.spend(now):
            return []
        track = publisher.tracks.get(int.from_bytes(packet[8:12], "big"))
        came = None if track is None else parse(packet)
        if track is None or came is None or came.payload_type != track.stream.payload_type:
            return []
        extended = track.reception.take(came.sequence, came.timestamp, now)
        if extended < 0:
            return []
        keyframe = track.keep(extended, came, now)
        publisher.came(track, keyframe=keyframe, now=now)
        return track.forward(extended, came, now, keyframe=keyframe)

    def rtcp(self, who: str, packet: bytes, now: float) -> Out:
        """A compound from anybody: a publisher's reports to its observers, or what an observer asks for again (RTP)."""
        publisher = self._publishers.get(who)
        if publisher is not None:
            return self._from_publisher(publisher, packet, now)
        observer = self._observers.get(who)
        return [] if observer is None else self._from_observer(who, observer, packet, now)

    def next_tick(self) -> float | None:
        """When `tick` has something to say. Depends on publishers alone."""
        first = None
        for publisher in self._publishers.values():
            due = publisher.next_tick()
            if due is not None and (first is None or due < first):
                first = due
        return first

    def tick(self, now: float) -> Out:
        """What publishers are sent now (RTCP). Observers' coming, going and asking change nothing in it."""
        return [(who, packet) for who, publisher in self._publishers.items() for packet in publisher.tick(now)]

    def seen(self, who: str) -> Seen | None:
        """The router's own view of a publisher; None if it is not published."""
        publisher = self._publishers.get(who)
        if publisher is None:
            return None
        counts = {"audio": 0, "video": 0}
        for track in publisher.tracks.values():
            counts[track.stream.kind] = track.reception.total
        return Seen(counts["audio"], counts["video"], publisher.last_at)

    def _rewrite(self, subscription: Subscription) -> Rewrite:
        drawn = self._entropy(6)
        return Rewrite(subscription, int.from_bytes(drawn[:2], "big") >> 1, int.from_bytes(drawn[2:], "big"))

    def _from_publisher(self, publisher: Publisher, packet: bytes, now: float) -> Out:
        out: Out = []
        if not publisher.compounds.spend(now):
            return out
        for item in rtcp.read(packet):
            track = publisher.tracks.get(item.ssrc) if isinstance(item, rtcp.SenderReport) else None
            if track is not None and isinstance(item, rtcp.SenderReport):
                moment = publisher.reported(track, item, now)
                out += track.report(*moment)
        return out

    def _from_observer(self, who: str, observer: _Observer, packet: bytes, now: float) -> Out:
        out: Out = []
        if not observer.compounds.spend(now):
            return out
        for item in rtcp.read(packet):
            rewrite = observer.by_ssrc.get(item.media) if isinstance(item, rtcp.Nack) else None
            if rewrite is None or not isinstance(item, rtcp.Nack):
                continue
            cache = self._cache(rewrite.subscription)
            for sequence in dict.fromkeys(item.lost) if cache is not None else ():
                extended = rewrite.asked(sequence)
                kept = None if cache is None or extended < 0 else cache.get(extended)
                if kept is None:
                    continue
                if not observer.resends.spend(now):
                    return out
                again = rewrite.packet(extended, kept, now)
                if again is not None:
                    out.append((who, again))
        return out

    def _cache(self, subscription: Subscription) -> Cache | None:
        publisher = self._publishers.get(subscription.side)
        track = None if publisher is None else publisher.track(subscription.kind)
        return None if track is None else track.cache


def _attach(publisher: Publisher, side: str, observer: str, rewrite: Rewrite) -> Track | None:
    """Let a rewrite follow the publisher's stream that it is of; None where there is no such stream."""
    subscription = rewrite.subscription
    track = publisher.track(subscription.kind) if subscription.side == side else None
    if track is not None:
        track.attach(observer, rewrite)
    return track
