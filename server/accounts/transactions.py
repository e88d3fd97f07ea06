"""What the accounts ask of the store: short transactions in threads, so that the event loop never waits for a disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Transactions(Protocol):
    """`server.store.stores.Stores` is one."""

    async def read(self, read: Callable[[Connection], T]) -> T:
        """Run a read-only function in one unchanging snapshot.

        Raises:
            StoreDown: the database is locked or away.
        """
        ...

    async def write(self, write: Callable[[Connection], T]) -> T:
        """Run a function in one transaction, durable when this returns; it may be run again from its start.

        Raises:
            StoreDown: the database stayed away.
        """
        ...
