"""SQLite's log written back into the database while commits go on, a little at a time.

Left to a commit (`engine.CHECKPOINT_PAGES`), writing back is a stop of 10 to 15 ms for every message that waits for it,
twice a second at 2,000 messages a second. Another connection does it without keeping the writer waiting. A commit still
does what is left at that bound, because only a writer that finds all of the log written back begins it anew: so the log
stays as short as before.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from typing import Final

EVERY_S: Final = 0.05
"""Between two looks. Seldom enough to cost 2 % of a core at the busiest, often enough that each is over in 3 ms."""
COMMITS_MIN: Final = 32
"""Commits since the last time: in quiet hours it is left to them."""


class Checkpoints:
    """The thread that writes back, and its connection."""

    def __init__(self, database: str, commits: Callable[[], int]) -> None:
        """Begin.

        Args:
            database: The file.
            commits: How many there were so far.
        """
        self._database = database
        self._commits = commits
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-checkpoints", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; blocks until the one under way is done."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        done = 0
        connection: sqlite3.Connection | None = None
        try:
            while not self._stop.wait(EVERY_S):
                commits = self._commits()
                if commits - done < COMMITS_MIN:
                    continue
                done = commits
                # A disk that is full, or a lock that another process holds: the commits meet it too, and say so.
                with contextlib.suppress(sqlite3.Error):
                    connection = connection or sqlite3.connect(self._database, timeout=0, isolation_level=None)
                    connection.execute("PRAGMA synchronous = FULL")
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        finally:
            if connection is not None:
                connection.close()
