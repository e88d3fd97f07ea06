"""SQLite's log is written back beside the commits, and stays bounded by them."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

from server.store import open_store
from server.store.checkpoints import COMMITS_MIN, Checkpoints
from server.store.migration import migrate

SOON_S = 10.0


def backfilled(database: Path) -> tuple[int, int]:
    """Pages in the log, and how many of them the database holds already: from the log's own index (wal-index)."""
    shm = database.with_name(database.name + "-shm").read_bytes()
    return int.from_bytes(shm[16:20], "little"), int.from_bytes(shm[96:100], "little")


async def until_written_back(database: Path) -> None:
    async with asyncio.timeout(SOON_S):
        while True:
            pages, done = backfilled(database)
            if pages and done == pages:
                return
            await asyncio.sleep(0.01)


async def test_the_log_is_written_back_though_no_commit_reaches_its_bound(tmp_path: Path) -> None:
    database = tmp_path / "lessons.sqlite3"
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE line (text TEXT)")
    commits = 0
    checkpoints = Checkpoints(str(database), lambda: commits)
    try:
        for _ in range(COMMITS_MIN):
            connection.execute("INSERT INTO line VALUES ('x')")
        assert backfilled(database)[1] == 0
        commits = COMMITS_MIN
        await until_written_back(database)
    finally:
        checkpoints.close()
        connection.close()


async def test_a_database_that_is_locked_or_no_database_ends_nothing(tmp_path: Path) -> None:
    database = tmp_path / "lessons.sqlite3"
    database.write_bytes(b"this is no database at all, but it is long enough to be looked at" * 100)
    commits = COMMITS_MIN
    asked = threading.Event()

    def count() -> int:
        nonlocal commits
        commits += COMMITS_MIN
        if commits > 5 * COMMITS_MIN:
            asked.set()
        return commits

    checkpoints = Checkpoints(str(database), count)
    assert await asyncio.to_thread(asked.wait, SOON_S)
    checkpoints.close()


def test_the_store_lets_go_of_its_files_when_it_closes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/lessons.sqlite3"
    migrate(url)
    stores = open_store(url)
    asyncio.run(stores.mark("main", 1))
    stores.close()
    assert [path.name for path in tmp_path.iterdir()] == ["lessons.sqlite3"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("store-")]
