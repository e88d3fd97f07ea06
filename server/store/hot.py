"""The statements that every chat message runs, given to the driver directly; HOTPATH.md has the figures.

The epoch is checked inside the insert: the key (lesson, sequence) alone would let a stale host win the next number.
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
    """What differs between the two databases."""

    def insert_events(self, connection: Connection, rows: Sequence[EventRow]) -> int:
        """Insert those whose epoch is the lesson's own; return how many that were."""
        ...

    def insert_messages(self, connection: Connection, rows: Sequence[MessageRow]) -> None:
        """Insert the texts."""
        ...


def _cursor(connection: Connection) -> Any:  # noqa: ANN401 - the driver's own
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    return driver.cursor()


class SqliteHot:
    """`executemany` in the writer thread; BEGIN IMMEDIATE has locked out every other writer."""

    def insert_events(self, connection: Connection, rows: Sequence[EventRow]) -> int:
        """Insert those whose epoch is the lesson's own; return how many that were."""
        cursor = _cursor(connection)
        cursor.executemany(
            "INSERT INTO event (lesson, sequence, count, epoch, recorded_at, event, chain)"
            " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 FROM lesson_log WHERE lesson = ?1 AND epoch = ?4",
            rows,
        )
        return int(cursor.rowcount)

    def insert_messages(self, connection: Connection, rows: Sequence[MessageRow]) -> None:
        """Insert the texts."""
        _cursor(connection).executemany(
            "INSERT INTO message (lesson, message, sequence, at, person, author, role, side, text, salt)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


class PostgresHot:
    """One multi-row `unnest` a table; the share lock makes a claim wait for this commit, and us for a claim's."""

    def insert_events(self, connection: Connection, rows: Sequence[EventRow]) -> int:
        """Insert those whose epoch is the lesson's own; return how many that were."""
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor = _cursor(connection)
        cursor.execute(
            "WITH held AS (SELECT lesson, epoch FROM lesson_log WHERE lesson = ANY(%s::text[]) FOR SHARE)"
            " INSERT INTO event (lesson, sequence, count, epoch, recorded_at, event, chain)"
            " SELECT n.* FROM unnest(%s::text[], %s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::bytea[],"
            " %s::bytea[]) AS n (lesson, sequence, count, epoch, recorded_at, event, chain)"
            " JOIN held ON held.lesson = n.lesson AND held.epoch = n.epoch",
            [sorted(set(columns[0])), *columns],
        )
        return int(cursor.rowcount)

    def insert_messages(self, connection: Connection, rows: Sequence[MessageRow]) -> None:
        """Insert the texts."""
        columns = [list(column) for column in zip(*rows, strict=True)]
        _cursor(connection).execute(
            "INSERT INTO message (lesson, message, sequence, at, person, author, role, side, text, salt)"
            " SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],"
            " %s::text[], %s::text[], %s::text[], %s::bytea[])",
            columns,
        )
