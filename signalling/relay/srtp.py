"""One leg's SRTP (RFC 3711): what the browser sends is opened, what the relay sends is sealed. Never raises.

libsrtp keeps a context for each SSRC of every packet that it opens, and searches them one after the other: 30,000
random ones made a packet five times as dear, for as long as the leg lived. So the SSRC, which stands in clear, is
looked at first: for RTP only what the offer announced, for RTCP that and the first few that authenticated packets
bring.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pylibsrtp
from pylibsrtp import Policy, Session

from signalling.relay.dtls import Keys
from signalling.relay.rtcp import is_rtcp

RTCP_SSRCS_MAX: Final = 24
"""That one leg's reports may come under: one a receiver, and an observer's leg has 16; browsers take 1 to 3."""
PACKET_BYTES_MAX: Final = 1_356
"""What pylibsrtp's buffer takes to seal, for it adds up to 144 bytes. Browsers send RTP of at most 1,200."""
SEALED_BYTES_MAX: Final = 1_500
"""What it takes to open: no datagram that Ethernet carries in one piece is longer."""
RTP_BYTES_MIN: Final = 12
RTCP_BYTES_MIN: Final = 8
WINDOW: Final = 1_024
"""Packets that may come late or be repeated: as many as are kept for repeating (some 4 s of picture)."""


class Srtp:
    """Both directions of one leg."""

    def __init__(self, keys: Keys, announced: Collection[int]) -> None:
        """Begin with fresh keys.

        Args:
            keys: From the handshake.
            announced: The SSRCs that the offer says will be sent; none for an observer.
        """
        self.announced = frozenset(ssrc.to_bytes(4, "big") for ssrc in announced)
        self.reporters = set(self.announced)
        """Whose RTCP is opened; grows to the announced and `RTCP_SSRCS_MAX` others."""
        self._reporters_max = len(self.announced) + RTCP_SSRCS_MAX
        self._inbound = _session(keys, keys.inbound, Policy.SSRC_ANY_INBOUND)
        self._outbound = _session(keys, keys.outbound, Policy.SSRC_ANY_OUTBOUND)

    def open_rtp(self, sealed: bytes) -> bytes | None:
        """A plain RTP packet; None if its SSRC was not announced, it is not authentic, or it came before."""
        if sealed[8:12] not in self.announced or not RTP_BYTES_MIN <= len(sealed) <= SEALED_BYTES_MAX:
            return None
        try:
            return self._inbound.unprotect(sealed)
        except pylibsrtp.Error:
            return None

    def open_rtcp(self, sealed: bytes) -> bytes | None:
        """A plain RTCP compound; None as for RTP."""
        if not RTCP_BYTES_MIN <= len(sealed) <= SEALED_BYTES_MAX:
            return None
        reporter = sealed[4:8]
        if reporter not in self.reporters and len(self.reporters) >= self._reporters_max:
            return None
        try:
            plain = self._inbound.unprotect_rtcp(sealed)
        except pylibsrtp.Error:
            return None
        self.reporters.add(reporter)
        return plain

    def seal(self, packet: bytes) -> bytes | None:
        """Protect a plain RTP or RTCP packet; None if it is too long or too old.

        A repeated RTP packet has to be the same byte for byte: under one number a second text would give away the key
        stream, and with GCM the authentication.
        """
        if not RTCP_BYTES_MIN <= len(packet) <= PACKET_BYTES_MAX:
            return None
        try:
            return self._outbound.protect_rtcp(packet) if is_rtcp(packet) else self._outbound.protect(packet)
        except pylibsrtp.Error:
            return None


def _session(keys: Keys, key: bytes, ssrc_type: int) -> Session:
    policy = Policy(key=key, ssrc_type=ssrc_type, srtp_profile=keys.profile.policy)
    policy.allow_repeat_tx = True
    policy.window_size = WINDOW
    return Session(policy)
