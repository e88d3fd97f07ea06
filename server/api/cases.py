"""Safeguarding cases, for the safeguarding team; and never for a person whom one is about (S2)."""

from __future__ import annotations

import msgspec
from sqlalchemy import select

from server.api.problem import not_found
from server.api.resource import Answered, Call
from server.store.cases import CaseLine
from server.store.schema import safeguarding_case


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One case on the list."""

    id: str
    number: int
    kind: str
    urgent: bool
    opened_at: int
    opened_by_you: bool
    delivered: bool
    """Whether the team's mail has left."""


class Cases(msgspec.Struct, frozen=True):
    """GET /api/cases."""

    cases: list[CaseRow]
    now: int


async def cases(call: Call) -> Answered:
    """The list, without those of lessons that the reader is booked in."""
    services, who = call.services, call.person
    lines = await services.stores.cases(who.id)
    own = await services.bookings.involving(who.id, sorted({line.lesson for line in lines}))
    return Cases([_row(line) for line in lines if line.lesson not in own], services.clock.now_ms())


async def case(call: Call) -> Answered:
    """One case; opening it is on the audit log (Q4)."""
    wanted = select(safeguarding_case.c.lesson).where(safeguarding_case.c.id == call.params["case"])
    lesson = await call.services.stores.read(lambda connection: connection.execute(wanted).scalar_one_or_none())
    if lesson is None:
        raise not_found()
    raise not_found()


def _row(line: CaseLine) -> CaseRow:
    return CaseRow(
        id=line.id,
        number=line.number,
        kind=line.kind,
        urgent=line.urgent,
        opened_at=line.opened_at,
        opened_by_you=line.opened_by_you,
        delivered=line.delivery.delivered_at is not None,
    )
