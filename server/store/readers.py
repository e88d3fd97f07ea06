"""The small pool of reading threads: a page's query never runs on the loop, nor in the writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from server.store.engine import READERS
from server.store.port import StoreDown

T = TypeVar("T")


class Readers:
    """Runs read-only transactions, each one unchanging snapshot. Inline (simulation) on the caller's thread."""

    def __init__(self, engine: Engine, *, inline: bool) -> None:
        self._engine = engine
        self._pool = None if inline else ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")

    async def run(self, read: Callable[[Connection], T]) -> T:
        """Run ``read`` in a transaction.

        Raises:
            StoreDown: the database is locked or away.
        """
        if self._pool is None:
            return self._read(read)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, read)

    def close(self) -> None:
        """Wait for what is being read."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    def _read(self, read: Callable[[Connection], T]) -> T:
        try:
            with self._engine.begin() as connection:
                return read(connection)
        except (OperationalError, InterfaceError) as error:
            raise StoreDown("the database is locked or away") from error
