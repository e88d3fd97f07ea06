"""Who loses their account, or their pupil, loses their socket; over real sockets, because nothing else shows it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
import websockets
from sqlalchemy import Connection

from rooms.lesson import TEACHER as TEACHER_SIDE
from rooms.lesson import Actor, Role
from server.accounts.people import Person, deactivate, remove_adult
from server.accounts.scope import set_scope
from server.app import Serving, serving
from server.clock import SystemClock
from server.config import Config
from server.seat import Admission
from tests.api.browsing import until
from tests.api.service import FAMILY, MANAGER, NOW_OPEN, OTHER_TEACHER, SAM, SECOND_ADULT, TEACHER, furnish

WAITS_S = 10
SAFEGUARDS = Role.SAFEGUARDING
ROLES: dict[str, tuple[Role, str | None]] = {
    TEACHER.id: (Role.TEACHER, TEACHER_SIDE),
    FAMILY.id: (Role.PUPIL_SIDE, SAM),
    MANAGER.id: (Role.MANAGER, None),
}


@contextlib.asynccontextmanager
async def joined(server: Serving, person: Person) -> AsyncIterator[Any]:
    """A socket of that person, who has been welcomed."""
    role, side = ROLES[person.id]
    ticket = server.services.tickets.issue(Admission(NOW_OPEN, Actor(role, person.id, person.name, side)))
    url = server.base_url.replace("http", "ws") + "/ws"
    async with websockets.connect(url, subprotocols=["lesson.v1.json"], origin=server.services.config.url) as socket:
        await socket.send(json.dumps({"type": "join", "ticket": ticket, "device": person.id}))
        assert json.loads(await socket.recv())["type"] == "welcome"
        yield socket


async def closed(socket: Any) -> tuple[int, str]:
    """Read until the server closes it."""
    with contextlib.suppress(websockets.ConnectionClosed):
        async with asyncio.timeout(WAITS_S):
            while True:
                await socket.recv()
    return socket.close_code, socket.close_reason


def leaves(person: Person) -> Callable[[Connection], None]:
    return lambda connection: deactivate(connection, person.id, 1)


def narrows(teacher: Person) -> Callable[[Connection], object]:
    return lambda connection: set_scope(connection, MANAGER.email, [teacher.email], 1)


@pytest.mark.parametrize(
    ("who", "loses"),
    [
        pytest.param(FAMILY, leaves(FAMILY), id="A1 the account"),
        pytest.param(FAMILY, lambda connection: remove_adult(connection, SAM, FAMILY.id), id="A1 the pupil"),
        pytest.param(MANAGER, leaves(MANAGER), id="A6 who watches"),
        pytest.param(MANAGER, narrows(OTHER_TEACHER), id="A6 who watches what is in their scope no more"),
        pytest.param(TEACHER, leaves(TEACHER), id="A3 the teacher"),
    ],
)
async def test_A1_A3_A6_who_loses_access_is_out_of_the_room(
    config: Config, who: Person, loses: Callable[[Connection], object]
) -> None:
    clock = SystemClock()
    async with serving(msgspec.structs.replace(config, port=0), clock=clock) as server:
        stores = server.services.stores
        await stores.write(lambda connection: furnish(connection, clock.now_ms()))
        assert await server.hosting.open(NOW_OPEN)
        async with joined(server, who) as socket:
            await stores.write(loses)
            assert (await closed(socket))[0] in (4403, 4410)


async def test_A6_a_scope_that_shrinks_ends_the_watch_and_the_visit_and_nobody_elses(config: Config) -> None:
    clock = SystemClock()
    async with serving(msgspec.structs.replace(config, port=0), clock=clock) as server:
        stores = server.services.stores
        await stores.write(lambda connection: furnish(connection, clock.now_ms()))
        async with joined(server, TEACHER) as teacher, joined(server, MANAGER) as watch:
            await stores.write(narrows(TEACHER))
            await watch.send(json.dumps({"type": "beat", "t": 1}))
            while json.loads(await watch.recv())["type"] != "beat":
                pass
            await stores.write(narrows(OTHER_TEACHER))
            assert await closed(watch) == (4403, "refused")
            await until(lambda visits: visits[0].ended_at is not None, lambda: stores.drop_ins(SAFEGUARDS, NOW_OPEN))
            await teacher.send(json.dumps({"type": "beat", "t": 7}))
            async with asyncio.timeout(WAITS_S):
                while json.loads(await teacher.recv())["type"] != "beat":
                    pass


async def test_A1_nobody_else_is_turned_out(config: Config) -> None:
    clock = SystemClock()
    async with serving(msgspec.structs.replace(config, port=0), clock=clock) as server:
        stores = server.services.stores
        await stores.write(lambda connection: furnish(connection, clock.now_ms()))
        async with (
            joined(server, TEACHER) as teacher,
            joined(server, FAMILY) as family,
            joined(server, MANAGER) as watch,
        ):
            await stores.write(lambda connection: remove_adult(connection, SAM, SECOND_ADULT.id))
            await stores.write(leaves(MANAGER))
            assert await closed(watch) == (4403, "refused")
            for socket in (teacher, family):
                await socket.send(json.dumps({"type": "beat", "t": 7}))
                async with asyncio.timeout(WAITS_S):
                    while json.loads(await socket.recv())["type"] != "beat":
                        pass
