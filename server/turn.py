"""Short-lived credentials for TURN servers that share a secret with this service (coturn's ``use-auth-secret``)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Final

from rooms.lesson import PersonId
from server.config import Config
from server.frames import IceServer

LIFE_S: Final = 4 * 3_600
"""Longer than any lesson with its overrun; an allocation that is refreshed after it would end."""


def ice_servers(config: Config, person: PersonId) -> tuple[IceServer, ...]:
    """What one person's browser is given. The user name tells the TURN server nothing of who they are."""
    servers = config.ice_servers
    if not config.turn_urls or config.turn_secret is None:
        return servers
    secret = config.turn_secret.reveal()
    expires = int(time.time()) + LIFE_S
    alias = hmac.digest(secret, f"{expires}:{person}".encode(), hashlib.sha256).hex()[:16]
    username = f"{expires}:{alias}"
    # SHA-1 is what the TURN REST convention names; as HMAC it is not weakened by collisions.
    credential = base64.b64encode(hmac.digest(secret, username.encode(), "sha1")).decode()
    return (*servers, IceServer(urls=config.turn_urls, username=username, credential=credential))
