"""The append-only record of who looked at what (Q4), and of visits to live lessons (Q1)."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection, insert, select

from rooms.lesson import Actor
from server.store.projections import AuditRow
from server.store.schema import audit

VISIT_BEGAN: Final = "visit_began"
VISIT_ENDED: Final = "visit_ended"
ENTRIES_MAX = 500
"""On one page of the log; older ones are asked for by ``before``."""


class AuditEntry(AuditRow, frozen=True, kw_only=True):
    """One line as it is kept."""

    id: int


class DropIn(msgspec.Struct, frozen=True, kw_only=True):
    """One visit of an observer to a live lesson (Q1)."""

    lesson: str
    person: str
    name: str
    role: str
    began_at: int
    ended_at: int | None
    """None while it lasts, or where a crash cut it off."""


def record(connection: Connection, by: Actor, what: str, whom: str, at: int, lesson: str) -> None:
    """Append one line."""
    row = AuditRow(at=at, person=by.person, name=by.name, role=by.role.value, what=what, whom=whom, lesson=lesson)
    connection.execute(insert(audit), msgspec.structs.asdict(row))


def recorded_since(connection: Connection, by: Actor, what: str, lesson: str, since: int) -> bool:
    """Whether that person has such a line of that lesson from ``since`` (Unix ms) on."""
    same = (audit.c.lesson == lesson, audit.c.person == by.person, audit.c.what == what, audit.c.at > since)
    return connection.execute(select(audit.c.id).where(*same).limit(1)).first() is not None


def read_audit(connection: Connection, lesson: str | None = None, before: int | None = None) -> list[AuditEntry]:
    """The latest lines, newest first; of one lesson only, and older than a line's id, where these are given."""
    query = select(audit).order_by(audit.c.id.desc()).limit(ENTRIES_MAX)
    if lesson is not None:
        query = query.where(audit.c.lesson == lesson)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [AuditEntry(**row) for row in connection.execute(query).mappings()]


def read_drop_ins(connection: Connection, lesson: str) -> list[DropIn]:
    """Every visit to a lesson, in order of beginning. A visit's two lines share ``whom``, the visit's id."""
    rows = connection.execute(
        select(audit).where(audit.c.lesson == lesson, audit.c.what.in_((VISIT_BEGAN, VISIT_ENDED))).order_by(audit.c.id)
    ).all()
    ends = {(row.person, row.whom): row.at for row in rows if row.what == VISIT_ENDED}
    return [
        DropIn(
            lesson=row.lesson,
            person=row.person,
            name=row.name,
            role=row.role,
            began_at=row.at,
            ended_at=ends.get((row.person, row.whom)),
        )
        for row in rows
        if row.what == VISIT_BEGAN
    ]
