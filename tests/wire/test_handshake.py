"""A plain request is read as h11 and `websockets` read it, and answered as they answer; anything else is theirs."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from server.handshake import HEAD_BYTES_MAX, plain_opening
from server.transport import HttpProtocol
from server.websocket import EXTENSION, SocketProtocol
from tests.wire.test_websocket import Line, turns

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
PROOF = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""RFC 6455, 1.3: the example's own answer."""
CHROMIUM = [
    (b"Host", b"lessons.example:8443"),
    (b"Connection", b"Upgrade"),
    (b"Pragma", b"no-cache"),
    (b"User-Agent", b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"),
    (b"Upgrade", b"websocket"),
    (b"Origin", b"https://lessons.example:8443"),
    (b"Sec-WebSocket-Version", b"13"),
    (b"Accept-Encoding", b"gzip, deflate, br, zstd"),
    (b"Cookie", b"session=abc_-123; theme=dark"),
    (b"Sec-WebSocket-Key", KEY),
    (b"Sec-WebSocket-Extensions", b"permessage-deflate; client_max_window_bits"),
    (b"Sec-WebSocket-Protocol", b"lesson.v1.msgpack, lesson.v1.json"),
]


def head(fields: list[tuple[bytes, bytes]], line: bytes = b"GET /ws HTTP/1.1") -> bytes:
    return b"\r\n".join((line, *(name + b": " + value for name, value in fields), b"", b""))


class Wired(Line):
    """A transport between two addresses, whose protocol may change."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol: Any = None

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 80), "peername": ("10.0.0.7", 4_000)}.get(name, default)

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol


class Door:
    """An application that accepts or refuses, and keeps what it was told, and the messages that followed."""

    def __init__(self, accepts: bool) -> None:
        self.accepts = accepts
        self.scope: dict[str, Any] | None = None
        self.heard: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = {**scope, "headers": list(scope["headers"]), "extensions": sorted(scope["extensions"])}
        await receive()
        if not self.accepts:
            await send({"type": "websocket.http.response.start", "status": 429, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b""})
            return
        await send({"type": "websocket.accept", "subprotocol": "lesson.v1.json", "headers": [(b"x-more", b"1")]})
        while (message := await receive())["type"] == "websocket.receive":
            self.heard.append(message)


Told = tuple[dict[str, Any] | None, set[bytes], bool, list[Any]]


async def told(kind: type[H11Protocol], chunks: list[bytes], *, accepts: bool = True) -> Told:
    """What the app sees of these bytes, the lines of the answer, whether the connection ends, and messages."""
    door, line = Door(accepts), Wired()
    config = uvicorn.Config(door, ws=SocketProtocol, ws_per_message_deflate=False, log_config=None)
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"Tue, 24 Nov 2026 18:00:00 GMT")]
    line.protocol = kind(config, state, {"of": "the app"})
    line.protocol.connection_made(line)
    for chunk in chunks:
        if not line.closing:
            line.protocol.data_received(chunk)
        await turns()
    answer = set(b"".join(line.written).lower().split(b"\r\n"))
    made = door.scope, {part for part in answer if not part.startswith(b"date")}, line.closing, door.heard
    line.protocol.connection_lost(None)
    await turns()
    return made


def both(chunks: list[bytes], *, accepts: bool = True) -> tuple[Told, Told]:
    async def run() -> tuple[Told, Told]:
        return await told(HttpProtocol, chunks, accepts=accepts), await told(H11Protocol, chunks, accepts=accepts)

    return asyncio.run(run())


def test_the_answer_is_the_one_of_the_rfc() -> None:
    _, answer, closes, _ = both([head(CHROMIUM)])[0]
    assert b"sec-websocket-accept: " + PROOF.lower() in answer
    assert b"http/1.1 101 switching protocols" in answer
    assert not closes


@pytest.mark.parametrize("accepts", [True, False])
def test_a_browsers_request_is_plain_and_reads_as_the_long_way_reads_it(accepts: bool) -> None:
    assert plain_opening(head(CHROMIUM)) is not None
    short, long = both([head(CHROMIUM, b"GET /ws?from=caf%C3%A9 HTTP/1.1")], accepts=accepts)
    assert short == long
    assert short[0] is not None
    assert EXTENSION in short[0]["extensions"]


def test_what_comes_before_the_answer_is_not_lost() -> None:
    frame = bytes((0x82, 0x83, 0, 0, 0, 0)) + b"yes"

    async def early(kind: type[H11Protocol]) -> list[Any]:
        return (await told(kind, [head(CHROMIUM), frame]))[3]

    assert asyncio.run(early(HttpProtocol)) == asyncio.run(early(H11Protocol))
    assert asyncio.run(early(HttpProtocol))[0]["bytes"] == b"yes"


@pytest.mark.parametrize(
    "unusual",
    [
        head(CHROMIUM)[:-1],
        head(CHROMIUM) + b"more",
        head(CHROMIUM, b"POST /ws HTTP/1.1"),
        head(CHROMIUM, b"GET /ws HTTP/1.0"),
        head(CHROMIUM, b"GET http://x/ws HTTP/1.1"),
        head(CHROMIUM[1:]),
        head([*CHROMIUM, (b"host", b"other")]),
        head([*CHROMIUM, (b"ORIGIN", b"https://evil.example")]),
        head([*CHROMIUM, (b"Content-Length", b"5")]),
        head([*CHROMIUM, (b"Expect", b"100-continue")]),
        head([*CHROMIUM, (b"X", b"caf\xe9")]),
        head([*CHROMIUM, (b"X", b"a\r\n b")]),
        head([*CHROMIUM, (b"X ", b"a")]),
        head([*CHROMIUM, (b"X", b"x" * HEAD_BYTES_MAX)]),
        head([*CHROMIUM, *((b"X%d" % n, b"") for n in range(150))]),
        head([field for field in CHROMIUM if field[0] != b"Sec-WebSocket-Key"]),
        head(CHROMIUM).replace(KEY, base64.b64encode(b"short")),
        head(CHROMIUM).replace(b"Version: 13", b"Version: 8"),
        head(CHROMIUM).replace(b"websocket\r", b"h2c\r"),
        head(CHROMIUM).replace(b", lesson", b";, lesson"),
    ],
)
def test_whatever_is_not_plain_is_left_to_the_long_way(unusual: bytes) -> None:
    assert plain_opening(unusual) is None


names = st.sampled_from([name for name, _ in CHROMIUM]) | st.from_regex(
    rb"[!#-'*+.^_`|~0-9A-Za-z-]{1,8}", fullmatch=True
)
values = st.sampled_from([value for _, value in CHROMIUM]) | st.text(
    st.characters(min_codepoint=1, max_codepoint=255), max_size=12
).map(lambda text: text.encode("latin-1"))
paths = st.from_regex(rb"/[!-~]{0,12}", fullmatch=True)


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """A browser's request with some of it changed, or with bytes of it changed."""
    fields = [(draw(st.sampled_from([name, name.lower(), name.upper()])), value) for name, value in CHROMIUM]
    for _ in range(draw(st.integers(0, 2))):
        match draw(st.sampled_from(["more", "less", "other"])):
            case "more":
                fields.insert(draw(st.integers(0, len(fields))), (draw(names), draw(values)))
            case "less":
                fields.pop(draw(st.integers(0, len(fields) - 1)))
            case _:
                at = draw(st.integers(0, len(fields) - 1))
                fields[at] = (fields[at][0], draw(values))
    data = bytearray(head(fields, b"GET " + draw(paths) + b" HTTP/1.1"))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(data)


@given(heads())
@settings(max_examples=1_000, deadline=None)
def test_what_is_plain_reads_as_the_long_way_reads_it(data: bytes) -> None:
    if plain_opening(data) is not None:
        short, long = both([data])
        assert short == long


@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda data: head(CHROMIUM)[:-2] + data))
def test_no_bytes_raise(data: bytes) -> None:
    plain_opening(data)
