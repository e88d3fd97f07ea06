"""What the device check measures the line against (B4): this server itself, a few hundred kilobytes each way.

Nothing is stored, and nothing that is sent is looked at. A check is one plan, one download, three uploads and one
socket; lessons go on beside it, so transfers are few at once and short.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.accounts.people import AccountRole
from server.api.problem import Problem
from server.api.rates import CONNECTION_TEST
from server.api.resource import Answered, Call, Resource, cookie_name
from server.api.services import Services
from server.frames import IceServer
from server.store.port import StoreBusy, StoreDown
from server.turn import ice_servers

BOOKED: Final = (AccountRole.TEACHER, AccountRole.FAMILY)
"""Who joins lessons with a camera, and so who has something to check."""
DOWNLOAD_BYTES: Final = 512_000
"""2 s at the recommended 2 Mbps: long enough to get past the slow start of TCP, short enough to wait for."""
UPLOAD_BYTES_MAX: Final = 256_000
"""One request's. A page sends 64, 128 and 256 kB, so that a slow line still measures its first."""
UPLOAD_S_MAX: Final = 15
"""256 kB at 140 kbit/s: who is slower reads that the line is slow, whatever the figure."""
AT_ONCE_MAX: Final = 40
"""Transfers in this process; at 2 Mbps each 80 Mbps, a part of what lessons are sized for."""
AT_ONCE_EACH_MAX: Final = 2
"""Of one account: two devices of a family before the same lesson."""
PIECE_BYTES: Final = 32_000
"""Written at a time: under the 64 kB at which a transport asks for patience."""
ECHOES_MAX: Final = 10
"""Round trips on one socket; a page asks for five and takes the median."""
ECHO_BYTES_MAX: Final = 64
"""A number, and no more: this is no way to send anything."""
SOCKETS_AT_ONCE_MAX: Final = 500
"""A socket costs 30 kB and a task for about a second: as many as go into lessons at a full hour."""
BUSY_CODE: Final = 1013
"""Closed with this: try again later. A page must be able to tell it from a filter that lets no socket through."""
SOCKET_S_MAX: Final = 10
"""Ten round trips of a second each: a line that is worse is not fit for a lesson."""
SOCKET_PATH: Final = "/ws/connection-test"
OCTETS: Final = "application/octet-stream"

_log = structlog.stdlib.get_logger("api")


class Plan(msgspec.Struct, frozen=True):
    """GET /api/connection-test."""

    download_bytes: int
    upload_bytes_max: int
    ice_servers: tuple[IceServer, ...]
    """As a lesson would get them: empty where the service has none, and then nothing of them is checked."""
    relay: bool
    """There is a media relay, and so a way over UDP to look for (`server.api.relay_test`)."""


class Gate:
    """How many are under way, in all and of one account."""

    def __init__(self, at_once_max: int = AT_ONCE_MAX) -> None:
        self._at_once_max = at_once_max
        self._of: Counter[str] = Counter()

    def check(self, who: str) -> None:
        """Refuse one too many.

        Raises:
            Problem: 503 `busy`; the page then says that it could not measure, which is nobody's trouble.
        """
        if self._of.total() >= self._at_once_max or self._of[who] >= AT_ONCE_EACH_MAX:
            raise Problem(503, "busy", "Many people check their connection now. Try again.", {"retry-after": "5"})

    @contextlib.contextmanager
    def taken(self, who: str) -> Iterator[None]:
        """Count one for as long as it takes."""
        self._of[who] += 1
        try:
            yield
        finally:
            self._of[who] -= 1
            if self._of[who] <= 0:
                del self._of[who]


class _Octets(Response):
    """Bytes that do not compress, so that a proxy cannot make the line look faster than it is."""

    media_type = OCTETS

    def __init__(self, gate: Gate, who: str) -> None:
        super().__init__(headers={"content-length": str(DOWNLOAD_BYTES)})
        self._gate = gate
        self._who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._gate.taken(self._who):
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            left = 0 if scope["method"] == "HEAD" else DOWNLOAD_BYTES
            while left > 0:
                size = min(left, PIECE_BYTES)
                left -= size
                # A reader that is too slow is cut off by the server's own bound (`server.transport`).
                await send({"type": "http.response.body", "body": os.urandom(size), "more_body": left > 0})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})


async def plan(call: Call) -> Answered:
    """What to measure, and the ICE servers to look for a way through."""
    services, who = call.services, call.person
    services.rates.count(CONNECTION_TEST, who.id)
    return Plan(
        DOWNLOAD_BYTES, UPLOAD_BYTES_MAX, ice_servers(services.config, who.id).servers, services.relay is not None
    )


class Download(Resource):
    """GET /api/connection-test/download: that many bytes."""

    def __init__(self, services: Services, gate: Gate) -> None:
        super().__init__(services, get=self._download, roles=BOOKED)
        self._gate = gate

    async def _download(self, call: Call) -> Answered:
        call.services.rates.count(CONNECTION_TEST, call.person.id)
        self._gate.check(call.person.id)
        return _Octets(self._gate, call.person.id)


class Upload(Resource):
    """POST /api/connection-test/upload: bytes that are counted and dropped as they come."""

    def __init__(self, services: Services, gate: Gate) -> None:
        super().__init__(services, roles=BOOKED)
        self._allow = "POST"
        self._gate = gate

    async def _answered(self, request: Request) -> Answered:
        if request.method != "POST":
            return await super()._answered(request)
        self._own_page(request, OCTETS)
        call = await self._call(request)
        call.services.rates.count(CONNECTION_TEST, call.person.id)
        self._gate.check(call.person.id)
        with self._gate.taken(call.person.id):
            await _swallowed(request)
        return None


async def _swallowed(request: Request) -> None:
    """Read a body and keep nothing of it.

    Raises:
        Problem: 413 when it is longer than a check's, 408 when it takes too long.
    """
    got = 0
    try:
        async with asyncio.timeout(UPLOAD_S_MAX):
            async for piece in request.stream():
                got += len(piece)
                if got > UPLOAD_BYTES_MAX:
                    raise Problem(413, "too_large", "This is too long. Send less.")
    except TimeoutError:
        raise Problem(408, "too_slow", "That took too long to arrive. Try again.") from None


class EchoSocket:
    """`/ws/connection-test`: sends back a few short messages, so that a page measures a socket's round trip.

    A filter that lets pages through and sockets not is what many schools have: this is how it is found out before
    the lesson. It is no way into a room.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._cookie = cookie_name(services.config.tls)
        self._gate = Gate(SOCKETS_AT_ONCE_MAX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One socket, from its handshake to its close."""
        await receive()
        try:
            who = await self._allowed(HTTPConnection(scope))
        except (StoreBusy, StoreDown) as busy:
            _log.error("store away", problem=type(busy).__name__)
            await _turned_away(send)
            return
        if who is None:
            # Before the accept: the handshake is answered 403, and says nothing of why.
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            self._services.rates.count(CONNECTION_TEST, who)
            self._gate.check(who)
        except Problem:
            await _turned_away(send)
            return
        with self._gate.taken(who):
            await send({"type": "websocket.accept"})
            if await self._echo(receive, send):
                await send({"type": "websocket.close", "code": 1000})

    async def _allowed(self, connection: HTTPConnection) -> str | None:
        """The account, where it is one that may, from a page of ours."""
        services = self._services
        if connection.headers.get("origin") not in services.config.origins:
            return None
        cookie = connection.cookies.get(self._cookie, "")
        who = await services.sign_in.who(cookie) if cookie else None
        return who.id if who is not None and who.role in BOOKED else None

    async def _echo(self, receive: Receive, send: Send) -> bool:
        """Whether the socket is still there afterwards, to be closed from here."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SOCKET_S_MAX):
                for _ in range(ECHOES_MAX):
                    message = await receive()
                    if message["type"] != "websocket.receive":
                        return False
                    said: dict[str, Any] = {key: message[key] for key in ("text", "bytes") if message.get(key)}
                    if len(said.get("text") or said.get("bytes") or b"") > ECHO_BYTES_MAX:
                        break
                    await send({"type": "websocket.send", **said} if said else {"type": "websocket.send", "text": ""})
        return True


async def _turned_away(send: Send) -> None:
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": BUSY_CODE})
