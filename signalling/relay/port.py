"""What the relay's users and its parts tell one another: values only."""

from __future__ import annotations

from typing import Literal, NamedTuple

Address = tuple[str, int]
"""An IP address as text and a UDP port: what a candidate names. No host name: nothing here asks a name server."""
Source = tuple[str, int] | tuple[str, int, int, int]
"""Where a datagram came from, as ``recvfrom`` gives it; kept as it is, because the answer goes to the same one."""

RefusedCode = Literal[
    "too_long", "bad_offer", "no_codec", "not_bundled", "too_many_streams", "stale_epoch", "lesson_full", "relay_full",
]  # fmt: skip
"""Why an offer gets no answer.

``too_long``, ``bad_offer``: what `signalling.sdp` and the SDP reader do not take. ``no_codec``: neither Opus nor VP8.
``not_bundled``: it does not put everything on one transport. ``too_many_streams``: more sections or SSRCs than a leg
has. ``stale_epoch``: a newer leg of the same person lives. ``lesson_full``, ``relay_full``: bounds of `relay.Relay`.
"""


class Refused(Exception):
    """An offer that gets no answer; ``code`` is stable and goes to the page."""

    def __init__(self, code: RefusedCode) -> None:
        super().__init__(code)
        self.code: RefusedCode = code


class LegId(NamedTuple):
    """One leg: one person's association with the relay, for one lesson."""

    lesson: str
    who: str
    """A side's id for one who publishes, ``watch-<random>`` for an observer: nothing about the person."""
    epoch: int
    """The person's epoch: a leg of a newer one replaces the older, one of an older epoch is refused."""


class LegView(NamedTuple):
    """The server's own view of one side's media: what reached the relay, authenticated, so that nobody else made it."""

    leg: LegId
    """Which leg was counted: the counts begin at nought with each."""
    connected: bool
    """DTLS is up and has not been closed. Says nothing of whether media flows now: see ``quiet_s``."""
    audio: int
    """RTP packets of sound since the leg began."""
    video: int
    """RTP packets of picture since the leg began."""
    quiet_s: float | None
    """Seconds since this leg's last authentic RTP, at the moment of asking; None before the first."""
    others_quiet_s: float | None
    """Seconds since RTP came on any other leg, of any lesson: the proof that the relay hears at all, without which this
    leg's silence says nothing. None before the first."""
