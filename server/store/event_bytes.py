"""Events as the log keeps them: MessagePack, tagged by name, and chained by SHA-256."""

from __future__ import annotations

import hashlib
import inspect
from typing import Union, cast

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
_decoder = msgspec.msgpack.Decoder(Union[_KINDS])  # noqa: UP007 - made from a tuple

encode = _encoder.encode


def decode(data: bytes) -> Event:
    """Read one stored event.

    Raises:
        msgspec.DecodeError: where the bytes are no event that this program knows.
    """
    return cast("Event", _decoder.decode(data))


def chain_start(lesson: str) -> bytes:
    """What the first event's hash is chained to: the lesson, so that no log passes for another's."""
    return hashlib.sha256(b"lesson\0" + lesson.encode()).digest()


def chain_next(previous: bytes, data: bytes) -> bytes:
    """The hash of an event whose bytes are ``data``."""
    return hashlib.sha256(previous + data).digest()
