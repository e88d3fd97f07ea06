"""The statements that every chat message runs, given to the driver directly; HOTPATH.md has the figures.

The epoch is checked inside the insert: the key (lesson, sequence) alone would let a stale host win the next number.
The transaction is the driver's own too: SQLAlchemy's begin and commit cost 7 µs a batch, which holds two or three
messages at most times. What is asked of SQLAlchemy's connection meanwhile joins it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

EventRow = tuple[str, int, int, int, int, bytes, bytes]
"""lesson, sequence, count, epoch, recorded_at, event, chain. One an append, not an event: a message is three events,
and a row costs more than what is in it (its index, its page, a hash, the interpreter's lock let go and taken again)."""
MessageRow = tuple[str, str, int, int, str, str, str, str | None, str, bytes]
"""lesson, message, sequence, at, person, author, role, side, text, salt."""


class Hot(Protocol):
    """One connection, as long as it lasts. What differs between the two databases."""

    connection: Connection
    """The same, for everything rare."""

    def begin(self) -> None:
        """Begin a transaction that writes."""
        ...

    def insert(self, events: Sequence[EventRow], messages: Sequence[MessageRow]) -> int:
        """Insert the texts, and the events whose epoch is the lesson's own; return how many these were."""
        ...

    def commit(self) -> None:
        """End it, durable; and what SQLAlchemy was asked in it."""
        ...

    def rollback(self) -> None:
        """End it, undone; and what SQLAlchemy was asked in it."""
        ...


def _driver(connection: Connection) -> Any:  # noqa: ANN401 - the driver's own
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    return driver


class SqliteHot:
    """`executemany` in the writer thread; BEGIN IMMEDIATE has locked out every other writer.

    No cursor is kept: it would hold a statement, and a connection that is closed meanwhile keeps its lock for it.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._driver = _driver(connection)

    def begin(self) -> None:
        """Begin a transaction that writes."""
        self._driver.execute("BEGIN IMMEDIATE")

    def insert(self, events: Sequence[EventRow], messages: Sequence[MessageRow]) -> int:
        """Insert the texts, and the events whose epoch is the lesson's own; return how many these were."""
        inserted = self._driver.executemany(
            "INSERT INTO event (lesson, sequence, count, epoch, recorded_at, event, chain)"
            " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 FROM lesson_log WHERE lesson = ?1 AND epoch = ?4",
            events,
        ).rowcount
        if messages:
            self._driver.executemany(
                "INSERT INTO message (lesson, message, sequence, at, person, author, role, side, text, salt)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                messages,
            )
        return int(inserted)

    def commit(self) -> None:
        """End it, durable; and what SQLAlchemy was asked in it."""
        if self.connection.in_transaction():
            self.connection.commit()
        else:
            self._driver.execute("COMMIT")

    def rollback(self) -> None:
        """End it, undone; and what SQLAlchemy was asked in it."""
        if self.connection.in_transaction():
            self.connection.rollback()
        else:
            self._driver.execute("ROLLBACK")


class PostgresHot:
    """One statement, so one round trip, for both tables: a multi-row `unnest` each.

    The share lock makes a claim wait for this commit, and us for a claim's.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._driver = _driver(connection)
        self._cursor = self._driver.cursor()

    def begin(self) -> None:
        """Psycopg does, before the first statement."""

    def insert(self, events: Sequence[EventRow], messages: Sequence[MessageRow]) -> int:
        """Insert the texts, and the events whose epoch is the lesson's own; return how many these were."""
        of_events = _columns(events, 7)
        self._cursor.execute(
            "WITH held AS (SELECT lesson, epoch FROM lesson_log WHERE lesson = ANY(%s::text[]) FOR SHARE),"
            " texts AS (INSERT INTO message (lesson, message, sequence, at, person, author, role, side, text, salt)"
            " SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],"
            " %s::text[], %s::text[], %s::text[], %s::bytea[]))"
            " INSERT INTO event (lesson, sequence, count, epoch, recorded_at, event, chain)"
            " SELECT n.* FROM unnest(%s::text[], %s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::bytea[],"
            " %s::bytea[]) AS n (lesson, sequence, count, epoch, recorded_at, event, chain)"
            " JOIN held ON held.lesson = n.lesson AND held.epoch = n.epoch",
            [sorted(set(of_events[0])), *_columns(messages, 10), *of_events],
        )
        return int(self._cursor.rowcount)

    def commit(self) -> None:
        """End it, durable; and what SQLAlchemy was asked in it."""
        if self.connection.in_transaction():
            self.connection.commit()
        else:
            self._driver.commit()

    def rollback(self) -> None:
        """End it, undone; and what SQLAlchemy was asked in it."""
        if self.connection.in_transaction():
            self.connection.rollback()
        else:
            self._driver.rollback()


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(count)]
