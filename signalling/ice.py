"""ICE servers, and TURN credentials that live for minutes (coturn's ``use-auth-secret``; TURN REST API).

The credential is a shared-secret HMAC, so that the TURN server needs no database: username ``EXPIRY_UNIX:USER``,
password base64(HMAC-SHA1(secret, username)). The server checks the expiry when an allocation is made or refreshed.
"""

from __future__ import annotations

import base64
import hmac
from typing import Final

import msgspec

CREDENTIAL_S: Final = 600
"""A credential's life, seconds: minutes, because whoever copies one out of a page can use it. A page asks for another
when half of it is gone, so that every restart of ICE has minutes left. An allocation that stands outlives it."""
ALIAS_BYTES: Final = 8
"""Of a person's name at the TURN server: enough that no two share one."""
URLS_MAX: Final = 8
"""Browsers warn from five servers on, and gather more slowly with each."""
_SCHEMES: Final = ("stun:", "stuns:", "turn:", "turns:")


class IceServer(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of RTCConfiguration.iceServers."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


class IceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As configured. Without TURN, two networks that let only ordinary web traffic out do not reach each other."""

    stun: tuple[IceServer, ...] = ()
    turn_urls: tuple[str, ...] = ()
    turn_secret: bytes = b""
    """coturn's ``static-auth-secret``; never leaves the server."""
    credential_s: int = CREDENTIAL_S

    def __post_init__(self) -> None:
        """Raises ValueError, naming the setting, for what no browser would take."""
        stun_urls = [url for server in self.stun for url in server.urls]
        for url in (*stun_urls, *self.turn_urls):
            if not url.startswith(_SCHEMES):
                raise ValueError(f"ICE server: {url!r} does not start with one of {', '.join(_SCHEMES)}")
        if len(stun_urls) + len(self.turn_urls) > URLS_MAX:
            raise ValueError(f"ICE servers: more than {URLS_MAX} addresses")
        if self.turn_urls and not self.turn_secret:
            raise ValueError("turn_secret is needed where turn_urls are given")
        if self.credential_s <= 0:
            raise ValueError(f"credential_s is not above 0: {self.credential_s}")

    def __repr__(self) -> str:
        """Without the secret: settings get printed."""
        return f"IceConfig(stun={self.stun}, turn_urls={self.turn_urls})"

    @property
    def life_s(self) -> int:
        """How long what `servers` gives is good for, seconds; 0: for ever, there is no credential in it."""
        return self.credential_s if self.turn_urls else 0

    def servers(self, person: str, now_ms: int) -> tuple[IceServer, ...]:
        """What one person's browser is given.

        Args:
            person: Their id. The TURN server is told an alias that only we can make: the same each time, so that its
                quotas are a person's, and of which nobody can tell whose it is.
            now_ms: Real time, Unix ms: the TURN server compares the expiry with its own clock.
        """
        if not self.turn_urls:
            return self.stun
        alias = hmac.digest(self.turn_secret, b"alias:" + person.encode(), "sha256")[:ALIAS_BYTES].hex()
        username = f"{now_ms // 1_000 + self.credential_s}:{alias}"
        credential = turn_password(self.turn_secret, username)
        return (*self.stun, IceServer(urls=self.turn_urls, username=username, credential=credential))


def turn_password(secret: bytes, username: str) -> str:
    """base64(HMAC-SHA1(secret, username)): SHA-1 because coturn's default says so; as an HMAC it is sound."""
    return base64.b64encode(hmac.digest(secret, username.encode(), "sha1")).decode()
