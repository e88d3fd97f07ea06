"""What signs nobody in any more, and says nothing any more, is removed: old sessions, links and marks (A5)."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final, NamedTuple

import structlog
from sqlalchemy import Connection, delete, or_, select

from server.accounts.schema import session, sign_in_link
from server.accounts.sign_in import DAY_MS, IDLE_MS, SESSION_MS
from server.accounts.transactions import Transactions
from server.clock import Clock
from server.store.port import StoreBusy, StoreDown
from server.store.schema import platform_mark

EVERY_S: Final = 600.0
"""How often it is looked for: nothing hangs on the minute."""
ROWS_MAX: Final = 500
"""Rows of each table at a time, a few milliseconds of the one writer: 72,000 a day, more than a service makes."""
ENDED_KEPT_MS: Final = 10 * 60_000
"""After its end a session is kept for this long, so that `server.access` finds it: it closes the sockets of whoever has
signed out, also those whose ticket (30 s) was only used afterwards."""
LINK_KEPT_MS: Final = 30 * DAY_MS
"""After its time a link is kept for this long, so that whoever opens it reads that it is too old, or was used."""
MARK_KEPT_MS: Final = 30 * DAY_MS
"""A process's last sign of life counts until it starts again; one that was away this long is another's now."""

_log = structlog.stdlib.get_logger("expiry")


class Expired(NamedTuple):
    """Keys of what may go."""

    sessions: list[bytes]
    links: list[bytes]
    nodes: list[str]


class Expiry:
    """A task beside the requests."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled. What is not removed now is removed the next time."""
        while True:
            try:
                await self.look()
            except (StoreBusy, StoreDown) as problem:
                _log.warning("what has expired is removed later", problem=type(problem).__name__)
            await asyncio.sleep(EVERY_S)

    async def look(self) -> Expired:
        """Remove at most `ROWS_MAX` of each, and tell which.

        Found by a reader: looking through whole tables is no work for the one writer, whom messages wait for.
        """
        now = self._clock.now_ms()
        expired = await self._transactions.read(partial(_find, now=now))
        if any(expired):
            await self._transactions.write(partial(_remove, expired=expired, now=now))
        return expired


def _find(connection: Connection, now: int) -> Expired:
    over = or_(
        session.c.ended_at <= now - ENDED_KEPT_MS,
        session.c.started_at <= now - max(SESSION_MS.values()),
        session.c.seen_at <= now - max(IDLE_MS.values()),
    )
    sessions = select(session.c.digest).where(over).limit(ROWS_MAX)
    links = select(sign_in_link.c.digest).where(sign_in_link.c.expires_at <= now - LINK_KEPT_MS).limit(ROWS_MAX)
    nodes = select(platform_mark.c.node).where(platform_mark.c.at <= now - MARK_KEPT_MS).limit(ROWS_MAX)
    return Expired(
        list(connection.execute(sessions).scalars()),
        list(connection.execute(links).scalars()),
        list(connection.execute(nodes).scalars()),
    )


def _remove(connection: Connection, expired: Expired, now: int) -> None:
    connection.execute(delete(session).where(session.c.digest.in_(expired.sessions)))
    connection.execute(delete(sign_in_link).where(sign_in_link.c.digest.in_(expired.links)))
    # Asked again: unlike the others a mark can come to life, of a process that has just started.
    old = platform_mark.c.at <= now - MARK_KEPT_MS
    connection.execute(delete(platform_mark).where(platform_mark.c.node.in_(expired.nodes), old))
