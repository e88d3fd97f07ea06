"""What a leg sends or receives, as its description settled it."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Kind = Literal["audio", "video"]

RELAY_SSRC: Final = 0x4C52_5259
"""The relay's own SSRC in every RTCP packet to a publisher. A constant, so that nothing that publishers are sent
depends on chance that somebody else's coming has used up; a publisher whose stream bears it is refused."""
CNAME: Final = "relay"
"""Canonical name of what the relay sends; towards observers with the side behind it, which ties sound to picture."""
CLOCK_HZ: Final[dict[Kind, int]] = {"audio": 48_000, "video": 90_000}
"""RTP clock of the two codecs that the room allows (Opus, RFC 7587; VP8, RFC 7741)."""


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """One stream that a publisher sends."""

    kind: Kind
    ssrc: int
    payload_type: int


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """All that one publisher's leg sends: at most one sound and one picture."""

    streams: tuple[Stream, ...]

    @property
    def ssrcs(self) -> frozenset[int]:
        """The only SSRCs that may come from this leg: look before unprotecting, else libsrtp keeps state for each."""
        return frozenset(stream.ssrc for stream in self.streams)


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One stream that an observer's leg is sent: a side's sound or picture, under an SSRC of the relay's own."""

    side: str
    kind: Kind
    ssrc: int
    payload_type: int
