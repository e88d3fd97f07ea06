"""The short way reads and writes what the long way does: the same messages, pongs and closes, however bytes are cut."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any, cast

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request, Response

from server.transport import HttpProtocol
from server.websocket import EXTENSION, TOGETHER_BYTES_MAX, SocketProtocol, Wire

REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
WS_BYTES_MAX = 65_536


class Line(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closing = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    abort = close

    def pause_reading(self) -> None:
        """The test looks at nothing here: the next bytes come once the app has had its turn."""

    resume_reading = pause_reading


class Plain(Line):
    """One whose protocol may change."""

    protocol: SocketProtocol | None = None

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol


class Ear:
    """An application that takes whatever comes, by the short way where there is one."""

    def __init__(self) -> None:
        self.heard: list[Wire] = []
        self.ended_with: int | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        if EXTENSION in scope["extensions"]:
            scope["extensions"][EXTENSION].attach(self.heard.append)
        while (message := await receive())["type"] == "websocket.receive":
            data = message.get("bytes")
            self.heard.append(message["text"] if data is None else data)
        self.ended_with = message["code"]


async def opened(kind: type[WebSocketsSansIOProtocol]) -> tuple[Any, Line, Ear]:
    """A connection of this kind, its handshake done."""
    ear, line = Ear(), Line()
    config = uvicorn.Config(ear, ws_max_size=WS_BYTES_MAX, ws_per_message_deflate=False, log_config=None)
    config.load()
    protocol = kind(config, ServerState(), {})
    protocol.connection_made(line)
    protocol.data_received(REQUEST)
    await turns()
    assert line.written.pop().startswith(b"HTTP/1.1 101")
    return protocol, line, ear


async def opened_plainly() -> tuple[SocketProtocol, Line, Ear]:
    """A connection whose request was plain, its handshake done."""
    ear, line = Ear(), Plain()
    config = uvicorn.Config(
        ear, http=HttpProtocol, ws=SocketProtocol, ws_max_size=WS_BYTES_MAX, ws_per_message_deflate=False,
        log_config=None,
    )  # fmt: skip
    config.load()
    http = HttpProtocol(config, ServerState(), {})
    http.connection_made(line)
    http.data_received(REQUEST)
    await turns()
    assert line.written.pop().startswith(b"HTTP/1.1 101")
    assert line.protocol is not None
    return line.protocol, line, ear


async def turns() -> None:
    """The app's task, and what is written soon, get to run."""
    for _ in range(5):
        await asyncio.sleep(0)


async def told(kind: type[WebSocketsSansIOProtocol], chunks: list[bytes]) -> tuple[list[Wire], bytes, bool]:
    """What a connection of this kind makes of these bytes: messages, what it writes, whether it closes."""
    protocol, line, ear = await opened(kind)
    for chunk in chunks:
        if line.closing:
            break
        protocol.data_received(chunk)
        await turns()
    made = ear.heard, b"".join(line.written), line.closing
    protocol.connection_lost(None)
    await turns()
    return made


def control_frames(written: bytes) -> list[bytes]:
    """What the server wrote: pongs and a close."""
    frames = []
    while written:
        size = 2 + written[1]
        frames.append(written[:size])
        written = written[size:]
    return frames


def wire(opcode: Opcode, data: bytes = b"", *, fin: bool = True, mask: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=mask)


def bare(first: int, size: int, mask: bool, long: bool) -> bytes:
    """A frame of any kind, allowed or not, its length told in any way."""
    masked = 0x80 if mask else 0
    length = bytes((masked | 126,)) + size.to_bytes(2, "big") if long or size > 125 else bytes((masked | size,))
    return bytes((first,)) + length + (bytes(4) if mask else b"") + b"y" * size


sizes = st.integers(0, 300) | st.sampled_from([125, 126, 127, 65_535])
plain = st.builds(lambda kind, size: wire(kind, b"x" * size), st.sampled_from([Opcode.TEXT, Opcode.BINARY]), sizes)
control = st.builds(
    lambda kind, size: wire(kind, b"p" * size), st.sampled_from([Opcode.PING, Opcode.PONG]), st.integers(0, 125)
)
odd = st.one_of(
    st.builds(bare, st.integers(0, 255), sizes, st.booleans(), st.booleans()),
    st.just(wire(Opcode.TEXT, b"ab", fin=False) + wire(Opcode.PING, b"1") + wire(Opcode.CONT, b"cd")),
    st.builds(lambda size: wire(Opcode.BINARY, b"x" * size), st.just(65_537)),
    st.just(wire(Opcode.CLOSE, Close(1000, "").serialize())),
    st.just(wire(Opcode.TEXT, b"\xff")),
    st.binary(max_size=20),
)


@given(st.lists(plain | control, max_size=6), st.lists(odd | plain, max_size=3), st.data())
@settings(max_examples=300, deadline=None)
def test_the_short_way_tells_what_the_long_way_tells(
    first: list[bytes], then: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join((*first, *then))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) if b > a]

    async def both() -> None:
        heard, written, closes = await told(SocketProtocol, chunks)
        try:
            long_heard, long_written, long_closes = await told(WebSocketsSansIOProtocol, chunks)
        except InvalidState:
            assert closes  # uvicorn itself raises on a close that comes with text that is not UTF-8
            return
        assert closes == long_closes
        if not closes:
            assert (heard, written) == (long_heard, long_written)
            return
        # The long way passes over what came in the same bytes before a fault, and tells of the last of several faults.
        assert heard[: len(long_heard)] == long_heard
        assert [frame[0] for frame in control_frames(written)].count(0x88) <= 1

    asyncio.run(both())


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (bare(0x82, 5, False, False), 1002),
        (bare(0xC2, 5, True, False), 1002),
        (bare(0x83, 5, True, False), 1002),
        (bare(0x89, 126, True, True), 1002),
        (wire(Opcode.CONT, b"of nothing"), 1002),
        (wire(Opcode.TEXT, b"\xff"), 1007),
        (wire(Opcode.BINARY, b"x" * 65_537), 1009),
    ],
    ids=["unmasked", "compressed", "unknown", "long ping", "continuation", "not UTF-8", "large"],
)
async def test_a_fault_closes_with_its_code_behind_what_came_before(fault: bytes, code: int) -> None:
    heard, written, closes = await told(SocketProtocol, [wire(Opcode.BINARY, b"fine") + fault])
    assert heard == [b"fine"]
    assert closes
    assert Close.parse(written[2:]).code == code


async def test_a_frame_may_come_byte_by_byte() -> None:
    frames = wire(Opcode.BINARY, b"one") + wire(Opcode.TEXT, "zwölf".encode() * 30) + wire(Opcode.BINARY)
    heard, _, _ = await told(SocketProtocol, [bytes([byte]) for byte in frames])
    assert heard == [b"one", "zwölf" * 30, b""]


async def test_what_is_taken_waits_in_no_queue() -> None:
    protocol, _, ear = await opened(SocketProtocol)
    protocol.data_received(wire(Opcode.BINARY, b"at once"))
    assert ear.heard == [b"at once"]
    assert protocol.queue.empty()


async def test_what_follows_soon_is_written_together_and_in_order() -> None:
    protocol, line, _ = await opened(SocketProtocol)
    assert protocol.push(b"event", soon=True)
    assert line.written == []
    assert protocol.push("ack")
    assert line.written == [wire(Opcode.BINARY, b"event", mask=False) + wire(Opcode.TEXT, b"ack", mask=False)]
    assert protocol.push(b"alone", soon=True)
    await turns()
    assert line.written[1:] == [wire(Opcode.BINARY, b"alone", mask=False)]


async def test_a_close_goes_behind_what_was_pushed() -> None:
    protocol, line, _ = await opened(SocketProtocol)
    protocol.push(b"last words", soon=True)
    await protocol.send({"type": "websocket.close", "code": 4000})
    assert line.written[0] == wire(Opcode.BINARY, b"last words", mask=False)
    assert not protocol.push(b"too late")
    await turns()
    assert len(line.written) == 2
    protocol.connection_lost(None)


async def test_sizes_are_told_as_rfc_6455_has_them() -> None:
    protocol, line, _ = await opened(SocketProtocol)
    for size in (0, 125, 126, 65_535, 65_536):
        protocol.push(b"x" * size)
        assert line.written[-1] == wire(Opcode.BINARY, b"x" * size, mask=False)


async def test_a_transport_that_asks_for_patience_gets_it() -> None:
    protocol, line, _ = await opened(SocketProtocol)
    protocol.push(b"before", soon=True)
    protocol.pause_writing()
    assert not protocol.push(b"not now")
    sending = asyncio.ensure_future(protocol.send({"type": "websocket.send", "bytes": b"behind"}))
    await turns()
    assert not sending.done()
    protocol.resume_writing()
    await turns()
    assert b"".join(line.written) == b"".join(wire(Opcode.BINARY, part, mask=False) for part in (b"before", b"behind"))
    assert protocol.push(b"now")


async def test_what_is_written_together_is_bounded() -> None:
    protocol, line, _ = await opened(SocketProtocol)
    for _ in range(10):
        protocol.push(b"x" * (TOGETHER_BYTES_MAX // 4), soon=True)
    assert len(cast("list[bytes]", line.written)) == 2
    await turns()
    assert len(line.written[0]) < 2 * TOGETHER_BYTES_MAX


async def test_the_handshake_is_forgotten_once_it_is_done() -> None:
    protocol, _, _ = await opened(SocketProtocol)
    assert protocol.scope["headers"] == []
    gc.collect()
    assert not [thing for thing in gc.get_objects() if isinstance(thing, Request | Response)]


async def test_who_waits_to_write_goes_on_in_order_and_may_give_up() -> None:
    protocol, line, _ = await opened(SocketProtocol)
    protocol.pause_writing()
    sends = [asyncio.ensure_future(protocol.send({"type": "websocket.send", "bytes": part})) for part in (b"1", b"2")]
    await turns()
    sends[0].cancel()
    await turns()
    assert not sends[1].done()
    protocol.resume_writing()
    await asyncio.gather(*sends, return_exceptions=True)
    assert line.written == [wire(Opcode.BINARY, b"2", mask=False)]


async def test_a_connection_that_is_gone_leaves_no_cycle() -> None:
    protocol, _, _ = await opened(SocketProtocol)
    gone = weakref.ref(protocol)
    gc.disable()
    try:
        protocol.connection_lost(None)
        await turns()
        del protocol
        assert gone() is None
    finally:
        gc.enable()


async def test_a_connection_has_all_that_uvicorn_gives_its_own() -> None:
    config = uvicorn.Config(Ear(), ws_max_size=WS_BYTES_MAX, ws_per_message_deflate=False, ws_ping_interval=None)
    config.load()
    theirs = WebSocketsSansIOProtocol(config, ServerState(), {})
    ours = SocketProtocol(config, ServerState(), {})
    line = Line()
    theirs.connection_made(line)
    ours.connection_made(line)
    made_otherwise = {"queue", "writable", "logger", "conn", "ping_timeout"}
    for name, value in vars(theirs).items():
        assert hasattr(ours, name), name
        if name not in made_otherwise and name != "connections":
            assert getattr(ours, name) == value, name


async def test_a_parser_is_made_only_for_what_is_not_plain() -> None:
    protocol, line, ear = await opened_plainly()
    protocol.data_received(wire(Opcode.BINARY, b"plain"))
    assert protocol.push(b"answer")
    assert protocol._conn is None
    protocol.data_received(wire(Opcode.PING, b"there?"))
    assert line.written[-1] == wire(Opcode.PONG, b"there?", mask=False)
    protocol.data_received(wire(Opcode.TEXT, b"two ", fin=False) + wire(Opcode.CONT, b"pieces"))
    await turns()
    assert ear.heard == [b"plain", "two pieces"]
    protocol.data_received(wire(Opcode.CLOSE, Close(1000, "").serialize()))
    await turns()
    assert ear.ended_with == 1000
    assert line.closing
    protocol.connection_lost(None)


async def test_a_close_of_ours_is_the_first_that_a_plain_connection_writes_the_long_way() -> None:
    protocol, line, _ = await opened_plainly()
    await protocol.send({"type": "websocket.close", "code": 4000, "reason": "over"})
    assert line.written == [wire(Opcode.CLOSE, Close(4000, "over").serialize(), mask=False)]
    protocol.connection_lost(None)
