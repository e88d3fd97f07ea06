"""The append-only record of who looked at what (Q4), and of visits to live lessons (Q1)."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, false, insert, not_, select, true

from rooms.lesson import Actor, Role
from server.store.projections import AuditRow
from server.store.schema import audit

VISIT_BEGAN: Final = "visit_began"
VISIT_ENDED: Final = "visit_ended"
_VISITS: Final = (VISIT_BEGAN, VISIT_ENDED)
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


def _readable(reader: Role) -> ColumnElement[bool]:
    """Q1: the safeguarding team reads all, administrators all but the drop-ins of administrators, others nothing."""
    if reader is Role.SAFEGUARDING:
        return true()
    if reader is Role.ADMINISTRATOR:
        return not_(and_(audit.c.role == Role.ADMINISTRATOR.value, audit.c.what.in_(_VISITS)))
    return false()


def read_audit(
    connection: Connection, reader: Role, lesson: str | None = None, before: int | None = None
) -> list[AuditEntry]:
    """The latest lines that ``reader`` may read, newest first; of one lesson, older than a line's id, where given."""
    query = select(audit).where(_readable(reader)).order_by(audit.c.id.desc()).limit(ENTRIES_MAX)
    if lesson is not None:
        query = query.where(audit.c.lesson == lesson)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [AuditEntry(**row) for row in connection.execute(query).mappings()]


def read_drop_ins(connection: Connection, reader: Role, lesson: str) -> list[DropIn]:
    """The visits to a lesson that ``reader`` may know of, by their beginning. A visit's two lines share ``whom``."""
    visits = (audit.c.lesson == lesson, audit.c.what.in_(_VISITS), _readable(reader))
    rows = connection.execute(select(audit).where(*visits).order_by(audit.c.id)).all()
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
