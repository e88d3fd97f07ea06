"""What the rest of the server asks of a store. One synchronous implementation (SQLAlchemy Core), in a writer thread."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from rooms.events import Event


class MessageText(msgspec.Struct, frozen=True, gc=False):
    """What expires (Q2): the log itself keeps only the digest, SHA-256 over salt and text."""

    text: str
    salt: bytes


class Append(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One transaction: events, and everything that follows from them (message text, case, outbox, ledger, audit)."""

    lesson: str
    epoch: int
    """Of the host that holds the lesson: an older host's append is refused (fencing)."""
    expected_sequence: int
    """How many events the log has."""
    events: Sequence[Event]
    recorded_at: int
    """Unix ms; max(last, now)."""
    texts: Mapping[str, MessageText] = {}
    """Of the messages submitted in these events, by message id."""


class Appended(enum.Enum):
    """How an append went."""

    COMMITTED = "committed"
    STALE_EPOCH = "stale_epoch"
    WRONG_SEQUENCE = "wrong_sequence"
    UNKNOWN = "unknown"
    """It may or may not be durable (the connection broke, the disk failed): reload before anything else."""


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson's log as stored."""

    epoch: int
    events: list[Event]
    texts: dict[str, MessageText]
    """Of the messages whose text has not expired."""


class LogStore(Protocol):
    """The lessons' logs."""

    def append(self, append: Append, done: Callable[[Appended], None]) -> None:
        """Queue one append. ``done`` is called once it is durable or refused, on the loop's thread, in queueing order.

        Raises:
            StoreBusy: when the queue is at its bound; nothing was queued.
        """
        ...

    async def claim(self, lesson: str) -> int:
        """Take a lesson over: raise its epoch and return the new one. Appends with an older epoch are then refused."""
        ...

    async def load(self, lesson: str) -> Log | None:
        """The log, or None if the lesson has none yet."""
        ...


class StoreBusy(Exception):
    """The writer's queue is full."""


class StoreDown(Exception):
    """The store cannot be reached, or broke off in a commit: what was asked may have been done or not. Ask again."""
