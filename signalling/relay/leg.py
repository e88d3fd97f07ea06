"""One browser's association with the relay: ICE-lite (RFC 8445 section 2.5), DTLS, SRTP, and what ends it. Sans-I/O.

The life of a leg: *opened* by an offer; the browser's authenticated checks bring addresses (`paths`); from a proven
one comes the DTLS handshake (`dtls`), which is answered to where it came from; with its keys the leg is *connected*,
and RTP goes both ways (`srtp`). It ends for one of the reasons in `Fate`, and then nothing of it is left in
`door.Door`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from signalling.relay import stun
from signalling.relay.dtls import Certificate, Dtls
from signalling.relay.paths import Paths
from signalling.relay.port import LegId, LegView, Source
from signalling.relay.rtcp import is_rtcp
from signalling.relay.srtp import Srtp
from signalling.relay.streams import Kind

CONNECT_S: Final = 10.0
"""From the offer to a completed handshake. Browsers take under 2 s on a line that loses a fifth; the page then tries
again with a new leg."""
CONSENT_S: Final = 30.0
"""Without an authenticated check from the browser, which checks every 2.5 s (RFC 7675 section 5.1)."""
MEDIA_S: Final = 30.0
"""Without an authentic packet from one who publishes. A muted microphone and a covered camera still send."""
HELD_MAX: Final = 4
"""DTLS datagrams kept from an address that is about to prove itself: a ClientHello in up to four pieces."""
PACKET_WINDOW_S: Final = 0.1
PACKETS_A_WINDOW_MAX: Final = 400
"""Authentic packets a leg in `PACKET_WINDOW_S`. Full quality is 30 of picture and sound, and 200 in a burst with a
keyframe; more is a flood, which is dropped unopened."""
CHECKS_A_WINDOW_MAX: Final = 40
"""Authentic checks a leg in `PACKET_WINDOW_S`. Browsers send one in 20 to 50 ms for each pair, at most 8 pairs."""

Fate = Literal[
    "", "never_connected", "no_consent", "no_media", "bye", "dtls_failed", "wrong_certificate", "no_srtp", "replaced",
    "closed",
]  # fmt: skip
"""Why a leg ended. ``bye``: the browser's close_notify. ``replaced``: a newer leg of the same person. ``closed``: the
lesson's doing. The DTLS ones are those of `dtls.Dtls`."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the offer and its answer have settled for a leg."""

    ufrag: str
    pwd: str
    """Ours; the browser's checks are signed with this one."""
    peer_ufrag: str
    peer_pwd: str
    """The browser's; what it answers to us is signed with this one."""
    fingerprint: str
    """Of the browser's certificate."""
    streams: Mapping[int, Kind]
    """What is announced to be sent, by SSRC; empty for an observer."""


def since(at: float | None, now: float) -> float | None:
    """Seconds from ``at`` to ``now``, never below 0; None where there was nothing."""
    return None if at is None else max(0.0, now - at)


class Leg:
    """The state of one. Its methods take what `door.Door` has found to be for it, and say what to send."""

    def __init__(
        self, leg: LegId, terms: Terms, certificate: Certificate, entropy: Callable[[int], bytes], now: float
    ) -> None:
        """A leg whose answer is on its way."""
        self.id = leg
        self.terms = terms
        self.paths = Paths(entropy)
        self.srtp: Srtp | None = None
        """None until the handshake is done."""
        self.fate: Fate = ""
        self.audio = self.video = 0
        """Authentic RTP packets received."""
        self.last_rtp_at: float | None = None
        self.queued, self.queue = 0, -1
        """Bytes that wait to be sent, and in which of `door.Door`'s rounds: its own bookkeeping."""
        self._certificate = certificate
        self._tiebreaker = entropy(8)
        self._dtls: Dtls | None = None
        self._held: list[bytes] = []
        self._opened_at = self._heard_at = self._media_at = now
        self._videos = {ssrc.to_bytes(4, "big") for ssrc, kind in terms.streams.items() if kind == "video"}
        self._window_ends = now
        self._packets = self._checks = 0

    @property
    def connected(self) -> bool:
        """Whether RTP can go both ways."""
        return self.srtp is not None and not self.fate

    def view(self, now: float, others_at: float | None) -> LegView:
        """What the server has seen of it; ``others_at``: when RTP last came on another leg."""
        quiet, others = since(self.last_rtp_at, now), since(others_at, now)
        return LegView(self.id, self.connected, self.audio, self.video, quiet, others)

    # ICE

    def check(self, request: stun.Message, source: Source, now: float) -> tuple[list[bytes], Source | None]:
        """An authentic check. What goes back to its source, and an address that was given up for it.

        Our question goes before the answer, so that the browser has answered it before it begins its handshake.
        """
        self._roll(now)
        self._checks += 1
        if self._checks > CHECKS_A_WINDOW_MAX:
            return [], None
        key = self.terms.pwd.encode()
        if request.controlled:
            return [stun.role_conflict(request.transaction, key)], None
        self._heard_at = now
        lost = self.paths.heard(source, request.nominated, now)
        return [*self.question(source, now), stun.success(request.transaction, source, key)], lost

    def question(self, source: Source, now: float) -> list[bytes]:
        """Our own check, if there is something to ask that address (`paths`)."""
        transaction = self.paths.question(source, now)
        if transaction is None:
            return []
        name = f"{self.terms.peer_ufrag}:{self.terms.ufrag}"
        return [stun.request(transaction, name, self.terms.peer_pwd.encode(), self._tiebreaker)]

    # DTLS

    def hold(self, datagram: bytes) -> None:
        """A handshake's datagram came a little before the proof of its address."""
        if self._dtls is None and len(self._held) < HELD_MAX:
            self._held.append(datagram)

    def held(self) -> list[bytes]:
        """Take what was held."""
        held, self._held = self._held, []
        return held

    def handshake(self, datagram: bytes, source: Source, now: float) -> list[bytes]:
        """A DTLS datagram from a proven address; what goes back to it."""
        self._roll(now)
        if self._packets >= PACKETS_A_WINDOW_MAX:
            return []
        self._packets += 1
        if self._dtls is None:
            self._dtls = Dtls(self._certificate, self.terms.fingerprint)
        out = self._dtls.receive(datagram)
        if self._dtls.closed:
            self.fate = self._dtls.closed
        elif self.srtp is None and self._dtls.keys is not None:
            self.srtp = Srtp(self._dtls.keys, self.terms.streams)
            self.paths.use(source)
            self._media_at = now
        self._dtls_to = source
        return out

    # SRTP

    def packet(self, sealed: bytes, now: float) -> bytes | None:
        """A plain packet of RTP or RTCP out of a datagram of at least two bytes; None if it is not to be read."""
        if self.srtp is None:
            return None
        if now >= self._window_ends:
            self._roll(now)
        if self._packets >= PACKETS_A_WINDOW_MAX:
            return None
        if is_rtcp(sealed):
            plain = self.srtp.open_rtcp(sealed)
        else:
            plain = self.srtp.open_rtp(sealed)
            if plain is not None:
                self.last_rtp_at = now
                if plain[8:12] in self._videos:
                    self.video += 1
                else:
                    self.audio += 1
        if plain is not None:
            self._packets += 1
            self._media_at = now
        return plain

    # Time, and the end

    def tick(self, now: float) -> tuple[list[bytes], Source | None]:
        """See whether it has died, and repeat a flight; what goes where."""
        self.fate = self.fate or self._dead(now)
        if self.fate or self._dtls is None:
            return [], None
        out = self._dtls.tick()
        self.fate = self._dtls.closed
        return out, self._dtls_to

    def due(self, now: float) -> float:
        """When `tick` has something to do next."""
        if self.srtp is None:
            wait = self._dtls.wait_s() if self._dtls is not None else None
            end = self._opened_at + CONNECT_S
            return end if wait is None else min(end, now + wait)
        ends = self._heard_at + CONSENT_S
        return min(ends, self._media_at + MEDIA_S) if self.terms.streams else ends

    def close(self, fate: Fate) -> tuple[list[bytes], Source | None]:
        """End it. The goodbye, and where it goes; none if there was no handshake, or the browser said its own."""
        self.fate = self.fate or fate
        out = self._dtls.close() if self._dtls is not None else []
        self._dtls, self.srtp, self._held = None, None, []
        return out, self.paths.current

    def _dead(self, now: float) -> Fate:
        if self.srtp is None:
            return "never_connected" if now >= self._opened_at + CONNECT_S else ""
        if now >= self._heard_at + CONSENT_S:
            return "no_consent"
        return "no_media" if self.terms.streams and now >= self._media_at + MEDIA_S else ""

    def _roll(self, now: float) -> None:
        if now >= self._window_ends:
            self._window_ends = now + PACKET_WINDOW_S
            self._packets = self._checks = 0
