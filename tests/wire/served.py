"""The gateway behind a real uvicorn on uvloop, with one plain room in place of hosting: the test says what is sent."""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import uvicorn
import uvloop
import websockets
from starlette.types import ASGIApp

from rooms.audience import Message
from rooms.lesson import TEACHER, Actor, Role
from server.codec import MSGPACK, Codec, Encoded
from server.connection import Limits
from server.errors import CloseReason
from server.frames import Ack, Beat, BeatBack, ClientFrame, Elsewhere, Halt, Join, SayFrame
from server.gateway import Gateway
from server.relay_socket import RelaySocket
from server.seat import Admission, Client, Refused, Seat
from server.tickets import Tickets
from server.transport import HttpProtocol
from server.websocket import SocketProtocol
from tests.wire.clients import frame, pack, unpack

ORIGIN = "https://lessons.example"
TEST_S_MAX = 40
ANNA = Admission("l", Actor(Role.TEACHER, "anna", "Anna Weber", TEACHER))
ADA = Admission("l", Actor(Role.PUPIL_SIDE, "ada", "Ada", "sam"))


def on_uvloop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test on uvloop, as the server does, and not for ever."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(TEST_S_MAX):
                await test(*args, **kwargs)

        uvloop.run(bounded())

    del run.__wrapped__  # type: ignore[attr-defined]  # else pytest takes it for a coroutine
    run.__signature__ = inspect.signature(test)  # type: ignore[attr-defined]
    return run


class PlainRoom:
    """Everybody in one room, chat goes to all at once; what a test sets makes it refuse, wait or fail."""

    def __init__(self) -> None:
        self.seats: list[Seat] = []
        self.left_by: list[str] = []
        self.cleanly: list[bool] = []
        self.answer: Refused | Elsewhere | None = None
        self.hold: asyncio.Event | None = None
        self.fails_on: type | None = None

    async def join(self, admission: Admission, join: Join, client: Client) -> Seat | Refused | Elsewhere:
        if self.hold is not None:
            await self.hold.wait()
        if self.fails_on is Join:
            raise ZeroDivisionError("a fault of ours")
        if self.answer is not None:
            return self.answer
        seat = Seat(admission, join.device, 1, client, 0)
        self.seats.append(seat)
        client.send(Halt())
        return seat

    def receive(self, seat: Seat, frame: ClientFrame) -> None:
        if type(frame) is self.fails_on:
            raise ZeroDivisionError("a fault of ours")
        match frame:
            case SayFrame():
                self.show(frame.text)
                seat.client.send(Ack(action=frame.action, ok=True))
            case Beat():
                seat.client.send(BeatBack(t=frame.t, now=1))

    def show(self, text: str) -> None:
        shown = Encoded(Message(at=1, message="m", side=TEACHER, author="Anna", text=text))
        for seat in self.seats:
            seat.n += 1
            seat.client.deliver(seat.n, shown)

    def close(self, reason: CloseReason) -> None:
        for seat in self.seats:
            seat.client.close(reason)

    def left(self, seat: Seat, *, clean: bool) -> None:
        self.left_by.append(seat.device)
        self.cleanly.append(clean)
        if seat in self.seats:
            self.seats.remove(seat)


class Served(msgspec.Struct):
    """A running gateway."""

    gateway: Gateway
    room: Any
    """`PlainRoom`, or hosting itself."""
    tickets: Tickets
    port: int
    relay: RelaySocket | None = None

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    def connect(self, codec: Codec = MSGPACK, origin: str | None = ORIGIN, **options: Any) -> Any:
        return websockets.connect(
            self.url, subprotocols=[codec.subprotocol], origin=origin, compression=None, ping_interval=None, **options
        )

    @asynccontextmanager
    async def joined(
        self, admission: Admission = ANNA, device: str = "d", codec: Codec = MSGPACK, **options: Any
    ) -> AsyncIterator[Any]:
        async with self.connect(codec, **options) as client:
            ticket = self.tickets.issue(admission)
            await client.send(pack(codec, frame("join", ticket=ticket, device=device, resume=None, take_over=False)))
            assert unpack(await client.recv()) == {"type": "halt"}
            yield client


@asynccontextmanager
async def served(limits: Limits | None = None, **bounds: int) -> AsyncIterator[Served]:
    """A plain room behind the gateway."""
    room = PlainRoom()
    tickets = Tickets(b"s" * 32, asyncio.get_running_loop().time, os.urandom)
    gateway = Gateway(room, tickets, frozenset({ORIGIN}), limits=limits, **bounds)
    async with listening(gateway) as port:
        yield Served(gateway, room, tickets, port)


@asynccontextmanager
async def listening(gateway: ASGIApp) -> AsyncIterator[int]:
    """Serve on a free port, with uvicorn's settings as the product has them."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        gateway, http=HttpProtocol, ws=SocketProtocol, ws_max_size=65_536, ws_per_message_deflate=False,
        lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.005)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task
