"""A browser's request for a WebSocket, read at once, and its answer: pure, bytes in and bytes out.

uvicorn has such a request parsed by h11, written out again and parsed by `websockets`: 0.2 ms, a fifth of all that a
join cost. Nearly every one is one plain head in one piece (RFC 6455, 4.1): that is read here. Whatever is not exactly
so, faults too, is nobody's here (None): h11 and `websockets` read it and word the answer, and a test holds both ways
to the same.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from hashlib import sha1
from typing import Final, NamedTuple

HEAD_BYTES_MAX: Final = 8_000
"""A browser's, with its cookie, is about 1,000; under the 8,192 at which `websockets` refuses a line."""
HEADERS_MAX: Final = 100
"""A browser sends about 15; under the 128 at which `websockets` refuses."""

Headers = list[tuple[bytes, bytes]]

_TOKEN: Final = rb"[-!#$%&'*+.^_`|~0-9a-zA-Z]++"
_HEAD: Final = re.compile(
    rb"GET (/[!\"$->@-~]*+)(?:\?([!\"$-~]*+))? HTTP/1\.1\r\n((?:" + _TOKEN + rb":[\t -~]*+\r\n)++)\r\n"
)
"""Path, query and header lines. In possessive steps: whatever bytes come, it never looks back."""
_LIST: Final = re.compile(_TOKEN + rb"(?:[ \t]*+,[ \t]*+" + _TOKEN + rb")*+")
_KEY: Final = re.compile(rb"[0-9A-Za-z+/]{22}==")
"""16 bytes in base64."""
_NOT_PLAIN: Final = frozenset({b"content-length", b"transfer-encoding", b"expect"})
"""A body, or the announcement of one."""
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, 1.3."""


class Opening(NamedTuple):
    """What a plain request asks for."""

    path: bytes
    """As it came, percent-encoded."""
    query: bytes
    headers: Headers
    """Names in lower case, each once."""
    subprotocols: list[str]
    """As offered, in the client's order."""
    key: bytes


def plain_opening(data: bytes) -> Opening | None:
    """The request that these bytes are, all of them; None where they are anything else."""
    if len(data) > HEAD_BYTES_MAX:
        return None
    match = _HEAD.fullmatch(data)
    if match is None:
        return None
    path, query, lines = match.groups()
    headers = [_header(line) for line in lines.split(b"\r\n")[:-1]]
    fields = dict(headers)
    if len(fields) < len(headers) or len(fields) > HEADERS_MAX or not fields.keys().isdisjoint(_NOT_PLAIN):
        return None
    key = fields.get(b"sec-websocket-key", b"")
    asks_so = (
        b"host" in fields
        and fields.get(b"upgrade", b"").lower() == b"websocket"
        and b"upgrade" in _listed(fields.get(b"connection", b"").lower())
        and fields.get(b"sec-websocket-version") == b"13"
        and _KEY.fullmatch(key) is not None
    )
    offered = fields.get(b"sec-websocket-protocol")
    subprotocols = [] if offered is None else _listed(offered)
    if not asks_so or (offered is not None and not subprotocols):
        return None
    return Opening(path, query or b"", headers, [name.decode("ascii") for name in subprotocols], key)


def accepted(key: bytes, headers: Iterable[tuple[bytes, bytes]], subprotocol: str | None) -> bytes:
    """The answer that accepts: RFC 6455, 4.2.2, with these headers besides."""
    proof = binascii.b2a_base64(sha1(key + _GUID, usedforsecurity=False).digest(), newline=False)
    answer = [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
        proof,
        b"\r\n",
    ]
    for name, value in headers:
        answer += (name, b": ", value, b"\r\n")
    if subprotocol:
        answer += (b"Sec-WebSocket-Protocol: ", subprotocol.encode("ascii"), b"\r\n")
    answer.append(b"\r\n")
    return b"".join(answer)


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.lower(), value.strip(b" \t")


def _listed(value: bytes) -> list[bytes]:
    """The tokens of a list; empty where it is none."""
    if _LIST.fullmatch(value) is None:
        return []
    return [token.strip(b" \t") for token in value.split(b",")]
