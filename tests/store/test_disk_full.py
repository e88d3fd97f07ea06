"""A disk that is full: known trouble, so one line each in the log, without a traceback."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import exc

from server.store import StoreDown, commit, migrate, open_store
from server.store.port import Appended
from tests.store.lessons import append, begun, freeze, pressed, put

FULL = "SQLITE_FULL"


def full() -> sqlite3.OperationalError:
    """What sqlite3 really raises, with its code, in a database that may grow no more."""
    with sqlite3.connect(":memory:") as small:
        small.execute("PRAGMA max_page_count = 2")
        with pytest.raises(sqlite3.OperationalError) as raised:
            small.execute("CREATE TABLE t AS SELECT zeroblob(100000)")
    return raised.value


def one_line_each(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Every record, none with a traceback."""
    assert not [record for record in caplog.records if record.exc_info]
    messages = [record.getMessage() for record in caplog.records if record.name == commit.__name__]
    assert not [message for message in messages if "\n" in message]
    return messages


async def test_a_commit_that_finds_the_disk_full_is_one_line_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path / 'lessons.db'}"
    migrate(url)
    stores = open_store(url, freeze=freeze)
    epoch = await begun(stores)
    end = stores._committer._end

    def finds_it_full(_: Callable[[], None]) -> None:
        monkeypatch.setattr(stores._committer, "_end", end)
        raise exc.OperationalError("COMMIT", {}, full())

    monkeypatch.setattr(stores._committer, "_end", finds_it_full)
    with caplog.at_level(logging.INFO):
        assert await put(stores, append("lesson-1", epoch, 1, [pressed("x")])) == [Appended.UNKNOWN]
    (line,) = [message for message in one_line_each(caplog) if "unknown" in message]
    assert FULL in line
    stores.close()


async def test_a_disk_that_stays_full_is_given_up_in_one_line_and_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path / 'lessons.db'}"
    migrate(url)
    monkeypatch.setattr(commit, "UNAVAILABLE_S_MAX", 0.1)
    stores = open_store(url, freeze=freeze)
    epoch = await begun(stores)
    write = stores._committer._write
    monkeypatch.setattr(stores._committer, "_write", lambda *_: (_ for _ in ()).throw(full()))
    with caplog.at_level(logging.INFO):
        assert await put(stores, append("lesson-1", epoch, 1, [pressed("x")])) == [Appended.UNKNOWN]
    (line,) = [message for message in one_line_each(caplog) if "given up" in message]
    assert FULL in line
    monkeypatch.setattr(stores._committer, "_write", write)
    assert await put(stores, append("lesson-1", epoch, 1, [pressed("x")])) == [Appended.COMMITTED]
    monkeypatch.setattr(stores._committer, "_end", lambda _: (_ for _ in ()).throw(full()))
    with pytest.raises(StoreDown, match=FULL):
        await stores.log.claim("lesson-1")
    monkeypatch.undo()
    stores.close()
