"""Connections: SQLite durable at each commit, PostgreSQL through psycopg 3; one engine to write, one to read."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, make_url

from server.private_folder import make_private, open_private

BUSY_TIMEOUT_S = 5.0
"""How long SQLite itself waits for another process's write lock; then the writer asks again, as `commit` says."""
CHECKPOINT_PAGES = 4_000
"""WAL pages (4 kB) between checkpoints: at SQLite's 1,000 the checkpoints made the worst latencies (HOTPATH.md)."""
READERS = 4
"""Reading threads, and connections for them: pages read rarely, and a lesson is loaded once."""
WRITE_CONNECTIONS = 3
"""The writer thread's own, and two for migrations and tools; the server writes through the thread alone."""
CONNECT_TIMEOUT_S = 5
"""PostgreSQL: longer than a healthy connect ever takes, short enough to try again."""
DEAD_PEER_MS = 10_000
"""PostgreSQL: unacknowledged data for this long means that the server is gone, and a commit's outcome unknown."""


class Engines(msgspec.Struct, frozen=True):
    """Both sides of one database."""

    write: Engine
    """Its transactions hold the write lock from their begin on, so that what was read in them stays true (SQLite)."""
    read: Engine
    """Each transaction is one unchanging snapshot, and cannot write."""

    def dispose(self) -> None:
        """Close every idle connection."""
        self.write.dispose()
        self.read.dispose()


def parse_url(url: str) -> URL:
    """Read a configured URL.

    Raises:
        ValueError: for any database but SQLite and PostgreSQL.
    """
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ValueError(f"the database is {parsed.drivername!r}, but sqlite or postgresql is needed")
    return parsed


def in_memory(url: URL) -> bool:
    """Whether it is SQLite without a file: for simulation, it ends with the process."""
    return url.drivername == "sqlite" and url.database in (None, "", ":memory:")


def open_engines(url: URL) -> Engines:
    """Make both engines; nothing connects yet. SQLite's folder and file are made, private."""
    if url.drivername != "sqlite":
        return _postgres(url)
    if in_memory(url):
        only = create_engine(url, poolclass=StaticPool, hide_parameters=True, connect_args={"check_same_thread": False})
        _sqlite(only, begin="BEGIN", read_only=False)
        return Engines(write=only, read=only)
    _make_private(Path(str(url.database)))
    arguments = {"check_same_thread": False, "timeout": BUSY_TIMEOUT_S}
    write = create_engine(
        url, pool_size=WRITE_CONNECTIONS, max_overflow=0, hide_parameters=True, connect_args=arguments
    )
    read = create_engine(url, pool_size=READERS, max_overflow=0, hide_parameters=True, connect_args=arguments)
    _sqlite(write, begin="BEGIN IMMEDIATE", read_only=False)
    _sqlite(read, begin="BEGIN", read_only=True)
    return Engines(write=write, read=read)


def _make_private(database: Path) -> None:
    """The file, before SQLite makes it readable to all that the umask allows: ``-wal`` and ``-shm`` take its mode."""
    make_private(database.parent)
    with contextlib.suppress(OSError):  # SQLite cannot open it either, and its error is the one that is explained
        os.close(open_private(database, os.O_RDWR | os.O_CREAT))


def _sqlite(engine: Engine, *, begin: str, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        connection.isolation_level = None  # the driver begins nothing by itself
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        if driver is None:
            raise RuntimeError("the connection is closed")
        if not driver.in_transaction:  # else `hot.py` has begun it, and SQLAlchemy joins
            driver.execute(begin)


def _postgres(url: URL) -> Engines:
    arguments = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "tcp_user_timeout": DEAD_PEER_MS,
        "keepalives_idle": DEAD_PEER_MS // 1_000,
    }
    write = create_engine(
        url, pool_size=WRITE_CONNECTIONS, max_overflow=0, hide_parameters=True, connect_args=arguments
    )
    read = create_engine(
        url,
        pool_size=READERS,
        max_overflow=0,
        hide_parameters=True,
        connect_args=arguments,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
        pool_pre_ping=True,
    )
    return Engines(write=write, read=read)
