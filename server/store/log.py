"""The lessons' logs in SQL: `LogStore` of port.py."""

from __future__ import annotations

from collections.abc import Callable

from server.store.commit import Committer
from server.store.port import Append, Appended, Log, StoreBusy, StoreDown
from server.store.read_log import Verified, read_log, verify_log
from server.store.readers import Readers
from server.store.writer import Writer


class SqlLog:
    """Appends through the one writer, loads through the readers."""

    def __init__(self, writer: Writer, committer: Committer, readers: Readers) -> None:
        self._writer = writer
        self._committer = committer
        self._readers = readers

    def append(self, append: Append, done: Callable[[Appended], None]) -> None:
        """Queue one append; see `LogStore`.

        An append queued behind a failed one of the same lesson and epoch fails as WRONG_SEQUENCE, until ``done`` of the
        failed one has been called: what is queued in or after that call is judged by itself.

        Raises:
            StoreBusy: when the queue is at its bound; nothing was queued.
        """
        self._writer.submit(append, done)

    async def claim(self, lesson: str) -> int:
        """Raise the epoch; in turn, so that appends which were queued before it are still this host's own.

        Raises:
            StoreDown: ask again; an epoch too many is harmless.
        """
        try:
            return await self._writer.run(lambda connection: self._committer.claim(connection, lesson))
        except StoreBusy as busy:
            raise StoreDown("too many transactions wait") from busy

    async def load(self, lesson: str) -> Log | None:
        """The log, or None while it has no event.

        Raises:
            StoreDown: the database is locked or away.
        """
        return await self._readers.run(lambda connection: read_log(connection, lesson))

    async def verify(self, lesson: str) -> Verified:
        """Whether the log is as it was written."""
        return await self._readers.run(lambda connection: verify_log(connection, lesson))

    def waiting_s(self) -> float:
        """For how long the batch being committed has waited (seconds): how a stalled disk or a lost database shows."""
        return self._writer.waiting_s()
