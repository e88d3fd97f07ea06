"""One published stream: taken in once, forwarded to each who watches it."""

from __future__ import annotations

from signalling.relay.cache import Cache
from signalling.relay.reception import Reception
from signalling.relay.rewrite import Rewrite
from signalling.relay.rtp import Received, starts_keyframe
from signalling.relay.streams import CLOCK_HZ, Stream


class Track:
    """The state of one."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.reception = Reception(CLOCK_HZ[stream.kind])
        self.cache = Cache() if stream.kind == "video" else None
        """Sound has none: browsers do not ask for it again, and it has no keyframes."""
        self.reports: list[tuple[int, int]] = []
        """Wall time (the relay's) and timestamp of the last two sender reports: a browser needs two to know a rate."""
        self._rewrites: tuple[tuple[str, Rewrite], ...] = ()
        """Who watches, and how it is sent to them."""
        self._restarts = 0
        """Of the reception, as far as the rewrites know of them."""

    def attach(self, observer: str, rewrite: Rewrite) -> None:
        """From now on an observer is sent this stream."""
        self._rewrites = (*self._rewrites, (observer, rewrite))

    def detach(self, observer: str) -> None:
        """An observer is gone."""
        self._rewrites = tuple(entry for entry in self._rewrites if entry[0] != observer)

    def lift(self) -> None:
        """What follows, if anything does, belongs to another count."""
        for _, rewrite in self._rewrites:
            rewrite.lift()

    def keep(self, extended: int, came: Received, now: float) -> bool:
        """Cache a packet that the reception has taken; whether it begins a keyframe."""
        if self._restarts != self.reception.restarts:
            self._restarts = self.reception.restarts
            self.reports = []
            self.lift()
        if self.cache is None:
            return False
        keyframe = starts_keyframe(came.body)
        self.cache.put(extended, came, now, keyframe=keyframe)
        return keyframe

    def forward(self, extended: int, came: Received, now: float, *, keyframe: bool) -> list[tuple[str, bytes]]:
        """A packet as each observer is sent it. A picture's begins with a keyframe."""
        out = []
        for observer, rewrite in self._rewrites:
            if not rewrite.anchored:
                if self.cache is not None and not keyframe:
                    continue
                rewrite.anchor(extended, came.timestamp, now)
            packet = rewrite.packet(extended, came, now)
            if packet is not None:
                out.append((observer, packet))
        return out

    def report(self, ntp: int, timestamp: int) -> list[tuple[str, bytes]]:
        """A sender report as each observer is sent it who has been sent packets of this count."""
        return [(observer, rewrite.report(ntp, timestamp)) for observer, rewrite in self._rewrites if rewrite.anchored]

    def prime(self, rewrite: Rewrite, now: float) -> list[bytes]:
        """A newcomer's first packets: how this stream's time lies, then all of the picture since the last keyframe."""
        kept: list[tuple[int, Received]] = []
        if self.cache is not None:
            self.cache.trim(now)
            kept = list(self.cache.from_keyframe())
            if not kept:
                return []
            first, keyframe = kept[0]
            rewrite.anchor(first, keyframe.timestamp, now)
        elif self.reception.highest >= 0:
            rewrite.anchor(self.reception.highest + 1, self.reception.timestamp, now)
        else:
            return []
        pictures = (rewrite.packet(extended, came, now) for extended, came in kept)
        # The reports count the packets, so they are made last; the pictures are shown by them, so they are sent first.
        primed = [packet for packet in pictures if packet is not None]
        return [*(rewrite.report(*moment) for moment in self.reports), *primed]
