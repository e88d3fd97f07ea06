"""The ICE servers of this service's configuration, with credentials as of now."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from rooms.lesson import PersonId
from server.config import Config
from signalling.ice import IceConfig, IceServer


class IceServers(NamedTuple):
    """What one person's browser is given."""

    servers: tuple[IceServer, ...]
    life_s: int
    """How long they are good for, seconds; 0: for ever."""


NO_ICE_SERVERS: Final = IceServers((), 0)
IceServersOf = Callable[[PersonId], IceServers]


def ice_servers(config: Config, person: PersonId) -> IceServers:
    """What one person's browser is given. By the machine's clock and not the policy's: coturn has no other."""
    secret = b"" if config.turn_secret is None else config.turn_secret.reveal()
    ice = IceConfig(stun=config.ice_servers, turn_urls=config.turn_urls, turn_secret=secret)
    return IceServers(ice.servers(person, int(time.time() * 1_000)), ice.life_s)
