"""Links and sessions, at `server.accounts.sign_in` over a real database."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from server.accounts.people import deactivate
from server.accounts.schema import session, sign_in_link
from server.accounts.sign_in import DAY_MS, HOUR_MS, LINK_MS, MINUTE_MS, LinkExpired, LinkUsed, SignIn
from server.clock import SystemClock
from server.store.stores import Stores
from tests.api.service import FAMILY, MANAGER, TEACHER


@pytest.fixture
async def sign_in(stores: Stores, clock: SystemClock) -> AsyncIterator[SignIn]:
    made = SignIn(stores, clock, secrets.token_bytes)
    yield made
    await made.close()


async def test_a_link_signs_its_person_in_once(sign_in: SignIn) -> None:
    token = await sign_in.link(TEACHER.id)
    person, cookie = await sign_in.redeem(token)
    assert person == TEACHER
    assert await sign_in.who(cookie) == TEACHER
    with pytest.raises(LinkUsed):
        await sign_in.redeem(token)
    assert await sign_in.who(cookie) == TEACHER


async def test_of_many_at_once_one_only_uses_the_link(sign_in: SignIn) -> None:
    token = await sign_in.link(TEACHER.id)
    results = await asyncio.gather(*(sign_in.redeem(token) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(one, tuple) for one in results) == 1
    assert sum(isinstance(one, LinkUsed) for one in results) == 19


async def test_a_link_expires(sign_in: SignIn, clock: SystemClock) -> None:
    token = await sign_in.link(TEACHER.id)
    clock.jump(LINK_MS)
    with pytest.raises(LinkExpired):
        await sign_in.redeem(token)


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 10_000, "Ä" * 43, "A" * 42 + "\0"])
async def test_what_never_was_a_link_reads_like_a_used_one(sign_in: SignIn, token: str) -> None:
    with pytest.raises(LinkUsed):
        await sign_in.redeem(token)


async def test_the_database_holds_no_token(sign_in: SignIn, stores: Stores) -> None:
    token = await sign_in.link(TEACHER.id)
    _, cookie = await sign_in.redeem(token)
    with stores.engine.begin() as connection:
        stored = [*connection.execute(select(sign_in_link)), *connection.execute(select(session))]
    assert len(stored) == 2
    assert token not in repr(stored)
    assert cookie not in repr(stored)
    assert all(len(row.digest) == 32 for row in stored)


async def test_signing_out_ends_that_session_alone(sign_in: SignIn) -> None:
    _, one = await sign_in.redeem(await sign_in.link(FAMILY.id))
    _, other = await sign_in.redeem(await sign_in.link(FAMILY.id))
    await sign_in.sign_out(one)
    assert await sign_in.who(one) is None
    assert await sign_in.who(other) == FAMILY


async def test_a_session_ends_after_its_time_however_busy(sign_in: SignIn, clock: SystemClock) -> None:
    _, cookie = await sign_in.redeem(await sign_in.link(FAMILY.id))
    for _ in range(29):
        clock.jump(DAY_MS)
        assert await sign_in.who(cookie) == FAMILY
        await sign_in.close()  # each use is on the disk before the next day
    clock.jump(DAY_MS)
    assert await sign_in.who(cookie) is None


async def test_an_idle_session_ends_sooner_for_who_reads_about_children(sign_in: SignIn, clock: SystemClock) -> None:
    _, manager = await sign_in.redeem(await sign_in.link(MANAGER.id))
    _, family = await sign_in.redeem(await sign_in.link(FAMILY.id))
    clock.jump(2 * HOUR_MS - MINUTE_MS)
    assert await sign_in.who(manager) == MANAGER
    clock.jump(2 * HOUR_MS)
    assert await sign_in.who(manager) is None
    assert await sign_in.who(family) == FAMILY


async def test_a_disk_that_stalls_holds_nobody_up_who_is_signed_in(
    sign_in: SignIn, clock: SystemClock, tmp_path: Path
) -> None:
    _, cookie = await sign_in.redeem(await sign_in.link(TEACHER.id))
    clock.jump(DAY_MS)
    held = sqlite3.connect(tmp_path / "lessonroom.db", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    for _ in range(3):
        assert await asyncio.wait_for(sign_in.who(cookie), 2) == TEACHER
    held.execute("ROLLBACK")
    held.close()
    await sign_in.close()
    clock.jump(8 * DAY_MS - MINUTE_MS)
    assert await sign_in.who(cookie) == TEACHER, "its use was noted once the disk was back"


async def test_A3_who_leaves_loses_every_session_and_link_at_once(
    sign_in: SignIn, stores: Stores, clock: SystemClock
) -> None:
    _, cookie = await sign_in.redeem(await sign_in.link(TEACHER.id))
    _, others = await sign_in.redeem(await sign_in.link(FAMILY.id))
    unused = await sign_in.link(TEACHER.id)
    await stores.write(lambda connection: deactivate(connection, TEACHER.id, clock.now_ms()))
    assert await sign_in.who(cookie) is None
    assert await sign_in.who(others) == FAMILY
    with pytest.raises(LinkUsed):
        await sign_in.redeem(unused)
