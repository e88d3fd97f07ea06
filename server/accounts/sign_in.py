"""Sign-in links and sessions: 256 random bits each, of which the database holds only the digest."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from typing import Final

import structlog
from sqlalchemy import Connection, insert, select, update

from rooms.lesson import PersonId
from server.accounts.people import AccountRole, Person, person_of
from server.accounts.schema import person, session, sign_in_link
from server.accounts.transactions import Transactions
from server.clock import Clock
from server.store.port import StoreBusy, StoreDown

TOKEN_BYTES: Final = 32
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
"""256 bits in URL-safe Base64 without padding."""

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
LINK_MS: Final = 7 * DAY_MS
"""A link works once, for 7 days (PAGES.md, a family's first lesson)."""
SEEN_EVERY_MS: Final = MINUTE_MS
"""How exact ``seen_at`` is: finer would write to the database at every request."""

SESSION_MS: Final[Mapping[AccountRole, int]] = {
    AccountRole.TEACHER: 30 * DAY_MS,
    AccountRole.FAMILY: 30 * DAY_MS,
    AccountRole.MANAGER: 12 * HOUR_MS,
    AccountRole.SAFEGUARDING: 12 * HOUR_MS,
    AccountRole.ADMINISTRATOR: 12 * HOUR_MS,
}
"""How long a session lasts at most: families sign in once a month, who reads about children each working day."""
IDLE_MS: Final[Mapping[AccountRole, int]] = {
    AccountRole.TEACHER: 8 * DAY_MS,
    AccountRole.FAMILY: 8 * DAY_MS,
    AccountRole.MANAGER: 2 * HOUR_MS,
    AccountRole.SAFEGUARDING: 2 * HOUR_MS,
    AccountRole.ADMINISTRATOR: 2 * HOUR_MS,
}
"""How long one lasts without being used: weekly lessons stay signed in, a desk that was left does not."""

_log = structlog.stdlib.get_logger("sign_in")


class LinkUsed(Exception):
    """The link has done its one sign-in, or never was one."""


class LinkExpired(Exception):
    """The link is older than `LINK_MS`."""


class SignIn:
    """Makes links, turns each into one session, and knows whose session a cookie is."""

    def __init__(self, transactions: Transactions, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._entropy = entropy
        self._noting: dict[bytes, asyncio.Task[None]] = {}
        """Uses of sessions that are on their way to the disk, one a session."""

    async def link(self, person_id: PersonId, lasts_ms: int = LINK_MS) -> str:
        """A new link's token, for ``/in#TOKEN``."""
        token = self._token()
        expires_at = self._clock.now_ms() + lasts_ms

        def work(connection: Connection) -> None:
            connection.execute(
                insert(sign_in_link).values(digest=digest_of(token), person=person_id, expires_at=expires_at)
            )

        await self._transactions.write(work)
        return token

    async def redeem(self, token: str) -> tuple[Person, str]:
        """Use a link up: its person, and the new session's cookie.

        Raises:
            LinkUsed: when it was used before, its person has left, or it never was a link: the three look alike.
            LinkExpired: when it is too old.
        """
        if TOKEN.fullmatch(token) is None:
            raise LinkUsed
        cookie = self._token()
        now = self._clock.now_ms()
        return await self._transactions.write(lambda connection: (_use(connection, token, cookie, now), cookie))

    async def who(self, cookie: str) -> Person | None:
        """Whose session it is, if it still is one."""
        if TOKEN.fullmatch(cookie) is None:
            return None
        now = self._clock.now_ms()
        digest = digest_of(cookie)
        found = await self._transactions.read(lambda connection: _session(connection, digest, now))
        if found is None:
            return None
        holder, seen_at = found
        if now - seen_at >= SEEN_EVERY_MS and digest not in self._noting:
            # Beside the answer: while the disk stalls, whoever is signed in still gets a ticket back into their lesson.
            noting = asyncio.create_task(self._note_seen(digest, now))
            self._noting[digest] = noting
            noting.add_done_callback(lambda _: self._noting.pop(digest))
        return holder

    async def _note_seen(self, digest: bytes, now: int) -> None:
        try:
            await self._transactions.write(lambda connection: _seen(connection, digest, now))
        except (StoreBusy, StoreDown):
            _log.warning("a session's use was not noted: the store is away")

    async def close(self) -> None:
        """Wait for what is being noted; before the store closes."""
        await asyncio.gather(*self._noting.values())

    async def sign_out(self, cookie: str) -> None:
        """End one session; harmless if it is over already."""
        now = self._clock.now_ms()
        ended = update(session).where(session.c.digest == digest_of(cookie), session.c.ended_at.is_(None))

        def work(connection: Connection) -> None:
            connection.execute(ended.values(ended_at=now))

        await self._transactions.write(work)

    def _token(self) -> str:
        return base64.urlsafe_b64encode(self._entropy(TOKEN_BYTES)).rstrip(b"=").decode()


def digest_of(token: str) -> bytes:
    """What the database holds of a link's token or a session's cookie."""
    return hashlib.sha256(token.encode()).digest()


def signed_out(connection: Connection, sessions: Collection[bytes]) -> set[bytes]:
    """Which of these, by digest, somebody has ended; not those that were merely left for too long."""
    ended = select(session.c.digest).where(session.c.digest.in_(sessions), session.c.ended_at.is_not(None))
    return set(connection.execute(ended).scalars())


def _use(connection: Connection, token: str, cookie: str, now: int) -> Person:
    """One statement takes the link, so that of two at once one only gets it."""
    digest = digest_of(token)
    taken = connection.execute(
        update(sign_in_link)
        .where(sign_in_link.c.digest == digest, sign_in_link.c.used_at.is_(None), sign_in_link.c.expires_at > now)
        .values(used_at=now)
    )
    link = sign_in_link.join(person, person.c.id == sign_in_link.c.person)
    row = connection.execute(
        select(person, sign_in_link.c.used_at).select_from(link).where(sign_in_link.c.digest == digest)
    ).first()
    if row is not None and row.used_at is None:
        raise LinkExpired
    if row is None or taken.rowcount != 1 or not row.active:
        raise LinkUsed
    holder = person_of(row)
    connection.execute(insert(session).values(digest=digest_of(cookie), person=holder.id, started_at=now, seen_at=now))
    return holder


def _session(connection: Connection, digest: bytes, now: int) -> tuple[Person, int] | None:
    row = connection.execute(
        select(person, session.c.started_at, session.c.seen_at)
        .select_from(session.join(person, person.c.id == session.c.person))
        .where(session.c.digest == digest, session.c.ended_at.is_(None), person.c.active)
    ).first()
    if row is None:
        return None
    holder = person_of(row)
    if now - row.started_at >= SESSION_MS[holder.role] or now - row.seen_at >= IDLE_MS[holder.role]:
        return None
    return holder, row.seen_at


def _seen(connection: Connection, digest: bytes, now: int) -> None:
    connection.execute(update(session).where(session.c.digest == digest).values(seen_at=now))
