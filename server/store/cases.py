"""Safeguarding cases as their pages read them. Opening one is on record, in the same transaction that reads it."""

from __future__ import annotations

import hashlib

import msgspec
from sqlalchemy import Connection, select

from rooms.lesson import Actor
from server.store.audit import record
from server.store.schema import audit, outbox, safeguarding_case

CASES_MAX = 500
"""On one list: a service of thousands of lessons a week has a few cases a month."""
OPENED = "opened_case"
"""The audit log's word."""


class Delivery(msgspec.Struct, frozen=True):
    """How far the alert of a case is. Times in Unix ms."""

    delivered_at: int | None
    next_at: int
    """When it is tried again, while not delivered."""
    attempts: int


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A case on the list."""

    id: str
    number: int
    lesson: str
    kind: str
    """``hook_end``, ``disclosure``, ``flag`` or ``ended_by_staff``."""
    urgent: bool
    opened_at: int
    opened_by_you: bool
    """Whether the reader has opened its page before."""
    delivery: Delivery


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its frozen evidence."""

    line: CaseLine
    message: str
    """The message that it is about; empty where it is about none."""
    raised_by: str
    """The person who flagged or ended; empty for the hook."""
    evidence: bytes
    """For `moderation.cases.decode`."""
    unchanged: bool
    """Whether the evidence is, byte for byte, what was frozen (S2)."""


_LINE = select(
    safeguarding_case,
    outbox.c.delivered_at,
    outbox.c.next_at,
    outbox.c.attempts,
).join(outbox, (outbox.c.case_id == safeguarding_case.c.id) & (outbox.c.kind == "case"))


def list_cases(connection: Connection, reader: str) -> list[CaseLine]:
    """The newest cases, urgent ones that ``reader`` has not opened yet first."""
    opened = set(
        connection.execute(select(audit.c.whom).where(audit.c.what == OPENED, audit.c.person == reader)).scalars()
    )
    rows = connection.execute(_LINE.order_by(safeguarding_case.c.number.desc()).limit(CASES_MAX)).mappings()
    lines = [_line(row, opened) for row in rows]
    return sorted(lines, key=lambda line: (line.opened_by_you or not line.urgent, -line.number))


def open_case(connection: Connection, case: str, reader: Actor, at: int) -> Case | None:
    """One case, and a row on the audit log; None where there is no such case (then nothing is written)."""
    row = connection.execute(_LINE.where(safeguarding_case.c.id == case)).mappings().first()
    if row is None:
        return None
    before = connection.execute(
        select(audit.c.id).where(audit.c.what == OPENED, audit.c.whom == case, audit.c.person == reader.person)
    ).first()
    record(connection, reader, OPENED, case, at, row["lesson"])
    evidence, chain = bytes(row["evidence"]), bytes(row["chain"])
    return Case(
        line=_line(row, {case} if before else set()),
        message=row["message"],
        raised_by=row["opened_by"],
        evidence=evidence,
        unchanged=hashlib.sha256(chain + evidence).digest() == bytes(row["evidence_digest"]),
    )


def _line(row: object, opened: set[str]) -> CaseLine:
    values = dict(row)  # type: ignore[call-overload]
    return CaseLine(
        **{name: values[name] for name in ("id", "number", "lesson", "kind", "urgent", "opened_at")},
        opened_by_you=values["id"] in opened,
        delivery=Delivery(values["delivered_at"], values["next_at"], values["attempts"]),
    )
