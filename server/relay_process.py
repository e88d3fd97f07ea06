"""`lessonroom relay`: the media relay as a process of its own, so that packets never keep chat waiting.

It is the same relay as in `lessonroom serve` (`server.relay_socket`), asked over the control channel
(`server.relay_control`). It stores nothing, knows no person, and talks to no database.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable

from server.config import Config, ConfigError
from server.garbage import look_rarely
from server.relay_control import RelayControl, bind_control, controlled
from server.relay_socket import bind_relay, open_relay
from server.stopping import asked_to_stop
from server.transport import all_files


async def run_relay(config: Config, ready: Callable[[Config], None]) -> int:
    """Relay until Ctrl-C or SIGTERM; legs are closed then, and their pages come back to the next relay.

    Args:
        config: Of `server.config.load_relay`.
        ready: Called once it is there, with the UDP port that was taken.

    Returns:
        The exit code: 0 after SIGTERM, 130 after Ctrl-C, as shells count.

    Raises:
        ConfigError: a port is taken.
    """
    stopped = asked_to_stop()
    all_files()
    look_rarely()
    async with relaying(config) as known:
        ready(known)
        return await stopped


@contextlib.asynccontextmanager
async def relaying(config: Config) -> AsyncIterator[Config]:
    """A relay and its control channel on the running loop, until the block is left.

    Raises:
        ConfigError: a port is taken, or a setting is missing.
    """
    address = config.relay_channel
    if address is None or not config.relay_addresses:
        raise ConfigError("RELAY or RELAY_ADDRESS does not say where the relay is.")
    with contextlib.ExitStack() as ports:
        sockets, config = bind_relay(config)  # first: two relays at one place are found out here
        relay = open_relay(config, sockets)
        if relay is None:
            raise AssertionError("there are addresses, so there are sockets")
        ports.callback(relay.stop)
        listener = ports.enter_context(contextlib.closing(bind_control(address)))
        secret = b"" if config.relay_secret is None else config.relay_secret.reveal()
        async with controlled(RelayControl(relay, secret, time.monotonic), listener, address):
            yield config
