"""A load generator on bare sockets: so cheap that the server under test is what saturates.

Clients sit in rooms of two. Every message carries its sender and the instant it left, so that a delivery is counted
and timed by looking for one mark in the bytes, whatever the server's own format around it.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

MARK = b"mark#"
"""Long enough that no other bytes of a frame read so: a time in MessagePack now and then holds any two."""
MARK_BYTES = len(MARK) + 6 + 1 + 16
"""``mark#`` + sender (6 digits) + ``#`` + nanoseconds (16 hexadecimal digits)."""
ALIVE_S = 1.0
"""Between two of one page's reports, from its joining on."""
FRAME_BYTES_MAX = 1 << 20
"""A frame larger than this from a server under test is a mistake of the benchmark."""


def mark(sender: int) -> str:
    """Who sends, and when, in `MARK_BYTES` characters."""
    return f"mark#{sender:06d}#{time.monotonic_ns():016x}"


class Dialect(Protocol):
    """How one server is spoken to."""

    name: str

    def request(self, client: int) -> tuple[str, dict[str, str]]:
        """Path and extra headers of the upgrade."""
        ...

    def opened(self, client: Client) -> None:
        """The socket is open: join the room."""
        ...

    def received(self, client: Client, payload: bytes, text: bool) -> None:
        """Any frame; call ``client.joined()`` once the room is entered."""
        ...

    def offer(self, sender: int) -> tuple[bytes, bool]:
        """A 2.3 kB session description for the other one of the room: payload, and whether it is text."""
        ...

    def chat(self, sender: int) -> tuple[bytes, bool]:
        """A 120-byte chat message."""
        ...


@dataclass
class Tally:
    """What arrived since the last reset."""

    delivered: int = 0
    latencies_ns: list[int] = field(default_factory=list)
    keep_latencies: bool = False


class Client(asyncio.Protocol):
    """One WebSocket client: upgrade, frames out (masked with zeros, which RFC 6455 allows), frames in."""

    def __init__(self, index: int, dialect: Dialect, tally: Tally, on_delivery: Callable[[int], None]) -> None:
        self.index = index
        self.dialect = dialect
        self.tally = tally
        self.on_delivery = on_delivery
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False
        self._upgraded = False
        self._buffer = bytearray()
        self.transport: asyncio.Transport | None = None
        self.state: dict[str, object] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        path, headers = self.dialect.request(self.index)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())  # type: ignore[attr-defined]

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.ready.done():
            self.ready.set_exception(
                ConnectionError(f"{self.dialect.name}: client {self.index} was cut off while joining")
            )

    def joined(self) -> None:
        """The room is entered."""
        if not self.ready.done():
            self.ready.set_result(None)

    def send(self, payload: bytes, text: bool) -> None:
        """One whole frame."""
        opcode = 0x81 if text else 0x82
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB4x", opcode, 0x80 | size)
        elif size < 65_536:
            head = struct.pack("!BBH4x", opcode, 0x80 | 126, size)
        else:
            raise ValueError(f"{size} bytes are more than this benchmark sends")
        assert self.transport is not None
        self.transport.write(head + payload)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        if not self._upgraded:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if b" 101 " not in bytes(buffer[:32]):
                raise ConnectionError(f"{self.dialect.name} refused the upgrade: {bytes(buffer[:200])!r}")
            del buffer[: end + 4]
            self._upgraded = True
            self.dialect.opened(self)
        self._frames()

    def _frames(self) -> None:
        buffer = self._buffer
        at, end = 0, len(buffer)
        while end - at >= 2:
            size, head = buffer[at + 1], 2
            if size == 126:
                if end - at < 4:
                    break
                size, head = int.from_bytes(buffer[at + 2 : at + 4], "big"), 4
            elif size == 127:
                if end - at < 10:
                    break
                size, head = int.from_bytes(buffer[at + 2 : at + 10], "big"), 10
            if size > FRAME_BYTES_MAX:
                raise ConnectionError(f"{self.dialect.name}: a frame of {size} bytes")
            if end - at < head + size:
                break
            opcode = buffer[at] & 0x0F
            payload = bytes(buffer[at + head : at + head + size])
            at += head + size
            self._frame(opcode, payload)
        del buffer[:at]

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == 9:
            assert self.transport is not None
            self.transport.write(struct.pack("!BB4x", 0x8A, 0x80 | len(payload)) + payload)
            return
        if opcode not in (1, 2):
            return
        found = payload.find(MARK)
        if found >= 0:
            at = found + len(MARK)
            sender = int(payload[at : at + 6])
            if sender != self.index:
                self.tally.delivered += 1
                if self.tally.keep_latencies:
                    sent = int(payload[at + 7 : at + 23], 16)
                    self.tally.latencies_ns.append(time.monotonic_ns() - sent)
                self.on_delivery(sender)
            return
        self.dialect.received(self, payload, opcode == 1)


class Crowd:
    """All clients of one run."""

    def __init__(self, dialect: Dialect, port: int) -> None:
        self.dialect = dialect
        self.port = port
        self.tally = Tally()
        self.clients: list[Client] = []
        self._again: Callable[[int], None] | None = None

    async def gather(self, count: int, at_once: int = 50) -> None:
        """Connect and join ``count`` more clients, ``at_once`` at a time (kept even: rooms of two)."""
        first = len(self.clients)
        for start in range(first, first + count, at_once):
            batch = [await self._connect(index) for index in range(start, min(start + at_once, first + count))]
            await asyncio.wait_for(asyncio.gather(*(client.ready for client in batch)), 30)

    async def _connect(self, index: int) -> Client:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(
            lambda: Client(index, self.dialect, self.tally, self._delivered), "127.0.0.1", self.port
        )
        self.clients.append(client)
        if hasattr(self.dialect, "alive"):  # the relays beside us know nothing of health
            loop.call_later(ALIVE_S, self._keep_alive, client)
        return client

    def _delivered(self, sender: int) -> None:
        if self._again is not None:
            self._again(sender)

    async def saturate(self, kind: str, seconds: float, window: int) -> None:
        """Closed loop: every client keeps ``window`` messages under way, each delivery lets one more go."""
        make = getattr(self.dialect, kind)

        def once(sender: int) -> None:
            client = self.clients[sender]
            if not client.lost:
                client.send(*make(sender))

        self._again = once
        for client in self.clients:
            for _ in range(window):
                once(client.index)
        await asyncio.sleep(seconds)
        self._again = None

    async def pace(self, kind: str, seconds: float, per_second: float) -> int:
        """Open loop: messages at a fixed rate, senders in turn. Returns how many were sent."""
        make = getattr(self.dialect, kind)
        start = time.monotonic()
        sent = 0
        while (passed := time.monotonic() - start) < seconds:
            due = int(passed * per_second)
            while sent < due:
                client = self.clients[sent % len(self.clients)]
                client.send(*make(client.index))
                sent += 1
            await asyncio.sleep(0.001)
        return sent

    def _keep_alive(self, client: Client) -> None:
        """What our page sends besides: a side of a lesson that is silent for 3 s is lost, and without this a run would
        measure trouble, not lessons."""
        if client.lost:
            return
        asyncio.get_running_loop().call_later(ALIVE_S, self._keep_alive, client)
        for frame in self.dialect.alive():  # type: ignore[attr-defined]
            client.send(*frame)

    async def close(self) -> None:
        """Hang up."""
        for client in self.clients:
            if client.transport is not None:
                client.transport.abort()
        self.clients.clear()
        await asyncio.sleep(0.2)

    @property
    def lost(self) -> int:
        """How many clients were cut off."""
        return sum(client.lost for client in self.clients)
