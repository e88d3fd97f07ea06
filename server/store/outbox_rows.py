"""The outbox's rows as the delivering worker sees them: leased, delivered, or put off; never lost."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, or_, select, text, update

from rooms.events import Opened, Outcome
from rooms.lesson import Lesson
from server.store import event_bytes
from server.store.schema import event, outbox, safeguarding_case

LEASE_MS = 120_000
"""A worker that takes a row has this long to send it before another may: longer than every timeout of one sending."""
ERROR_CHARACTERS_MAX = 200
"""Of a refusal kept with its row: what a mail server says in a line."""


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A due row, with what its words need."""

    id: str
    kind: str
    audience: str
    lesson: Lesson | None
    """From the log's first event."""
    lesson_id: str
    pupil: str
    outcome: Outcome | None
    case_id: str | None
    case_number: int | None
    urgent: bool
    created_at: int
    attempts: int
    """With this one."""
    delivered_to: tuple[str, ...]
    """Addresses that have it already: an adult's mail server may be away while another's is not."""


def take_due(connection: Connection, now: int, limit: int) -> list[Parcel]:
    """Lease due rows, oldest first: nobody else takes them before their lease is over."""
    locked = " FOR UPDATE SKIP LOCKED" if connection.dialect.name == "postgresql" else ""
    ids = list(
        connection.execute(
            text(
                "SELECT id FROM outbox WHERE delivered_at IS NULL AND next_at <= :now"  # noqa: S608
                f" ORDER BY next_at, created_at LIMIT :limit{locked}"
            ),
            {"now": now, "limit": limit},
        ).scalars()
    )
    if not ids:
        return []
    connection.execute(
        update(outbox).where(outbox.c.id.in_(ids)).values(next_at=now + LEASE_MS, attempts=outbox.c.attempts + 1)
    )
    rows = connection.execute(
        select(outbox, safeguarding_case.c.number, safeguarding_case.c.urgent, event.c.event)
        .outerjoin(safeguarding_case, safeguarding_case.c.id == outbox.c.case_id)
        .outerjoin(event, (event.c.lesson == outbox.c.lesson) & (event.c.sequence == 1))
        .where(outbox.c.id.in_(ids))
        .order_by(outbox.c.created_at, outbox.c.id)
    ).all()
    return [
        Parcel(
            id=row.id,
            kind=row.kind,
            audience=row.audience,
            lesson=_booking(row.event),
            lesson_id=row.lesson,
            pupil=row.pupil,
            outcome=msgspec.msgpack.decode(row.payload, type=Outcome | None),
            case_id=row.case_id,
            case_number=row.number,
            urgent=bool(row.urgent),
            created_at=row.created_at,
            attempts=row.attempts,
            delivered_to=tuple(msgspec.json.decode(row.delivered_to, type=list[str])),
        )
        for row in rows
    ]


def set_delivered(connection: Connection, row: str, at: int, to: list[str]) -> None:
    """Every address has it."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == row)
        .values(delivered_at=at, delivered_to=msgspec.json.encode(to).decode(), last_error="")
    )


def put_off(connection: Connection, row: str, next_at: int, error: str, to: list[str]) -> None:
    """It is tried again at ``next_at``; ``to`` have it."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == row, or_(outbox.c.delivered_at.is_(None)))
        .values(
            next_at=next_at,
            delivered_to=msgspec.json.encode(to).decode(),
            last_error=error[:ERROR_CHARACTERS_MAX],
        )
    )


def next_due(connection: Connection) -> int | None:
    """When the earliest undelivered row is due, Unix ms; None when all are delivered."""
    return connection.execute(
        select(outbox.c.next_at).where(outbox.c.delivered_at.is_(None)).order_by(outbox.c.next_at).limit(1)
    ).scalar()


def _booking(data: bytes | None) -> Lesson | None:
    first = event_bytes.decode(data) if data is not None else None
    return first.lesson if isinstance(first, Opened) else None
