"""What the service keeps is its own account's alone, also where the umask lets everybody read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from server.config import own_secret
from server.logs import file_handler
from server.outbox import FilePost
from server.spool import Spool
from server.store.migration import migrate
from server.store.stores import open_store


@pytest.fixture(autouse=True)
def everybody_reads() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_database_and_what_sqlite_writes_beside_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'var' / 'deep' / 'lessonroom.db'}"
    migrate(url)
    stores = open_store(url)
    with stores.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO platform_mark VALUES ('main', 1)")
        files = {path.name: mode(path) for path in (tmp_path / "var" / "deep").iterdir()}
    stores.close()
    assert files == {f"lessonroom.db{more}": 0o600 for more in ("", "-wal", "-shm")}
    assert [mode(tmp_path / "var"), mode(tmp_path / "var" / "deep")] == [0o700, 0o700]


def test_a_folder_that_is_there_keeps_its_mode_and_the_database_in_it_is_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    migrate(f"sqlite:///{tmp_path / 'lessonroom.db'}")
    assert (mode(tmp_path), mode(tmp_path / "lessonroom.db")) == (0o755, 0o600)


def test_mail(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Message-ID"] = "<1@service.example>"
    message.set_content("Sam's lesson")
    FilePost(tmp_path / "var" / "mail").send(message)
    assert [mode(tmp_path / "var"), mode(tmp_path / "var" / "mail")] == [0o700, 0o700]
    assert [mode(path) for path in (tmp_path / "var" / "mail").iterdir()] == [0o600]


def test_the_spool(tmp_path: Path) -> None:
    Spool(tmp_path / "var" / "spool").close()
    assert [mode(tmp_path / "var"), mode(tmp_path / "var" / "spool")] == [0o700, 0o700]


def test_the_secret(tmp_path: Path) -> None:
    own_secret(tmp_path / "var" / "secret")
    assert [mode(tmp_path / "var"), mode(tmp_path / "var" / "secret")] == [0o700, 0o600]


def test_the_log(tmp_path: Path) -> None:
    file_handler(tmp_path / "var" / "server.log").close()
    assert [mode(tmp_path / "var"), mode(tmp_path / "var" / "server.log")] == [0o700, 0o600]
