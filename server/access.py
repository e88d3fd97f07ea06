"""Whoever loses their account, or the pupil that it held, or signs out, loses their open sockets too (A1, A3, A6).

A ticket says who somebody was when it was given; a lesson lasts longer than that. So those inside are looked through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final, Protocol

import structlog

from rooms.lesson import Role
from server.accounts.people import standing
from server.accounts.sign_in import signed_out
from server.accounts.transactions import Transactions
from server.seat import Admission
from server.store.port import StoreBusy, StoreDown

EVERY_S: Final = 2.0
"""How often: *at once* is in A1 and A3; three small reads for everybody who is inside."""

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
        (active, held), ended = await self._transactions.read(
            lambda connection: (standing(connection, people), signed_out(connection, sessions))
        )
        gone = [one for one in inside if one.actor.person not in active or _let_go(one, held) or one.session in ended]
        if gone:
            _log.info("turned out", sockets=len(gone))
            self._sockets.turn_out(gone)


def _let_go(admission: Admission, held: Collection[tuple[str, str]]) -> bool:
    """A1: an adult who is no longer this pupil's."""
    actor = admission.actor
    return actor.role is Role.PUPIL_SIDE and (actor.side or "", actor.person) not in held
