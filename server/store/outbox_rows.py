"""The outbox's rows as the delivering worker sees them: leased, delivered, or put off; never lost."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select, update

from rooms.events import Event, Opened, Outcome
from rooms.lesson import Lesson
from server.store import event_bytes
from server.store.notes import Note, read_note
from server.store.read_log import read_events
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
    events: tuple[Event, ...] = ()
    """The lesson's log, where the mail tells what happened."""
    note: Note | None = None
    delivered_to: tuple[str, ...]
    """Addresses that have it already: an adult's mail server may be away while another's is not."""


def lease_due(connection: Connection, now: int) -> str | None:
    """Lease one due row, alerts of cases first, then the longest due; None when nothing is due."""
    row = connection.execute(
        select(outbox.c.id)
        .where(outbox.c.delivered_at.is_(None), outbox.c.next_at <= now)
        .order_by(outbox.c.case_id.is_(None), outbox.c.next_at)
        .limit(1)
        .with_for_update(skip_locked=True)  # SQLite has locked out every other writer already
    ).scalar()
    if row is None:
        return None
    connection.execute(
        update(outbox).where(outbox.c.id == row).values(next_at=now + LEASE_MS, attempts=outbox.c.attempts + 1)
    )
    return str(row)


def read_parcel(connection: Connection, row: str) -> Parcel:
    """A leased row, with what its words need."""
    found = connection.execute(
        select(outbox, safeguarding_case.c.number, safeguarding_case.c.urgent, event.c.event)
        .outerjoin(safeguarding_case, safeguarding_case.c.id == outbox.c.case_id)
        .outerjoin(event, (event.c.lesson == outbox.c.lesson) & (event.c.sequence == 1))
        .where(outbox.c.id == row)
    ).one()
    tells = found.kind == "outcome"
    return Parcel(
        id=found.id,
        kind=found.kind,
        audience=found.audience,
        lesson=_booking(found.event),
        lesson_id=found.lesson,
        pupil=found.pupil,
        outcome=msgspec.msgpack.decode(found.payload, type=Outcome) if tells else None,
        case_id=found.case_id,
        case_number=found.number,
        urgent=bool(found.urgent),
        created_at=found.created_at,
        attempts=found.attempts,
        events=tuple(read_events(connection, found.lesson)[0]) if tells else (),
        note=read_note(connection, msgspec.msgpack.decode(found.payload)) if found.kind == "note" else None,
        delivered_to=tuple(msgspec.json.decode(found.delivered_to, type=list[str])),
    )


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
        .where(outbox.c.id == row, outbox.c.delivered_at.is_(None))
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
    first = event_bytes.decode(data)[0] if data is not None else None
    return first.lesson if isinstance(first, Opened) else None
