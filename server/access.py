"""Whoever may not be inside any more loses their open sockets too (A1, A3, A6).

That is who lost their account or the pupil that it held, who watches what is in their scope no more, who signed out.
A ticket says who somebody was when it was given; a lesson lasts longer than that. So those inside are looked through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection

from rooms.lesson import OBSERVERS, PersonId, Role
from server.accounts.people import standing
from server.accounts.scope import watchable
from server.accounts.sign_in import signed_out
from server.accounts.transactions import Transactions
from server.seat import Admission
from server.store.port import StoreBusy, StoreDown

EVERY_S: Final = 2.0
"""How often: *at once* is in A1 and A3; three small reads for everybody who is inside, and one for each who watches."""

_log = structlog.stdlib.get_logger("access")


class Sockets(Protocol):
    """What this needs of `server.gateway.Gateway`."""

    def inside(self) -> Collection[Admission]:
        """Who has joined."""
        ...

    def turn_out(self, gone: Collection[Admission]) -> None:
        """Close their sockets."""
        ...


class Access:
    """A task beside the gateway."""

    def __init__(self, transactions: Transactions, sockets: Sockets) -> None:
        self._transactions = transactions
        self._sockets = sockets

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except (StoreBusy, StoreDown) as problem:
                _log.warning("who is inside is looked through again soon", problem=type(problem).__name__)
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Turn out whoever may not be inside any more."""
        inside = self._sockets.inside()
        people = sorted({one.actor.person for one in inside})
        if not people:
            return
        sessions = sorted({one.session for one in inside if one.session})

        def read(connection: Connection) -> Callable[[Admission], bool]:
            active, held = standing(connection, people)
            ended = signed_out(connection, sessions)
            watched = _watched(connection, inside)
            return lambda one: (
                one.actor.person in active
                and one.session not in ended
                and not _let_go(one, held)
                and (one.actor.role not in OBSERVERS or (one.actor.person, one.lesson) in watched)
            )

        stays = await self._transactions.read(read)
        gone = [one for one in inside if not stays(one)]
        if gone:
            _log.info("turned out", sockets=len(gone))
            self._sockets.turn_out(gone)


def _watched(connection: Connection, inside: Collection[Admission]) -> set[tuple[PersonId, str]]:
    """A6: who may still watch which of the lessons that they do."""
    lessons: dict[PersonId, list[str]] = {}
    for one in inside:
        if one.actor.role in OBSERVERS:
            lessons.setdefault(one.actor.person, []).append(one.lesson)
    return {(who, lesson) for who, theirs in lessons.items() for lesson in watchable(connection, who, theirs)}


def _let_go(admission: Admission, held: Collection[tuple[str, str]]) -> bool:
    """A1: an adult who is no longer this pupil's."""
    actor = admission.actor
    return actor.role is Role.PUPIL_SIDE and (actor.side or "", actor.person) not in held
