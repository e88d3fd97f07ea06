"""Reading a lesson's log: its events, the texts that have not expired, and whether its chain still holds."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from rooms.events import Event
from server.store import event_bytes
from server.store.port import Log, MessageText
from server.store.schema import event, lesson_log, message


class Verified(msgspec.Struct, frozen=True):
    """Whether a log is as it was written."""

    unchanged: bool
    events: int
    """How many it has."""
    broken_at: int | None = None
    """The first sequence of the first append whose hash, or number, does not follow from what is before it."""


def read_log(connection: Connection, lesson: str) -> Log | None:
    """The whole log, or None while it has no event."""
    events, _ = read_events(connection, lesson)
    if not events:
        return None
    epoch = connection.execute(select(lesson_log.c.epoch).where(lesson_log.c.lesson == lesson)).scalar_one()
    return Log(epoch=epoch, events=events, texts=read_texts(connection, lesson))


def read_events(connection: Connection, lesson: str, up_to: int | None = None) -> tuple[list[Event], bytes]:
    """The events up to a sequence, and the chain's hash after the append that the last of them is in."""
    query = select(event.c.event, event.c.chain).where(event.c.lesson == lesson).order_by(event.c.sequence)
    if up_to is not None:
        query = query.where(event.c.sequence <= up_to)
    rows = connection.execute(query).all()
    chain = bytes(rows[-1].chain) if rows else event_bytes.chain_start(lesson)
    events = [one for row in rows for one in event_bytes.decode(row.event)]
    return events[:up_to], chain


def read_texts(connection: Connection, lesson: str) -> dict[str, MessageText]:
    """The messages' texts that have not expired, by message id."""
    rows = connection.execute(
        select(message.c.message, message.c.text, message.c.salt).where(message.c.lesson == lesson)
    )
    return {row.message: MessageText(row.text, bytes(row.salt)) for row in rows}


def read_unfinished(connection: Connection) -> list[str]:
    """Lessons whose log was begun and has no end yet."""
    begun = select(event.c.lesson).where(event.c.lesson == lesson_log.c.lesson, event.c.sequence == 1).exists()
    query = select(lesson_log.c.lesson).where(lesson_log.c.ended_at.is_(None), begun).order_by(lesson_log.c.lesson)
    return list(connection.execute(query).scalars())


def verify_log(connection: Connection, lesson: str) -> Verified:
    """Compute the chain anew over every stored event."""
    rows = connection.execute(
        select(event.c.sequence, event.c["count"], event.c.event, event.c.chain)
        .where(event.c.lesson == lesson)
        .order_by(event.c.sequence)
    ).all()
    chain = event_bytes.chain_start(lesson)
    total = sum(count for _, count, _, _ in rows)
    expected = 1
    for sequence, count, data, stored in rows:
        chain = event_bytes.chain_next(chain, bytes(data))
        if sequence != expected or bytes(stored) != chain or count != _count(bytes(data)):
            return Verified(False, total, expected)
        expected += count
    return Verified(True, total)


def _count(data: bytes) -> int:
    """How many events the bytes of an append hold; none where they cannot be read."""
    try:
        return len(event_bytes.decode(data))
    except msgspec.DecodeError:
        return 0
