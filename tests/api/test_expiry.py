"""Old sessions, links and marks are removed, a bounded number at a time; what still counts stays."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select

from server import expiry
from server.accounts.schema import session, sign_in_link
from server.accounts.sign_in import DAY_MS, IDLE_MS, LINK_MS, LinkExpired, LinkUsed, SignIn
from server.app import assembled
from server.clock import SystemClock
from server.config import Config
from server.expiry import ENDED_KEPT_MS, LINK_KEPT_MS, MARK_KEPT_MS, Expiry
from server.store.stores import Stores
from tests.api.service import FAMILY, MANAGER, TEACHER

WAITS_S = 10


@pytest.fixture
async def sign_in(stores: Stores, clock: SystemClock) -> AsyncIterator[SignIn]:
    made = SignIn(stores, clock, secrets.token_bytes)
    yield made
    await made.close()


async def counted(stores: Stores) -> tuple[int, int]:
    """Sessions and links that are stored."""
    return await stores.read(
        lambda connection: (
            connection.execute(select(func.count()).select_from(session)).scalar_one(),
            connection.execute(select(func.count()).select_from(sign_in_link)).scalar_one(),
        )
    )


async def test_a_session_that_is_over_is_removed_and_another_stays(
    sign_in: SignIn, stores: Stores, clock: SystemClock
) -> None:
    _, signed_out = await sign_in.redeem(await sign_in.link(TEACHER.id))
    _, idle = await sign_in.redeem(await sign_in.link(FAMILY.id))
    await sign_in.sign_out(signed_out)
    await Expiry(stores, clock).look()
    assert (await counted(stores))[0] == 2, "whoever is still in a lesson with it has to be found"
    clock.jump(ENDED_KEPT_MS)
    await Expiry(stores, clock).look()
    assert (await counted(stores))[0] == 1
    clock.jump(IDLE_MS[FAMILY.role] - DAY_MS)
    _, fresh = await sign_in.redeem(await sign_in.link(MANAGER.id))
    await Expiry(stores, clock).look()
    assert (await counted(stores))[0] == 2, "a week unused is not over"
    clock.jump(DAY_MS)
    assert await sign_in.who(idle) is None
    await Expiry(stores, clock).look()
    assert (await counted(stores))[0] == 1
    assert fresh


async def test_a_link_says_for_a_month_that_it_is_too_old_and_then_is_removed(
    sign_in: SignIn, stores: Stores, clock: SystemClock
) -> None:
    token = await sign_in.link(FAMILY.id)
    clock.jump(LINK_MS + LINK_KEPT_MS - 1_000)
    await Expiry(stores, clock).look()
    with pytest.raises(LinkExpired):
        await sign_in.redeem(token)
    clock.jump(1_000)
    await Expiry(stores, clock).look()
    assert (await counted(stores))[1] == 0
    with pytest.raises(LinkUsed):
        await sign_in.redeem(token)


async def test_a_mark_of_a_node_that_is_gone_is_removed_and_a_living_ones_stays(
    stores: Stores, clock: SystemClock
) -> None:
    await stores.mark("gone", clock.now_ms())
    clock.jump(MARK_KEPT_MS)
    await stores.mark("main", clock.now_ms())
    await Expiry(stores, clock).look()
    assert list(await stores.marks()) == ["main"]


async def test_it_takes_a_bounded_number_at_a_time(
    sign_in: SignIn, stores: Stores, clock: SystemClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "ROWS_MAX", 2)
    for _ in range(5):
        await sign_in.link(FAMILY.id)
    clock.jump(LINK_MS + LINK_KEPT_MS)
    left = []
    for _ in range(3):
        await Expiry(stores, clock).look()
        left.append((await counted(stores))[1])
    assert left == [3, 1, 0]


async def test_a_process_does_it_by_itself(config: Config, clock: SystemClock, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = asyncio.Event()

    async def look(_: Expiry) -> None:
        looked.set()

    monkeypatch.setattr(Expiry, "look", look)
    async with assembled(config, clock), asyncio.timeout(WAITS_S):
        await looked.wait()
