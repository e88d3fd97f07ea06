"""Events as the log keeps them: MessagePack, tagged by name, and chained by SHA-256."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sequence
from typing import Any, Union

import msgspec

from rooms import events
from rooms.events import ByPerson, Event

CHAIN_BYTES = 32
"""SHA-256."""

_KINDS = tuple(
    kind
    for kind in vars(events).values()
    if inspect.isclass(kind) and issubclass(kind, Event) and kind not in (Event, ByPerson)
)
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(
    Union[list[Union[_KINDS]], *_KINDS]  # type: ignore[valid-type]  # noqa: UP007 - made from a tuple
)


def encode(events: Sequence[Event]) -> bytes:
    """The bytes of an append: its one event, or an array of its events."""
    return _encoder.encode(events[0] if len(events) == 1 else events)


def decode(data: bytes) -> list[Event]:
    """Read one stored append.

    Raises:
        msgspec.DecodeError: where the bytes hold an event that this program does not know.
    """
    read = _decoder.decode(data)
    return read if isinstance(read, list) else [read]


def chain_start(lesson: str) -> bytes:
    """What the first event's hash is chained to: the lesson, so that no log passes for another's."""
    return hashlib.sha256(b"lesson\0" + lesson.encode()).digest()


def chain_next(previous: bytes, data: bytes) -> bytes:
    """The hash of an append whose bytes are ``data``."""
    return hashlib.sha256(previous + data).digest()
