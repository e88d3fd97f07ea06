"""Join tickets: what a signed-in session gets over HTTPS, and the first frame of a socket brings. Single use, 30 s.

A ticket is signed and carries its `Admission`, so nothing is kept for one that is never used. It lives by a monotonic
clock, not the policy clock: a jump of that one expires no ticket. It is redeemed by the process that issued it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Final

import msgspec

from server.frames import TICKET_CHARS_MAX
from server.seat import Admission

TICKET_S: Final = 30.0
"""To live. The page opens its socket at once; a slow phone needs some seconds."""
USED_MAX: Final = 100_000
"""Used tickets remembered until they expire: above 30 s of 2,000 joins a second, which a node can take."""
SECRET_BYTES_MIN: Final = 32
"""As long as the digest: less would be the weakest part."""
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")
_PADDING: Final = (b"", b"===", b"==", b"=")
"""By how many letters are over after the last whole four."""
_ID_BYTES: Final = 16
_MAC_BYTES: Final = 32
_PURPOSE: Final = b"lesson room: join ticket"
"""Keeps the key apart from whatever else the secret signs."""


class _Body(msgspec.Struct, frozen=True, array_like=True):
    """What is signed."""

    id: bytes
    expires: float
    """Monotonic seconds."""
    admission: Admission


class Tickets:
    """Issues and redeems them. One thread."""

    def __init__(
        self, secret: bytes, monotonic: Callable[[], float], entropy: Callable[[int], bytes], life_s: float = TICKET_S
    ) -> None:
        if len(secret) < SECRET_BYTES_MIN:
            raise ValueError(f"a secret of {len(secret)} bytes is too short: at least {SECRET_BYTES_MIN}")
        # With something of this process alone: its memory of used tickets dies with it, so its tickets do too.
        key = hmac.digest(secret, _PURPOSE + entropy(_ID_BYTES), hashlib.sha256)
        self._keyed = hmac.new(key, digestmod=hashlib.sha256)
        self._monotonic = monotonic
        self._entropy = entropy
        self._life_s = life_s
        self._used: dict[bytes, float] = {}
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(_Body)

    def issue(self, admission: Admission) -> str:
        """A ticket for one join.

        Raises:
            ValueError: the admission is too long for a frame: names are to be bounded where accounts are made.
        """
        expires = self._monotonic() + self._life_s
        body = self._encoder.encode(_Body(self._entropy(_ID_BYTES), expires, admission))
        ticket = base64.urlsafe_b64encode(self._mac(body) + body).decode().rstrip("=")
        if len(ticket) > TICKET_CHARS_MAX:
            raise ValueError(f"a ticket of {len(ticket)} characters does not fit a frame: at most {TICKET_CHARS_MAX}")
        return ticket

    def redeem(self, ticket: str) -> Admission | None:
        """What the ticket says; None if it is not ours, has expired or was used. Raises nothing, whatever the text."""
        signed = _unpadded(ticket)
        if signed is None or not hmac.compare_digest(signed[:_MAC_BYTES], self._mac(signed[_MAC_BYTES:])):
            return None
        body = self._decoder.decode(signed[_MAC_BYTES:])
        now = self._monotonic()
        self._forget(now)
        if body.expires <= now or body.id in self._used or len(self._used) >= USED_MAX:
            return None
        self._used[body.id] = body.expires
        return body.admission

    def _mac(self, body: bytes) -> bytes:
        """By a copy: `hmac.digest` lets go of the interpreter's lock, which a busy writer takes, 25 µs of each join."""
        mac = self._keyed.copy()
        mac.update(body)
        return mac.digest()

    def _forget(self, now: float) -> None:
        """Drop expired ones from the oldest use on; one that is left behind a living one goes within a life more."""
        while self._used:
            first = next(iter(self._used))
            if self._used[first] > now:
                return
            del self._used[first]


def _unpadded(ticket: str) -> bytes | None:
    # What base64 itself takes beside the letters of a URL: of a ticket there is one spelling.
    if len(ticket) > TICKET_CHARS_MAX or "+" in ticket or "/" in ticket or "=" in ticket:
        return None
    try:
        signed = ticket.encode("ascii").translate(_FROM_URL) + _PADDING[len(ticket) % 4]
        return binascii.a2b_base64(signed, strict_mode=True)
    except ValueError:
        return None
