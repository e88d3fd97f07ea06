"""Whose mailboxes a mail goes to: the service's own from its settings, families' from their accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from server.accounts.schema import person, pupil_adult
from server.accounts.transactions import Transactions


class Addresses:
    """`server.outbox.Readers`."""

    def __init__(self, transactions: Transactions, own: Mapping[str, str]) -> None:
        """Take the service's own.

        Args:
            transactions: where the families' are.
            own: the address of each audience but ``family``: ``office``, ``safeguarding``.
        """
        self._transactions = transactions
        self._own = own

    async def addresses(self, audience: str, lesson: str, pupil: str) -> Sequence[str]:
        """Every address of ``safeguarding``, ``office``, or of the ``family`` of a pupil (every adult, A1).

        Raises:
            StoreDown: the families' cannot be read now.
        """
        if audience != "family":
            return [self._own[audience]] if audience in self._own else []
        wanted = (
            select(person.c.email)
            .select_from(pupil_adult.join(person, person.c.id == pupil_adult.c.person))
            .where(pupil_adult.c.pupil == pupil, person.c.active)
            .order_by(person.c.id)
        )

        def read(connection: Connection) -> list[str]:
            return list(connection.execute(wanted).scalars())

        return await self._transactions.read(read)
