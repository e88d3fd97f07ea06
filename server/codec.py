"""Bytes to typed frames and back: MessagePack for browsers, JSON for people, the same frames.

An event is encoded once for all who are shown it; a viewer's frame is a short head with their own number, then that.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol

import msgspec

from rooms.shown import Shown
from server.frames import ClientFrame, ServerFrame

FRAME_BYTES_MAX: Final = 20_000
"""One frame from a client. The largest is a session description of 16,384 characters, its line ends escaped in JSON."""

Wire = bytes | str
"""One WebSocket message: binary (MessagePack) or text (JSON)."""


class Unreadable(Exception):
    """A client's message is not one of our frames."""

    def __init__(self, why: Literal["format", "type", "field"]) -> None:
        super().__init__(why)
        self.why: Final = why
        """``format``: not MessagePack or JSON; ``type``: no such frame; ``field``: a field is not as it has to be."""


class Codec(Protocol):
    """One subprotocol."""

    @property
    def subprotocol(self) -> str:
        """Its name in the handshake."""
        ...

    @property
    def text(self) -> bool:
        """Whether its messages are text."""
        ...

    def decode(self, message: Wire) -> ClientFrame:
        """Read one message of at most `FRAME_BYTES_MAX`.

        Raises:
            Unreadable: for anything that is not a frame of the protocol; nothing else is raised for any input.
        """
        ...

    def encode(self, frame: ServerFrame) -> Wire:
        """Write one frame."""
        ...

    def encode_shown(self, shown: Shown) -> Wire:
        """Write the part of an event's frame that is the same for everybody who is shown it."""
        ...

    def event(self, n: int, stored: Wire) -> Wire:
        """The whole `EventFrame` for one viewer: their own number, then what `encode_shown` wrote."""
        ...


def _why(error: msgspec.ValidationError) -> Literal["type", "field"]:
    """Msgspec's own words are the only place where it says that it was the tag (a test holds them to it)."""
    words = str(error)
    return "type" if words.startswith("Invalid value") and words.endswith("at `$.type`") else "field"


class _MessagePack:
    """``lesson.v1.msgpack``: binary messages."""

    subprotocol: Final = "lesson.v1.msgpack"
    text: Final = False

    def __init__(self) -> None:
        self._decoder: msgspec.msgpack.Decoder[ClientFrame] = msgspec.msgpack.Decoder(ClientFrame)
        self._encoder = msgspec.msgpack.Encoder()
        # {"type": "event", "n": …, "event": …}: a map of three, then the pairs in `EventFrame`'s order.
        self._head = b"\x83" + self._encoder.encode("type") + self._encoder.encode("event") + self._encoder.encode("n")
        self._middle = self._encoder.encode("event")

    def decode(self, message: Wire) -> ClientFrame:
        try:
            return self._decoder.decode(message)  # type: ignore[arg-type]  # str is refused by the connection
        except msgspec.ValidationError as error:
            raise Unreadable(_why(error)) from None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise Unreadable("format") from None

    def encode(self, frame: ServerFrame) -> bytes:
        return self._encoder.encode(frame)

    def encode_shown(self, shown: Shown) -> bytes:
        return self._encoder.encode(shown)

    def event(self, n: int, stored: Wire) -> bytes:
        return b"".join((self._head, self._encoder.encode(n), self._middle, stored))  # type: ignore[arg-type]  # our own bytes


class _Json:
    """``lesson.v1.json``: text messages."""

    subprotocol: Final = "lesson.v1.json"
    text: Final = True

    def __init__(self) -> None:
        self._decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
        self._encoder = msgspec.json.Encoder()

    def decode(self, message: Wire) -> ClientFrame:
        try:
            return self._decoder.decode(message)
        except msgspec.ValidationError as error:
            raise Unreadable(_why(error)) from None
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            raise Unreadable("format") from None

    def encode(self, frame: ServerFrame) -> str:
        return self._encoder.encode(frame).decode()

    def encode_shown(self, shown: Shown) -> str:
        return self._encoder.encode(shown).decode()

    def event(self, n: int, stored: Wire) -> str:
        return f'{{"type":"event","n":{n},"event":{stored}}}'  # type: ignore[str-bytes-safe]  # our own text


MSGPACK: Final[Codec] = _MessagePack()
JSON: Final[Codec] = _Json()
CODECS: Final[tuple[Codec, ...]] = (MSGPACK, JSON)
"""In the order in which the server prefers them."""


def offered(subprotocols: list[str]) -> Codec | None:
    """The codec for a handshake that offers these, or None: then the socket is refused."""
    return next((codec for codec in CODECS if codec.subprotocol in subprotocols), None)


class Encoded(msgspec.Struct, eq=False, gc=False):
    """One thing that is shown, encoded at most once per codec, and only when somebody needs that codec.

    Hosting makes one for all viewers to whom `project` shows the same (values compare equal), and delivers it to each.
    """

    shown: Shown
    _binary: Wire | None = None
    _text: Wire | None = None

    def frame(self, codec: Codec, n: int) -> Wire:
        """The `EventFrame` with this viewer's number ``n``."""
        stored = self._text if codec.text else self._binary
        if stored is None:
            stored = codec.encode_shown(self.shown)
            if codec.text:
                self._text = stored
            else:
                self._binary = stored
        return codec.event(n, stored)
