"""uvicorn's WebSocket protocol, bounded, and with a short way for what nearly every frame is.

Theory of operation
-------------------
uvicorn and `websockets` do control frames, fragments, closing and every fault, and the handshake where it is not plain
(`server.handshake`). But each message costs them a parser's generator, a queue, a task's waking, and two system calls
to stop and start reading: more than all that is decided about it. So bytes are cut into frames here first. A plain one
(RFC 6455, 5.2: FIN, no extension bit, text or binary, masked, under 64 kB) goes straight to whoever has said `attach`;
any other whole frame goes to `websockets`, which thus stands between two frames always. What is not cut here
(fragments, 64 kB and more, unmasked, nonsense) ends the short way for this connection: from there on `websockets` reads
everything, and messages come by ``receive()``.

On the way out `push` writes a message's frame as long as nothing waits; when the transport asks for patience it
refuses, and the caller awaits ``send()``, which keeps the order. Reading needs no pausing meanwhile: a message is done
with when ``take`` returns, so nothing piles up but what is bounded elsewhere (`server.connection`, `server.outlet`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Literal
from urllib.parse import unquote

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import Frame
from websockets.protocol import Protocol, State
from websockets.server import ServerProtocol
from websockets.speedups import apply_mask

from server.handshake import Opening, accepted
from server.waits import Gate, Inbox

PUSH_BYTES_PER_S: Final = 64_000
"""In the long run on one socket, framing and pings included: twice what `server.connection.Limits.volume` allows."""
PUSH_BYTES_BURST: Final = 1_000_000
"""At once: four times that limit's, so that a flood of frames reads its code (4429) before this cuts it."""
CONTROL_BYTES: Final = 500
"""What a ping or a continuation counts besides its bytes: browsers send none of a kind that we expect, and each costs
as much to handle as a frame. So 2,000 at once, then 128 a second."""
TOGETHER_BYTES_MAX: Final = 32_000
"""What is written together at most: half of what the transport takes in before it asks for patience."""

EXTENSION: Final = "lessonroom.socket"
"""Where the ASGI scope holds this protocol, among its extensions."""

Wire = bytes | str
Take = Callable[[Wire], None]

_TEXT: Final = 0x81
_BINARY: Final = 0x82
_MASKED: Final = 0x80
_CLOSE: Final = 0x88
_MESSAGE: Final = (_BINARY, _TEXT)
_CUT: Final = (*_MESSAGE, _CLOSE, 0x89, 0x8A)
"""What is cut into frames here: plain messages, close, ping, pong; each whole."""
_SHORT_MAX: Final = 125
"""A payload whose length the second byte of a frame tells."""
_LONG: Final = 126
"""There: two bytes follow that tell it. 127: eight bytes."""


class _OwnFaults(logging.Filter):
    """uvicorn tells of each socket with address and query, and of its client's faults as of ours."""

    NOT_OURS: Final = ("Invalid UTF-8 sequence", "ASGI callable returned without completing handshake")
    """What a client's bytes bring about (1007 tells it), and what uvicorn says of each handshake that is refused."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING and not str(record.msg).startswith(self.NOT_OURS)


_log = logging.getLogger("sockets")
_log.addFilter(_OwnFaults())


class SocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket. Its bytes are counted, whatever they are."""

    __slots__ = ("_conn", "_counted_at", "_cuts", "_left", "_opening", "_out", "_out_bytes", "_rest", "_take")

    request: Any = None
    response: Any = None
    """Of a handshake that came the long way, until it is answered."""
    handshake_initiated = handshake_complete = close_sent = disconnected = read_paused = False
    close_timer = initial_response = ping_timer = pong_timer = pending_ping_payload = None
    ping_interval = ping_timeout = None  # nobody is pinged: clients beat (`server.connection.SILENT_S_MAX`)
    close_timeout = 10.0
    ping_sent_at = last_ping_rtt = 0.0
    curr_msg_data_type: Literal["text", "bytes"] = "bytes"

    def __init__(  # the base's own would make all that is left out here
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: Any = None,  # noqa: ANN401
    ) -> None:
        """What uvicorn's own does, but that constants stand on the class, and what is seldom asked for is made then.

        Its own makes a queue, an event and a parser with a UUID: 40 µs and 6 kB a connection. A test compares the two.
        """
        self.config = config
        self.app = config.loaded_app
        self.loop = _loop or asyncio.get_event_loop()
        self.logger = _log
        self.root_path = config.root_path
        self.asgi_version = config.asgi_version
        self.app_state = app_state
        self.connections = server_state.connections
        self.tasks = server_state.tasks
        self.default_headers = server_state.default_headers
        self.queue: Any = Inbox()
        self.writable: Any = Gate()
        self.frames = []
        self._conn: ServerProtocol | None = None
        self._left = float(PUSH_BYTES_BURST)
        self._counted_at = self.loop.time()
        self._opening: Opening | None = None
        """A plain request that is not answered yet."""
        self._take: Take | None = None
        self._cuts = False
        """Whether bytes are cut into frames here."""
        self._rest = b""
        """The beginning of a frame: under 64 kB."""
        self._out: list[bytes] = []
        self._out_bytes = 0

    @property
    def conn(self) -> ServerProtocol:  # type: ignore[override]
        """What reads and writes all that is not plain: made when first asked for, between two frames."""
        conn = self._conn
        if conn is None:
            conn = self._conn = ServerProtocol(max_size=self.config.ws_max_size, logger=_log)
            if self.handshake_initiated:
                self._read_frames(conn)
            if self.handshake_complete:
                conn.state = State.OPEN
        return conn

    # The handshake ------------------------------------------------------------------------------------------

    def open(self, http: H11Protocol, opening: Opening) -> None:
        """Take a connection over from HTTP, whose request was plain, as uvicorn would; the app begins."""
        self._opening = opening
        self.transport, self.server, self.client = http.transport, http.server, http.client
        self.scheme = "wss" if http.scheme == "https" else "ws"
        self.connections.add(self)
        self.scope = {
            "type": "websocket",
            "asgi": {"version": self.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": self.scheme,
            "server": self.server,
            "client": self.client,
            "root_path": self.root_path,
            "path": self.root_path + unquote(opening.path.decode("ascii")),
            "raw_path": self.root_path.encode("ascii") + opening.path,
            "query_string": opening.query,
            "headers": opening.headers,
            "subprotocols": opening.subprotocols,
            "state": self.app_state.copy(),
            "extensions": {"websocket.http.response": {}, EXTENSION: self},  # type: ignore[dict-item]
        }
        self.handshake_initiated = self._cuts = True
        self.queue.put_nowait({"type": "websocket.connect"})
        task = self.loop.create_task(self.run_asgi())
        task.add_done_callback(self.on_task_complete)
        self.tasks.add(task)
        http.transport.set_protocol(self)

    def handle_connect(self, event: Any) -> None:  # noqa: ANN401 - a websockets.http11.Request
        """The whole request is there, and no byte of a frame yet: a client waits for the answer."""
        super().handle_connect(event)
        self._cuts = self.handshake_initiated and not self.handshake_complete
        if self._cuts:
            self.scope["extensions"][EXTENSION] = self  # type: ignore[assignment]  # a protocol, not a dict

    def _accept(self, opening: Opening, message: Any) -> None:  # noqa: ANN401 - ASGI's
        self._opening = None
        if self.disconnected:
            raise ClientDisconnected
        if self.transport.is_closing():
            return
        headers = (*self.default_headers, *message.get("headers", ()))
        self.handshake_complete = True
        if self._conn is not None:
            self._conn.state = State.OPEN
        self.transport.write(accepted(opening.key, headers, message.get("subprotocol")))

    def _forget_handshake(self) -> None:
        """What nobody asks for any more, 5 kB of headers a connection where it came the long way."""
        self.scope["headers"] = []
        if self.request is not None:
            self.request = self.response = None
            self._read_frames(self.conn)

    @staticmethod
    def _read_frames(conn: ServerProtocol) -> None:
        """A server's parser reads the request, then goes on as everybody's does, but holds on to the request."""
        conn.parser = Protocol.parse(conn)
        next(conn.parser)

    # Bytes in -----------------------------------------------------------------------------------------------

    def attach(self, take: Take) -> None:
        """From now on hand plain messages to ``take`` as they come; it never raises."""
        self._take = take

    def data_received(self, data: bytes) -> None:
        """Take bytes in, as long as there are not far too many."""
        self._left -= len(data)
        if self._left < 0 and not self._refilled():
            self.transport.abort()
        elif self._cuts:
            self._cut(self._rest + data if self._rest else data)
        else:
            self._long_way(data)

    def _cut(self, data: bytes) -> None:
        """Take whole frames, and keep the beginning of the next."""
        at, end = 0, len(data)
        while end - at >= 2:
            kind, size = data[at], data[at + 1] - _MASKED
            begin = at + 6
            if kind not in _CUT or not 0 <= size <= (_LONG if kind in _MESSAGE else _SHORT_MAX):
                self._cut_no_more(data[at:])
                return
            if size == _LONG:
                begin = at + 8
                if begin > end:
                    break
                size = data[at + 2] << 8 | data[at + 3]
            if begin + size > end:
                break
            if kind in _MESSAGE:
                self._message(kind, data, at, begin, begin + size)
                if self.transport.is_closing():
                    return
            else:
                self._long_way(data[at : begin + size])
                if kind == _CLOSE:
                    self._cuts = False
                    return
            at = begin + size
        self._rest = data[at:]

    def _message(self, kind: int, data: bytes, at: int, begin: int, end: int) -> None:
        take = self._take
        if take is None or self.close_sent:
            self._long_way(data[at:end])
            return
        payload = apply_mask(data[begin:end], data[begin - 4 : begin])
        if kind == _BINARY:
            take(payload)
            return
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            self._long_way(data[at:end])  # it closes with 1007
        else:
            take(text)

    def _long_way(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except InvalidState:
            # Text that is not UTF-8, and behind it in the same bytes a close: uvicorn would close once more.
            self.transport.abort()

    def _cut_no_more(self, data: bytes) -> None:
        self._cuts = False
        self._rest = b""
        self._long_way(data)

    def _refilled(self) -> bool:
        """Look at the clock only when what was there is used up."""
        now = self.loop.time()
        self._left = min(PUSH_BYTES_BURST, self._left + (now - self._counted_at) * PUSH_BYTES_PER_S)
        self._counted_at = now
        return self._left >= 0

    # Events -------------------------------------------------------------------------------------------------

    def handle_ping(self) -> None:
        """A ping is answered here, without backpressure, so it costs."""
        self._left -= CONTROL_BYTES
        super().handle_ping()

    def handle_cont(self, event: Frame) -> None:
        """A message in pieces: each piece costs, also an empty one."""
        self._left -= CONTROL_BYTES
        super().handle_cont(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more: what holds what is let go of."""
        self._take = None
        self._out.clear()
        super().connection_lost(exc)
        # Two cycles, 8 kB a connection that the garbage collector would come to late.
        if self._conn is not None:
            self._conn.parser.close()
        if self.handshake_initiated:
            self.scope["extensions"].pop(EXTENSION, None)

    # Bytes out ----------------------------------------------------------------------------------------------

    def push(self, data: Wire, *, soon: bool = False) -> bool:
        """Write one message, or say that it has to wait its turn (``send()`` does). After the handshake only.

        Args:
            data: Text or binary, whole.
            soon: More may follow at once: write it together with that, at the latest when the loop comes round.
        """
        if not self.writable.open or self.close_sent or self.transport.is_closing():
            return False
        if type(data) is bytes:
            kind, payload = _BINARY, data
        else:
            kind, payload = _TEXT, data.encode()  # type: ignore[union-attr]
        size = len(payload)
        if size <= _SHORT_MAX:
            head = bytes((kind, size))
        elif size < 1 << 16:
            head = bytes((kind, _LONG, size >> 8, size & 0xFF))
        else:
            head = bytes((kind, _LONG + 1)) + size.to_bytes(8, "big")
        frame = head + payload
        out = self._out
        if not soon and not out:
            self.transport.write(frame)
            return True
        out.append(frame)
        self._out_bytes += size
        if not soon or self._out_bytes > TOGETHER_BYTES_MAX:
            self._flush()
        elif len(out) == 1:
            self.loop.call_soon(self._flush)
        return True

    async def send(self, message: Any) -> None:  # noqa: ANN401 - ASGI's
        """ASGI's way out; behind what was pushed."""
        self._flush()
        accepts = message["type"] == "websocket.accept"
        if accepts and self._opening is not None:
            self._accept(self._opening, message)
        else:
            await super().send(message)
        if accepts:
            self._forget_handshake()

    def _flush(self) -> None:
        if self._out:
            frames, self._out, self._out_bytes = b"".join(self._out), [], 0
            self.transport.write(frames)
