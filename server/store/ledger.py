"""What each part of a lesson came to, as pages and the office read it."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from rooms.events import Outcome
from server.store.schema import ledger


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row: of a pupil's rows the last one counts, older ones stay (O1)."""

    lesson: str
    sequence: int
    """Of the event in the lesson's log."""
    pupil: str
    at: int
    recorded_at: int
    outcome: Outcome
    decided_by: str
    """The name of who decided, explained or overruled; empty where a rule did."""
    reason: str
    """An officer's."""


def read_ledger(connection: Connection, lesson: str) -> list[Entry]:
    """Every row of a lesson, oldest first."""
    rows = connection.execute(select(ledger).where(ledger.c.lesson == lesson).order_by(ledger.c.sequence)).all()
    return [
        Entry(
            lesson=row.lesson,
            sequence=row.sequence,
            pupil=row.pupil,
            at=row.at,
            recorded_at=row.recorded_at,
            outcome=msgspec.msgpack.decode(row.outcome, type=Outcome),
            decided_by=row.decided_by,
            reason=row.reason,
        )
        for row in rows
    ]
