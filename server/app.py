"""Assembles one process from its settings, and serves it: HTTP by Starlette, the one socket route beside it.

`run` is what `lessonroom serve` does. `serving` is the same, on the loop of a test.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

import msgspec
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from server.api.access_log import AccessLog
from server.api.routes import routes
from server.clock import Clock, SystemClock
from server.config import Config, ConfigError
from server.security_headers import SecurityHeaders

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

_log = structlog.stdlib.get_logger("app")


class Serving(msgspec.Struct, frozen=True):
    """A running server, for whoever started it."""

    base_url: str
    clock: Clock
    config: Config
    """With the port that was taken."""


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

    def __init__(self, http: ASGIApp, gateway: ASGIApp | None) -> None:
        self._http = http
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection or request."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == "/ws" and self._gateway is not None:
            await self._gateway(scope, receive, send)
        elif scope["type"] == "websocket":
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
            "stop what uses it, or choose another port."
        ) from problem
    return listener, msgspec.structs.replace(config, port=listener.getsockname()[1])


@contextlib.asynccontextmanager
async def assembled(config: Config, clock: Clock) -> AsyncIterator[tuple[ASGIApp, Callable[[], Awaitable[None]]]]:
    """Everything but the listening socket: the ASGI callable, and how to drain it."""

    async def drain() -> None:
        return None

    http = Starlette(routes=routes(config))
    http.router.redirect_slashes = False
    yield Dispatch(AccessLog(SecurityHeaders(http, config.url)), None), drain


@contextlib.asynccontextmanager
async def serving(config: Config, *, clock: Clock | None = None) -> AsyncIterator[Serving]:
    """A whole server on the running loop, on a port that is free if ``config.port`` is 0.

    Requests are answered while the caller awaits. Leaving the block drains and stops it. The clock is the policy
    clock: jump it (`SystemClock.jump`) and lessons move; sockets, heartbeats and tickets do not.
    """
    listener, config = bind(config)
    clock = clock or SystemClock()
    with contextlib.closing(listener):
        async with assembled(config, clock) as (app, drain):
            server = _Server(_uvicorn_config(app, config), drain)
            task = asyncio.create_task(server.serve(sockets=[listener]), name="uvicorn")
            try:
                await server.listening.wait()
                yield Serving(f"http://{_host(config)}:{config.port}", clock, config)
            finally:
                server.should_exit = True
                await task


async def run(config: Config, ready: Callable[[Serving], Awaitable[None]]) -> int:
    """Serve until Ctrl-C or SIGTERM, then drain. A second Ctrl-C does not wait.

    Args:
        config: the settings.
        ready: called once the server answers.

    Returns:
        The exit code: 0 after SIGTERM, 130 after Ctrl-C, as shells count.
    """
    stopped: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def stop(code: int) -> None:
        if stopped.done():
            raise KeyboardInterrupt
        stopped.set_result(code)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop, 0)
    loop.add_signal_handler(signal.SIGINT, stop, 130)
    async with serving(config) as server:
        await ready(server)
        return await stopped


def _host(config: Config) -> str:
    return f"[{config.host}]" if ":" in config.host else config.host


def _uvicorn_config(app: ASGIApp, config: Config) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="websockets-sansio",
        ws_max_size=WS_BYTES_MAX,
        ws_max_queue=WS_QUEUE_MAX,
        ws_per_message_deflate=False,
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
