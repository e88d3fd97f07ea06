"""Durability, and what the store says when it cannot know."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from rooms.verdict import Ruling
from server.store import StoreBusy, StoreDown, Stores, commit, migrate, open_store
from server.store.port import Appended
from tests.postgres import PostgresServer
from tests.store.lessons import OFFICER, append, begun, freeze, opened, pressed, put, said

COMMITTED, WRONG, UNKNOWN = Appended.COMMITTED, Appended.WRONG_SEQUENCE, Appended.UNKNOWN

WRITES = """
    import asyncio, os, sys
    from server.store import open_store
    from tests.store.lessons import append, begun, freeze, pressed

    async def main(url):
        stores = open_store(url, freeze=freeze)
        lessons = [f"l{n}" for n in range(10)]
        epochs = {lesson: await begun(stores, lesson) for lesson in lessons}
        def next(lesson, n):
            def told(answer):
                assert answer.value == "committed", answer
                os.write(1, f"{lesson} {n}\\n".encode())
                next(lesson, n + 1)
            stores.log.append(append(lesson, epochs[lesson], n, [pressed(str(n))]), told)
        for lesson in lessons:
            next(lesson, 1)
        await asyncio.Event().wait()

    asyncio.run(main(sys.argv[1]))
"""


async def test_what_was_acknowledged_survives_kill_9(url: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    child = subprocess.Popen(  # noqa: ASYNC220 - it is read to its end below, and lives for a second
        [sys.executable, "-c", textwrap.dedent(WRITES), url], stdout=subprocess.PIPE, env=environment
    )
    assert child.stdout is not None
    acknowledged: dict[str, int] = {}
    for count, line in enumerate(child.stdout):
        lesson, n = line.split()
        acknowledged[lesson.decode()] = int(n)
        if count == 500:
            child.kill()  # what it wrote before is still in the pipe
    assert child.wait() == -9
    stores = open_store(url, freeze=freeze)
    for lesson, n in acknowledged.items():
        log = await stores.log.load(lesson)
        assert log is not None
        assert len(log.events) >= n + 1
        assert (await stores.log.verify(lesson)).unchanged
    stores.close()
    assert sum(acknowledged.values()) > 400


async def test_sqlite_syncs_at_each_commit(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'lessons.db'}"
    migrate(url)
    stores = open_store(url, freeze=freeze)

    def pragmas(connection: object) -> tuple[object, ...]:
        names = ("synchronous", "journal_mode", "wal_autocheckpoint", "foreign_keys")
        return tuple(connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names)

    full = 2
    assert await stores.write(pragmas) == (full, "wal", 4_000, 1)
    stores.close()


def break_commit(stores: Stores, monkeypatch: pytest.MonkeyPatch, *, after: bool) -> None:
    """The next commit breaks off: before the database has done it, or after."""
    end = stores._committer._end

    def broken(really: Callable[[], None]) -> None:
        monkeypatch.setattr(stores._committer, "_end", end)
        if after:
            really()
        raise OSError("the connection broke")

    monkeypatch.setattr(stores._committer, "_end", broken)


@pytest.mark.parametrize("after", [False, True])
async def test_a_commit_that_breaks_off_is_unknown_for_all_in_it(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    a, b = await begun(stores, "a"), await begun(stores, "b")
    break_commit(stores, monkeypatch, after=after)
    answers = await put(
        stores,
        append("a", a, 1, [pressed("a-1")]),
        append("b", b, 1, [pressed("b-1")]),
        append("b", b, 7, [pressed("bad")]),
    )
    # Whether the three shared a transaction is the clock's affair: who was in the broken one is unknown, nobody else.
    assert answers[0] is UNKNOWN
    assert answers[1] in (UNKNOWN, COMMITTED)
    assert answers[2] is WRONG
    log = await stores.log.load("a")
    assert log is not None
    assert len(log.events) == (2 if after else 1)
    assert await put(stores, append("a", a, len(log.events), [pressed("a-2")])) == [COMMITTED]
    assert (await stores.log.verify("a")).unchanged


async def test_what_is_queued_behind_an_unknown_outcome_fails(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    epoch = await begun(stores)
    break_commit(stores, monkeypatch, after=True)
    answers = await put(stores, *(append("lesson-1", epoch, n, [pressed(f"{n}")]) for n in range(1, 40)))
    unknown = answers.count(UNKNOWN)
    assert unknown >= 1
    assert answers == [UNKNOWN] * unknown + [WRONG] * (39 - unknown)
    log = await stores.log.load("lesson-1")
    assert log is not None
    assert len(log.events) == 1 + unknown


async def test_a_claim_whose_commit_breaks_off_says_so(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    break_commit(stores, monkeypatch, after=True)
    with pytest.raises(StoreDown):
        await stores.log.claim("a")
    assert await stores.log.claim("a") == 2


async def test_S1_a_fault_between_leaves_neither_the_event_nor_its_case(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    epoch = await begun(stores)

    def broken(*_: object) -> None:
        raise OSError("a fault between the event and its case")

    with monkeypatch.context() as patch:
        patch.setattr(stores._committer, "_open_case", broken)
        bad = append("lesson-1", epoch, 1, said("m-1", Ruling.END), texts={"m-1": "x"})
        assert await put(stores, bad) == [UNKNOWN]
    log = await stores.log.load("lesson-1")
    assert log is not None
    assert (len(log.events), log.texts) == (1, {})
    assert await stores.cases(OFFICER.person) == []
    assert await put(stores, bad) == [COMMITTED]
    assert len(await stores.cases(OFFICER.person)) == 1


HOLDS = """
    import sqlite3, sys, time
    connection = sqlite3.connect(sys.argv[1], isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    print("held", flush=True)
    time.sleep(2)
    connection.execute("COMMIT")
"""


async def test_appends_wait_while_another_process_holds_the_write_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lessons.db"
    migrate(f"sqlite:///{path}")
    # SQLite's own patience ends within the two seconds, so that the writer's is tested too.
    monkeypatch.setattr("server.store.engine.BUSY_TIMEOUT_S", 0.3)
    stores = open_store(f"sqlite:///{path}", freeze=freeze)
    epoch = await begun(stores)
    holder = subprocess.Popen(  # noqa: ASYNC220 - it lives for two seconds
        [sys.executable, "-c", textwrap.dedent(HOLDS), str(path)], stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    began = time.monotonic()
    waiting = asyncio.ensure_future(
        put(stores, *(append("lesson-1", epoch, n, [pressed(f"{n}")]) for n in range(1, 6)))
    )
    reads = 0
    while not waiting.done():
        assert await stores.log.load("lesson-1") is not None  # readers are not held up
        reads += 1
        waited = stores.log.waiting_s()
        if 1.0 < time.monotonic() - began < 1.5:  # and so, when that was asked, well within the two seconds
            assert waited > 0.5
        await asyncio.sleep(0.05)
    assert await waiting == [COMMITTED] * 5
    assert time.monotonic() - began > 1.5
    assert reads > 5
    assert stores.log.waiting_s() == 0
    assert holder.wait() == 0
    stores.close()


async def test_a_database_that_stays_locked_is_given_up_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lessons.db"
    migrate(f"sqlite:///{path}")
    monkeypatch.setattr("server.store.engine.BUSY_TIMEOUT_S", 0.01)
    monkeypatch.setattr(commit, "UNAVAILABLE_S_MAX", 0.1)
    stores = open_store(f"sqlite:///{path}", freeze=freeze)
    epoch = await begun(stores)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert await put(stores, append("lesson-1", epoch, 1, [pressed("x")])) == [UNKNOWN]
    with pytest.raises(StoreDown):
        await stores.log.claim("lesson-1")
    holder.execute("ROLLBACK")
    assert await put(stores, append("lesson-1", epoch, 1, [pressed("x")])) == [COMMITTED]
    stores.close()


@pytest.mark.postgres
async def test_a_postgres_that_goes_away_and_comes_back_loses_nothing(own_postgres_server: PostgresServer) -> None:
    url = own_postgres_server.new_database()
    migrate(url)
    stores = open_store(url, freeze=freeze)
    epoch = await begun(stores)
    await asyncio.to_thread(own_postgres_server.kill)
    with pytest.raises(StoreDown):
        await stores.log.load("lesson-1")
    waiting = asyncio.ensure_future(put(stores, append("lesson-1", epoch, 1, [pressed("x")])))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await asyncio.to_thread(own_postgres_server.start)
    assert await waiting == [COMMITTED]
    log = await stores.log.load("lesson-1")
    assert log is not None
    assert len(log.events) == 2
    stores.close()


@pytest.mark.postgres
async def test_a_claim_waits_for_the_append_that_is_committing(postgres_url: str) -> None:
    """Without the share lock an old host could still commit after the new one has read the log."""
    migrate(postgres_url)
    old, new = open_store(postgres_url, freeze=freeze), open_store(postgres_url, freeze=freeze)
    epoch = await begun(old)
    reached, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    end = old._committer._end

    def slow(really: Callable[[], None]) -> None:
        loop.call_soon_threadsafe(reached.set)
        go.wait(20)
        end(really)

    old._committer._end = slow
    appending = asyncio.ensure_future(put(old, append("lesson-1", epoch, 1, [pressed("old")])))
    await reached.wait()
    claiming = asyncio.ensure_future(new.log.claim("lesson-1"))
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        while admin.execute(waits).fetchone() == (0,):
            assert not claiming.done()
            await asyncio.sleep(0.01)
    go.set()
    assert await appending == [COMMITTED]
    assert await claiming == epoch + 1
    log = await new.log.load("lesson-1")
    assert log is not None
    assert len(log.events) == 2
    old._committer._end = end
    old.close()
    new.close()


async def test_what_is_queued_when_the_store_closes_is_committed(url: str) -> None:
    stores = open_store(url, freeze=freeze)
    epoch = await begun(stores)
    answers: list[Appended] = []
    for n in range(1, 51):
        stores.log.append(append("lesson-1", epoch, n, [pressed("x")]), answers.append)
    stores.close()
    await asyncio.sleep(0)
    assert answers == [COMMITTED] * 50
    with pytest.raises(StoreBusy):
        stores.log.append(append("lesson-1", epoch, 51, [pressed("x")]), answers.append)
    with pytest.raises(StoreDown):
        await stores.log.claim("lesson-1")


async def test_inline_needs_no_thread_and_answers_at_the_loops_next_turn() -> None:
    stores = open_store("sqlite://", inline=True, freeze=freeze)
    epoch = await stores.log.claim("a")
    answers: list[Appended] = []
    stores.log.append(append("a", epoch, 0, [opened("a")]), answers.append)
    stores.log.append(append("a", epoch, 3, [pressed("bad")]), answers.append)
    stores.log.append(append("a", epoch, 1, [pressed("behind")]), answers.append)
    assert answers == []
    await asyncio.sleep(0)
    assert answers == [COMMITTED, WRONG, WRONG]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("store")]
    stores.close()


async def test_inline_survives_a_broken_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    stores = open_store("sqlite://", inline=True, freeze=freeze)
    epoch = await begun(stores, "a")
    break_commit(stores, monkeypatch, after=False)
    assert await put(stores, append("a", epoch, 1, [pressed("x")])) == [UNKNOWN]
    log = await stores.log.load("a")
    assert log is not None
    assert len(log.events) == 1
    assert await put(stores, append("a", epoch, 1, [pressed("x")])) == [COMMITTED]
    stores.close()


def test_memory_is_for_simulation_only() -> None:
    with pytest.raises(ValueError, match="inline"):
        open_store("sqlite://", freeze=freeze)


def test_another_database_is_refused() -> None:
    with pytest.raises(ValueError, match="sqlite or postgresql"):
        open_store("mysql://x@y/z", freeze=freeze)
