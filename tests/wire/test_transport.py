"""Below ASGI: connections that never become a request, bytes that never become a frame. Each alone is cut."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.responses import PlainTextResponse
from websockets.frames import Frame, Opcode

from server import transport
from server.codec import MSGPACK
from tests.wire.clients import frame, pack, unpack
from tests.wire.served import ADA, ANNA, ORIGIN, Served, listening, on_uvloop, served

SOON_S = 0.2
"""In place of the real limits."""
LARGE = b"x" * 20_000_000
"""An answer that no socket's buffers hold."""
FLOOD_BYTES = 50_000_000
"""Nobody is let push so much."""
HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def pipe(port: int, sends: bytes = b"", reads_max: int = 2**16) -> AsyncIterator[Pipe]:
    """A bare connection that has sent some bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=reads_max)
    writer.write(sends)
    try:
        yield reader, writer
    finally:
        writer.close()


async def end_of(reader: asyncio.StreamReader) -> bytes:
    """What still comes until the other side ends it."""
    try:
        return await asyncio.wait_for(reader.read(-1), 30)
    except ConnectionResetError:
        return b""


def handshake(path: str = "/ws") -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: {ORIGIN}\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: lesson.v1.msgpack\r\n\r\n"
    ).encode()


def wire(opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


async def push(writer: asyncio.StreamWriter, again: bytes) -> None:
    """Write the same again and again, up to `FLOOD_BYTES`."""
    for _ in range(FLOOD_BYTES // len(again)):
        writer.write(again)
        await asyncio.wait_for(writer.drain(), 10)


async def is_served(house: Served) -> None:
    """Somebody else's socket opens and answers."""
    async with house.joined(ADA, device="other") as other:
        await other.send(pack(MSGPACK, frame("beat", t=7)))
        assert unpack(await asyncio.wait_for(other.recv(), 5))["t"] == 7


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nHos"])
@on_uvloop
async def test_half_a_head_has_its_time(start: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "HEAD_S_MAX", SOON_S)
    async with listening(PlainTextResponse("hello")) as port, pipe(port, start) as (stuck, _):
        async with pipe(port, HELLO) as (good, _):
            assert b"hello" in await good.readuntil(b"hello")
        assert await end_of(stuck) == b""


@on_uvloop
async def test_a_head_that_trickles_is_cut_though_it_never_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "HEAD_S_MAX", SOON_S)
    async with listening(PlainTextResponse("hello")) as port, pipe(port, HELLO) as (reader, writer):
        await reader.readuntil(b"hello")  # a first answer does not buy time either

        async def trickle() -> None:
            while True:
                writer.write(b"X")
                await asyncio.sleep(0.01)

        trickling = asyncio.create_task(trickle())
        assert await end_of(reader) == b""
        trickling.cancel()


@on_uvloop
async def test_a_body_that_goes_on_after_its_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "HEAD_S_MAX", SOON_S)
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    async with listening(PlainTextResponse("hello")) as port, pipe(port, request) as (reader, writer):
        await reader.readuntil(b"hello")
        writer.write(b"more")
        assert await end_of(reader) == b""


@pytest.mark.parametrize("head", [HELLO, HELLO[:-2] + b"Connection: close\r\n\r\n"])
@on_uvloop
async def test_an_answer_that_nobody_reads_is_let_go(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "ANSWER_S_MAX", SOON_S)
    monkeypatch.setattr(transport, "HEAD_S_MAX", SOON_S)
    async with listening(PlainTextResponse(LARGE)) as port, pipe(port, head, reads_max=1) as (reader, _):
        await asyncio.sleep(4 * SOON_S)
        assert len(await end_of(reader)) < len(LARGE)


@on_uvloop
async def test_a_full_house_turns_the_next_away_and_keeps_those_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "connections_max", lambda: 2)
    async with (
        listening(PlainTextResponse("hello")) as port,
        pipe(port) as (first, asks),
        pipe(port),
        pipe(port) as (
            third,
            _,
        ),
    ):
        assert await end_of(third) == b""
        asks.write(HELLO)
        assert b"hello" in await first.readuntil(b"hello")


def test_there_are_never_more_connections_than_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (1_024, 1_024))
    assert transport.connections_max() == 924
    monkeypatch.setattr("resource.getrlimit", lambda _: (1_000_000, 1_000_000))
    assert transport.connections_max() == transport.CONNECTIONS_MAX


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", wire(Opcode.PING, b"p" * 125) * 300),
        (b"", wire(Opcode.PING) * 300),
        (wire(Opcode.BINARY, fin=False), wire(Opcode.CONT, fin=False) * 300),
        (b"", wire(Opcode.BINARY, b"x" * 125) * 300),
    ],
    ids=["pings", "empty pings", "empty pieces", "frames"],
)
@on_uvloop
async def test_a_flood_below_the_frames_is_cut_and_nobody_else(first: bytes, again: bytes) -> None:
    async with served() as house, pipe(house.port, handshake()) as (reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        with pytest.raises(ConnectionError):
            await push(writer, again)
        await is_served(house)


@on_uvloop
async def test_what_is_allowed_is_not_cut() -> None:
    async with served() as house, house.joined(ANNA) as client:
        for _ in range(100):
            await client.ping()
        body = {"kind": "description", "sdp_type": "offer", "sdp": "v" * 16_000}
        for _ in range(12):
            await client.send(pack(MSGPACK, frame("signal", body=body)))
        await client.send(pack(MSGPACK, frame("beat", t=9)))
        assert unpack(await asyncio.wait_for(client.recv(), 5))["t"] == 9


@on_uvloop
async def test_what_clients_do_wrong_is_no_fault_in_the_log_and_no_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with served() as house:
        async with pipe(house.port, handshake("/ws?ticket=secret")) as (reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(wire(Opcode.TEXT, b"\xff\xfe"))
            assert (await end_of(reader)).endswith(b"\x88\x02\x03\xef"), "closed with 1007"
        async with pipe(house.port, handshake().replace(b"lessons.example", b"evil.example")) as (reader, _):
            assert (await end_of(reader)).startswith(b"HTTP/1.1 403")
        async with pipe(house.port, os.urandom(3) + b"\r\n\r\n") as (reader, _):
            assert (await end_of(reader)).startswith(b"HTTP/1.1 400")
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert "secret" not in caplog.text
    assert "127.0.0.1:" not in caplog.text.replace(f"127.0.0.1:{house.port}", "")
