"""Other transactions that wait together are committed together; one that fails takes nobody along."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from server.store import Stores

Write = Callable[[Connection], object]


async def _queued_behind(stores: Stores, writes: list[Write]) -> list[object]:
    """All of them wait while another transaction holds the writing thread."""
    held, go = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        held.set()
        assert go.wait(10)

    holding = asyncio.create_task(stores.write(hold))
    await asyncio.to_thread(held.wait, 10)
    waiting = [asyncio.create_task(stores.write(write)) for write in writes]
    await asyncio.sleep(0)
    go.set()
    await holding
    return await asyncio.gather(*waiting, return_exceptions=True)


def _claim(stores: Stores, lesson: str) -> Write:
    return lambda connection: stores._committer.claim(connection, lesson)


async def test_transactions_that_wait_are_committed_at_once(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = []
    end = stores._committer._end
    monkeypatch.setattr(stores._committer, "_end", lambda commit: (commits.append(1), end(commit)))
    assert await _queued_behind(stores, [_claim(stores, lesson) for lesson in "abca"]) == [1, 1, 1, 2]
    assert len(commits) == 2, "the one that held the thread, and all the others"


async def test_one_that_fails_takes_nobody_along(stores: Stores) -> None:
    def fails(_: Connection) -> None:
        raise ValueError("mine alone")

    first, second, third = await _queued_behind(stores, [_claim(stores, "a"), fails, _claim(stores, "b")])
    assert (first, third) == (1, 1)
    assert isinstance(second, ValueError)
    assert await stores.log.claim("a") == 2
