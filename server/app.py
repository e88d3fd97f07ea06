"""Assembles one process from its settings, and serves it: HTTP by Starlette, the one socket route beside it.

`run` is what `lessonroom serve` does. `serving` is the same, on the loop of a test.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from moderation.pipeline import Pipeline
from server.access import Access
from server.accounts.addresses import Addresses
from server.accounts.bookings import Bookings
from server.accounts.pins import Pins
from server.accounts.sign_in import SignIn
from server.api.access_log import AccessLog
from server.api.connection_test import SOCKET_PATH, EchoSocket
from server.api.rates import Rates
from server.api.routes import routes
from server.api.services import Services
from server.clock import Clock, SystemClock
from server.config import Config, ConfigError
from server.entropy import EntropyPool
from server.expiry import Expiry
from server.garbage import look_rarely
from server.gateway import Gateway
from server.hosting import Hosting
from server.house import MediaRelay, PolicyClock
from server.mail import Sender
from server.openings import Openings
from server.outbox import Outbox, open_post
from server.relay_link import linked
from server.relay_socket import bind_relay, open_relay
from server.security_headers import SecurityHeaders
from server.spool import Spool
from server.standing import kept
from server.stopping import asked_to_stop
from server.store.migration import migrate
from server.store.stores import Stores, open_store
from server.tickets import Tickets
from server.transport import HttpProtocol, all_files
from server.turn import ice_servers
from server.websocket import SocketProtocol

WS_BYTES_MAX: Final = 65_536
"""One socket message: a session description of 16,384 characters at up to 4 bytes each. uvicorn's own is 16 MB."""
WS_QUEUE_MAX: Final = 8
"""Messages that wait unread in a socket before its peer is slowed down."""
HEAD_BYTES_MAX: Final = 16_384
"""Request line and headers: several times what a browser sends with one cookie."""
KEEP_ALIVE_S: Final = 5
GRACE_S: Final = 5
"""How long answers that are under way may take once the process is asked to stop."""
DRAIN_S_MAX: Final = 10
"""How long the rooms may take to let go of their people; platforms kill a process 30 s after SIGTERM."""
BACKLOG: Final = 2_048
BROKE: Final = 1
"""The exit code where nobody asked for the end."""

_log = structlog.stdlib.get_logger("app")


class Serving(msgspec.Struct, frozen=True):
    """A running server, for whoever started it."""

    base_url: str
    """Of the socket that listens; `Config.url` is what people type."""
    services: Services
    """Its parts: ``services.hosting``, ``services.clock``, ``services.config`` with the port that was taken, …"""
    task: asyncio.Task[None]
    """Done once it has stopped, whoever stopped it."""

    @property
    def clock(self) -> Clock:
        """The policy clock."""
        return self.services.clock

    @property
    def hosting(self) -> Hosting:
        """The live rooms."""
        return self.services.hosting


class _Server(uvicorn.Server):
    """uvicorn, which closes sockets at once when it stops: here the rooms are drained before."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._drain = drain
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does, and tell whoever waits for it."""
        await super().startup(sockets)
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """No new connections, then the rooms, then what uvicorn does."""
        for server in self.servers:
            server.close()
        try:
            await asyncio.wait_for(self._drain(), DRAIN_S_MAX)
        except TimeoutError:
            _log.error("drain took too long", limit_s=DRAIN_S_MAX)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """`run` has its own handlers; a test's process keeps its own."""
        yield


class Dispatch:
    """The outermost ASGI callable: ``/ws`` goes to the gateway untouched, HTTP through the headers to Starlette."""

    def __init__(self, http: ASGIApp, gateway: Gateway, echo: ASGIApp) -> None:
        self._http = http
        self._gateway = gateway
        self._echo = echo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection or request."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == "/ws":
            await self._gateway(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == SOCKET_PATH:
            await self._echo(scope, receive, send)
        elif scope["type"] == "websocket":
            self._gateway.turned_away.count(403)  # what a server answers a close that comes before the accept
            await send({"type": "websocket.close", "code": 1008})


def bind(config: Config) -> tuple[socket.socket, Config]:
    """Take the port first, so that a port of 0 is known before anything names it.

    Raises:
        ConfigError: when the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((config.host, config.port))
    except OSError as problem:
        listener.close()
        raise ConfigError(
            f"Port {config.port} on {config.host} cannot be used ({problem.strerror}): "
            "stop what uses it, or choose another with PORT (serve) or --port (demo)."
        ) from problem
    return listener, msgspec.structs.replace(config, port=listener.getsockname()[1])


class Parts:
    """The parts of one process, put together: `Services` for HTTP, the gateway beside it, and their start and stop."""

    def __init__(self, config: Config, clock: PolicyClock, relay: MediaRelay | None) -> None:
        loop = asyncio.get_running_loop()
        self.spool = _spool(config.spool_dir)
        self.stores = open_store(config.database_url)
        bookings = Bookings(self.stores, config.zone)
        self.pins = Pins(self.stores, clock)
        hosting = Hosting(
            log=self.stores.log,
            bookings=bookings,
            clock=clock,
            review=Pipeline(failed=_reviewer_failed).review,
            entropy=EntropyPool(),
            spool=self.spool,
            call_later=loop.call_later,
            records=self.stores,
            time_zone=config.time_zone,
            ice_servers=partial(ice_servers, config),
            relay=relay,
        )
        tickets = Tickets(config.secret.reveal(), time.monotonic, secrets.token_bytes)
        self.services = Services(
            config=config,
            clock=clock,
            sign_in=SignIn(self.stores, clock, secrets.token_bytes),
            pins=self.pins,
            bookings=bookings,
            hosting=hosting,
            relay=relay,
            stores=self.stores,
            tickets=tickets,
            rates=Rates(),
        )
        self.gateway = Gateway(hosting, tickets, config.origins)
        self.stopping = False
        self.openings = Openings(bookings, hosting, clock)
        self.access = Access(self.stores, self.gateway)
        self._outbox = _outbox(config, self.stores, clock)
        self._tasks: list[asyncio.Task[None]] = []
        http = Starlette(routes=routes(self.services, self._health))
        http.router.redirect_slashes = False
        self.app = Dispatch(AccessLog(SecurityHeaders(http, config.url)), self.gateway, EchoSocket(self.services))

    async def start(self) -> None:
        """Take up what was unfinished, and begin what runs by itself."""
        await self.services.hosting.start()
        for name, run in (
            ("openings", self.openings.run),
            ("access", self.access.run),
            ("outbox", self._outbox.run),
            ("expiry", Expiry(self.stores, self.services.clock).run),
        ):
            self._tasks.append(asyncio.create_task(kept(name, run), name=name))

    async def drain(self) -> None:
        """Nobody new, and everybody in a room is told to come back; harmless a second time."""
        if not self.stopping:
            self.stopping = True
            self.gateway.stop()
            await self.services.hosting.drain()

    async def close(self) -> None:
        """Let go of everything; what was asked of the store is stored first."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.services.hosting.close()
        await self.services.sign_in.close()
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self.pins.close()
        self.spool.close()
        self.stores.close()

    async def _health(self, request: Request) -> Response:
        status = 503 if self.stopping else 200
        return Response(b'{"ok":false}' if self.stopping else b'{"ok":true}', status, media_type="application/json")


@contextlib.asynccontextmanager
async def assembled(config: Config, clock: PolicyClock | None = None) -> AsyncIterator[Parts]:
    """Everything but the listening socket, migrated and started; drained and closed at the end."""
    await asyncio.to_thread(migrate, config.database_url)
    async with _media_relay(config) as (relay, config):
        parts = Parts(config, clock or SystemClock(), relay)
        try:
            await parts.start()
            yield parts
        finally:
            await parts.drain()
            await parts.close()


@contextlib.asynccontextmanager
async def _media_relay(config: Config) -> AsyncIterator[tuple[MediaRelay | None, Config]]:
    """The relay of these settings: here, in another process, or none; and the settings with the port that was taken."""
    if config.relay_channel is not None:
        secret = b"" if config.relay_secret is None else config.relay_secret.reveal()
        async with linked(config.relay_channel, secret) as link:
            yield link, config
        return
    sockets, config = bind_relay(config)
    relay = open_relay(config, sockets)
    try:
        yield relay, config
    finally:
        if relay is not None:
            relay.stop()


@contextlib.asynccontextmanager
async def serving(config: Config, *, clock: PolicyClock | None = None) -> AsyncIterator[Serving]:
    """A whole server on the running loop, on a port that is free if ``config.port`` is 0.

    Requests are answered while the caller awaits. Leaving the block drains and stops it. The clock is the policy
    clock: jump it (`SystemClock.jump`) and lessons move; sockets, heartbeats and tickets do not.
    """
    listener, config = bind(config)
    with contextlib.closing(listener):
        async with assembled(config, clock) as parts:
            server = _Server(uvicorn_config(parts.app, config), parts.drain)
            task = asyncio.create_task(server.serve(sockets=[listener]), name="uvicorn")
            try:
                await _first(server.listening.wait(), task)
                yield Serving(f"http://{_host(config)}:{config.port}", parts.services, task)
            finally:
                server.should_exit = True
                await task


async def run(config: Config, ready: Callable[[Serving], Awaitable[object]]) -> int:
    """Serve until Ctrl-C or SIGTERM, then drain. A second Ctrl-C does not wait.

    Args:
        config: the settings.
        ready: called once the server answers.

    Returns:
        The exit code: 0 after SIGTERM, 130 after Ctrl-C, as shells count; 1 if the server stopped by itself.
    """
    stopped = asked_to_stop()
    all_files()
    async with serving(config) as server:
        look_rarely()
        await ready(server)
        ends: set[asyncio.Future[Any]] = {stopped, server.task}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            return stopped.result()
        # Whoever starts processes starts another; one that listens no more and lives is of no use to anybody.
        _log.error("stopped serving by itself")
        return BROKE


async def _first(listening: Coroutine[Any, Any, Any], serving: asyncio.Task[None]) -> None:
    """Wait until the server listens; if it ended instead, raise what it ended with."""
    waiting = asyncio.ensure_future(listening)
    await asyncio.wait({waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        waiting.cancel()
        serving.result()


def _spool(folder: Path) -> Spool:
    """Where endings wait that the store has not taken.

    Raises:
        ConfigError: when the folder cannot be made or read.
    """
    try:
        return Spool(folder)
    except OSError as problem:
        raise ConfigError(f"SPOOL_DIR {folder} cannot be used: {problem.strerror}.") from problem


def _reviewer_failed(reviewer: str, error: str) -> None:
    """Chat goes on by what the others found (D), so this line is the only sign that one is broken."""
    _log.error("a reviewer failed", reviewer=reviewer, error=error)


def _outbox(config: Config, stores: Stores, clock: Clock) -> Outbox:
    """What sends the service's mail, by SMTP or into files."""
    smtp_url = None if config.smtp_url is None else config.smtp_url.reveal().decode()
    sender = Sender(
        service=config.service_name,
        phone=config.service_phone,
        address=config.mail_from,
        url=config.url,
        zone=config.zone,
    )
    own = {"office": config.office_mail, "safeguarding": config.safeguarding_mail}
    return Outbox(
        rows=stores,
        post=open_post(smtp_url, config.mail_dir),
        readers=Addresses(stores, own),
        sender=sender,
        clock=clock,
    )


def _host(config: Config) -> str:
    return f"[{config.host}]" if ":" in config.host else config.host


def uvicorn_config(app: ASGIApp, config: Config) -> uvicorn.Config:
    """How uvicorn serves an ASGI callable here: limits, and nothing that slows sockets down."""
    return uvicorn.Config(
        app,
        http=HttpProtocol,
        ws=SocketProtocol,
        ws_max_size=WS_BYTES_MAX,
        ws_max_queue=WS_QUEUE_MAX,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # clients beat (`server.connection.SILENT_S_MAX`)
        h11_max_incomplete_event_size=HEAD_BYTES_MAX,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(config.tls_proxy),
        forwarded_allow_ips=list(config.tls_proxy),
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        backlog=BACKLOG,
    )
