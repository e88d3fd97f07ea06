"""ICE servers, and TURN credentials that live for minutes (coturn's ``use-auth-secret``; TURN REST API).

The credential is a shared-secret HMAC, so that the TURN server needs no database: username ``EXPIRY_UNIX:USER``,
password base64(HMAC-SHA1(secret, username)). The server checks the expiry when an allocation is made or refreshed.
"""

from __future__ import annotations

import base64
import hmac
from typing import Final

import msgspec

CREDENTIAL_S: Final = 900
"""A credential's life. Long enough to join and to restart ICE a few times; a resume brings new ones."""
URLS_MAX: Final = 8
"""Browsers warn from five servers on, and gather more slowly with each."""
_SCHEMES: Final = ("stun:", "stuns:", "turn:", "turns:")


class IceServer(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a peer connection's ``iceServers``."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


class IceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As configured. Without TURN, two networks that let only ordinary web traffic out do not reach each other."""

    stun_urls: tuple[str, ...] = ()
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = ""
    """coturn's ``static-auth-secret``; never leaves the server."""
    credential_s: int = CREDENTIAL_S

    def __post_init__(self) -> None:
        """Raises ValueError, naming the setting, for what no browser would take."""
        for url in (*self.stun_urls, *self.turn_urls):
            if not url.startswith(_SCHEMES):
                raise ValueError(f"ICE server: {url!r} does not start with one of {', '.join(_SCHEMES)}")
        if len(self.stun_urls) + len(self.turn_urls) > URLS_MAX:
            raise ValueError(f"ICE servers: more than {URLS_MAX} addresses")
        if self.turn_urls and not self.turn_secret:
            raise ValueError("turn_secret is needed where turn_urls are given")
        if self.credential_s <= 0:
            raise ValueError(f"credential_s is not above 0: {self.credential_s}")

    def __repr__(self) -> str:
        """Without the secret: settings get printed."""
        return f"IceConfig(stun_urls={self.stun_urls}, turn_urls={self.turn_urls})"

    def servers(self, user: str, now_ms: int) -> tuple[IceServer, ...]:
        """What one person's browser is given.

        Args:
            user: Any name for the person that tells the TURN server's log nothing: not their name or mail.
            now_ms: Real time, Unix ms: the TURN server compares the expiry with its own clock.
        """
        servers: list[IceServer] = []
        if self.stun_urls:
            servers.append(IceServer(urls=self.stun_urls))
        if self.turn_urls:
            username = f"{now_ms // 1_000 + self.credential_s}:{user}"
            credential = turn_password(self.turn_secret, username)
            servers.append(IceServer(urls=self.turn_urls, username=username, credential=credential))
        return tuple(servers)


def turn_password(secret: str, username: str) -> str:
    """base64(HMAC-SHA1(secret, username)): SHA-1 because coturn's default says so; as an HMAC it is sound."""
    return base64.b64encode(hmac.digest(secret.encode(), username.encode(), "sha1")).decode()
