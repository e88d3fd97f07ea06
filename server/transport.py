"""uvicorn's HTTP protocol, bounded: what one connection may hold open before any request is there.

ASGI begins where a whole request or message is there. Somebody who sends half a head, trickles a body, or floods pings
(which are answered below ASGI) is seen here alone; such a connection is cut, and nobody else's.
"""

from __future__ import annotations

import asyncio
import resource
from asyncio import TimerHandle
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from server.handshake import plain_opening
from server.websocket import SocketProtocol

HEAD_S_MAX: Final = 10.0
"""From a connection's start, or its last answer, to a whole request line and headers: they fit into a packet or two."""
ANSWER_S_MAX: Final = 60.0
"""From there to the last byte of the answer taken: the largest asset, 250 kB, over a line of 35 kbit/s."""
CONNECTIONS_MAX: Final = 7_000
"""Open at once: the gateway's 5,000 sockets, and 2,000 that fetch pages or ask the API."""
SPARE_FILES: Final = 100
"""Files that the process opens besides: the database, logs, mail, the spool, pages."""


def all_files() -> None:
    """Let this process open the files that it may need, as far as the machine allows: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + SPARE_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def connections_max() -> int:
    """How many connections may be open now: a process without files cannot even turn one away."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS_MAX if soft == resource.RLIM_INFINITY else min(CONNECTIONS_MAX, soft - SPARE_FILES)


class HttpProtocol(H11Protocol):
    """HTTP whose every step has its time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **kwargs)
        self._deadline: TimerHandle | None = None
        self._unread = True
        """No byte has come yet."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it, unless the house is full."""
        super().connection_made(transport)
        if len(self.connections) > connections_max():
            transport.abort()
            return
        self._allow(HEAD_S_MAX)

    def connection_lost(self, exc: Exception | None) -> None:
        """No more to wait for."""
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Nearly every socket's request is plain, and alone in the first bytes of its connection."""
        first, self._unread = self._unread, False
        opening = plain_opening(data) if first else None
        kind: Any = self.ws_protocol_class
        if opening is None or kind is not SocketProtocol:
            super().data_received(data)
            return
        self._forget()
        self.connections.discard(self)
        kind(config=self.config, server_state=self.server_state, app_state=self.app_state).open(self, opening)

    def handle_events(self) -> None:
        """A request that has begun has its own time."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._allow(ANSWER_S_MAX)

    def on_response_complete(self) -> None:
        """The next head's time; what idles is closed by uvicorn's keep-alive, what trickles by this."""
        self._allow(HEAD_S_MAX)
        super().on_response_complete()

    def handle_websocket_upgrade(self, event: Any) -> None:  # noqa: ANN401 - an h11.Request
        """From here on the gateway's deadlines hold."""
        self._forget()
        super().handle_websocket_upgrade(event)

    def _allow(self, seconds: float) -> None:
        """A close of ours counts too: to one who does not read, what it waits behind would never leave."""
        self._forget()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
