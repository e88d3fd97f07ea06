"""The ASGI shell around `server.connection`: one task a connection, and no decision but who gets a socket at all.

Plain ASGI, because a framework's layers cost a third of the throughput. Who has joined is read and written by the short
way where the server has one (`server.websocket`); else, and whenever that refuses, by ``receive()`` and by running
``send()`` one step: a server that waits only before it writes (uvicorn does, for flow control) has then written it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from functools import partial
from typing import Any, Final, Protocol

import structlog

from server import errors
from server.codec import Codec, Wire, offered
from server.connection import Connection, Limits, Wrong
from server.errors import WireError
from server.frames import ClientFrame, Elsewhere, ErrorFrame, Join
from server.outlet import Backlogs, Outlet
from server.refusals import sentence
from server.seat import Admission, Client, Refused, Seat
from server.turned_away import TurnedAway
from server.websocket import EXTENSION, SocketProtocol

CONNECTIONS_MAX: Final = 5_000
"""Of one process, at 30 kB each."""
UNJOINED_MAX: Final = 1_000
"""Of those, sockets that have not said who they are: a flood of strangers leaves room for people."""
PER_ADDRESS_MAX: Final = 200
"""From one network address: a large school behind one, with every room in a lesson and some reloading."""

CLEAN: Final = frozenset({1000, 1001})
"""Close codes of a client that went in good order: it closed the socket, or its page was left."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Rooms(Protocol):
    """What the gateway needs of `server.hosting.Hosting`."""

    async def join(self, admission: Admission, join: Join, client: Client) -> Seat | Refused | Elsewhere:
        """Let a device in."""
        ...

    def receive(self, seat: Seat, frame: ClientFrame) -> None:
        """Any frame but a join."""
        ...

    def left(self, seat: Seat, *, clean: bool) -> None:
        """The socket is gone; ``clean``: its client closed it in good order."""
        ...


class Doors(Protocol):
    """What the gateway needs of `server.tickets.Tickets`."""

    def redeem(self, ticket: str) -> Admission | None:
        """Who a ticket lets in, once."""
        ...


class Gateway:
    """An ASGI application for the one WebSocket route."""

    def __init__(
        self,
        hosting: Rooms,
        tickets: Doors,
        allowed_origins: frozenset[str],
        *,
        limits: Limits | None = None,
        connections_max: int = CONNECTIONS_MAX,
        unjoined_max: int = UNJOINED_MAX,
        per_address_max: int = PER_ADDRESS_MAX,
    ) -> None:
        self._hosting = hosting
        self._tickets = tickets
        self._origins = allowed_origins
        self._limits = limits or Limits()
        self._connections_max = connections_max
        self._unjoined_max = unjoined_max
        self._per_address_max = per_address_max
        self._by_address: Counter[str] = Counter()
        self._unjoined: set[Outlet] = set()
        self._inside: dict[Outlet, Admission] = {}
        self._backlogs = Backlogs()
        self.turned_away = TurnedAway()
        """Handshakes that got no socket."""
        self._stopping = False

    @property
    def connections(self) -> int:
        """How many sockets are open."""
        return self._by_address.total()

    def inside(self) -> frozenset[Admission]:
        """Who has joined, as their tickets said."""
        return frozenset(self._inside.values())

    def turn_out(self, gone: Collection[Admission]) -> None:
        """Close the sockets of those who may not be inside any more."""
        for outlet, admission in list(self._inside.items()):
            if admission in gone:
                outlet.answer(Wrong(ErrorFrame(code="not_yours", text=sentence("not_yours")), errors.REFUSED))

    def stop(self) -> None:
        """Take no more sockets, and close those that have not joined; `Hosting.drain` closes the others."""
        self._stopping = True
        for outlet in list(self._unjoined):
            outlet.close(errors.RESTARTING)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one WebSocket, from its handshake to its end."""
        await receive()  # websocket.connect
        codec = offered(scope.get("subprotocols", []))
        status = self._status(scope, codec)
        if codec is None or status:
            self.turned_away.count(status)
            await _refuse(scope, send, status)
            return
        address = _address(scope)
        self._by_address[address] += 1
        socket: SocketProtocol | None = scope.get("extensions", {}).get(EXTENSION)
        outlet = Outlet(send, Connection(codec, self._limits, _now()), self._backlogs, socket)
        self._unjoined.add(outlet)
        try:
            await send({"type": "websocket.accept", "subprotocol": codec.subprotocol})
            await self._serve(outlet, receive, socket)
        finally:
            self._unjoined.discard(outlet)
            self._inside.pop(outlet, None)
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
            outlet.gone()

    def _status(self, scope: Message, codec: Codec | None) -> int:
        """The HTTP status to refuse a handshake with; 0 to accept it."""
        if _header(scope, b"origin") not in self._origins:
            return 403
        if codec is None:
            return 400
        if self._by_address[_address(scope)] >= self._per_address_max:
            return 429
        full = self.connections >= self._connections_max or len(self._unjoined) >= self._unjoined_max
        return 503 if full or self._stopping else 0

    async def _serve(self, outlet: Outlet, receive: Receive, socket: SocketProtocol | None) -> None:
        """Read until the socket is gone."""
        seat: Seat | None = None
        message: Message = {}
        connection = outlet.connection
        try:
            outlet.watch()
            while (message := await receive())["type"] == "websocket.receive":
                data = message.get("bytes")
                wire: Wire = message.get("text", "") if data is None else data
                if seat is not None:
                    self._take(outlet, seat, wire)
                    continue
                taken = connection.receive(wire, _now())
                if isinstance(taken, Wrong):
                    outlet.answer(taken)
                elif isinstance(taken, Join):
                    seat = await self._join(outlet, taken)
                    if seat is not None and socket is not None:
                        socket.attach(partial(self._take, outlet, seat))
        except Exception:
            _failed(outlet)
        finally:
            connection.close()
            if seat is not None:
                self._hosting.left(seat, clean=message.get("code") in CLEAN)

    def _take(self, outlet: Outlet, seat: Seat, wire: Wire) -> None:
        """One message of somebody who is in; whatever goes wrong in here is ours, and closes this socket alone."""
        try:
            taken = outlet.connection.receive(wire, outlet.now())
            if isinstance(taken, Wrong):
                outlet.answer(taken)
            else:
                self._hosting.receive(seat, taken)
        except Exception:
            _failed(outlet)

    async def _join(self, outlet: Outlet, join: Join) -> Seat | None:
        """Redeem the ticket and enter; None where the socket is closed instead."""
        admission = self._tickets.redeem(join.ticket)
        if admission is None:
            outlet.answer(_closing(errors.TICKET_REFUSED))
            return None
        answer = await self._hosting.join(admission, join, outlet)
        self._unjoined.discard(outlet)
        match answer:
            case Seat():
                self._inside[outlet] = admission
                return answer
            case Refused():
                outlet.answer(Wrong(ErrorFrame(code=answer.code, text=answer.text), errors.REFUSED))
            case Elsewhere():
                outlet.answer(Wrong(answer, errors.ELSEWHERE))
        return None


def _failed(outlet: Outlet) -> None:
    """The one boundary: a fault of ours in one room ends neither the process nor another's socket."""
    _log.exception("connection_failed")
    outlet.answer(_closing(errors.SERVICE_FAILED))


def _closing(error: WireError) -> Wrong:
    return Wrong(ErrorFrame(code=error.code, text=error.text), error.closes)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _address(scope: Message) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _header(scope: Message, name: bytes) -> str | None:
    """A header that came exactly once."""
    values = [value for key, value in scope.get("headers", []) if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else None


async def _refuse(scope: Message, send: Send, status: int) -> None:
    """Answer the handshake with an HTTP status, where the server can; else as it refuses by itself (403)."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.http.response.start", "status": status, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b""})
