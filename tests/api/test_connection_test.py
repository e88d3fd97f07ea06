"""What the device check measures against (B4): bounded, for those who are booked, and no way into anything."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx2
import msgspec
import pytest
import websockets

from server.api.connection_test import (
    AT_ONCE_EACH_MAX,
    AT_ONCE_MAX,
    BUSY_CODE,
    DOWNLOAD_BYTES,
    ECHO_BYTES_MAX,
    ECHOES_MAX,
    OCTETS,
    SOCKET_PATH,
    UPLOAD_BYTES_MAX,
    Gate,
)
from server.api.problem import Problem
from server.api.rates import CONNECTION_TEST
from server.app import Serving, assembled, serving
from server.clock import SystemClock
from server.config import Config, Secret
from server.frames import IceServer
from tests.api.browsing import Browser, Browsers, refusal
from tests.api.service import FAMILY, MANAGER, TEACHER, furnish

DOWN = "/api/connection-test/download"
UP = "/api/connection-test/upload"
STUN = IceServer(urls=("stun:stun.example:3478",))


async def test_B4_bytes_come_down_and_do_not_compress(teacher: Browser) -> None:
    answer = await teacher.get(DOWN)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == OCTETS
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content) == DOWNLOAD_BYTES == int(answer.headers["content-length"])
    assert len(set(answer.content)) == 256
    assert answer.content != (await teacher.get(DOWN)).content


async def test_B4_bytes_go_up_as_far_as_a_check_needs(family: Browser) -> None:
    sent = await family.post(UP, bytes(UPLOAD_BYTES_MAX), content_type=OCTETS)
    assert (sent.status_code, sent.content) == (204, b"")
    assert refusal(await family.post(UP, bytes(UPLOAD_BYTES_MAX + 1), content_type=OCTETS)) == (413, "too_large")
    # The place that a refused one had is free again.
    for _ in range(AT_ONCE_EACH_MAX + 1):
        assert (await family.post(UP, b"x", content_type=OCTETS)).status_code == 204


async def test_only_a_page_of_ours_sends(family: Browser) -> None:
    assert refusal(await family.post(UP, b"x", content_type=OCTETS, origin="https://evil.example")) == (
        403,
        "wrong_origin",
    )
    assert refusal(await family.post(UP, b"x", content_type="text/plain")) == (415, "wrong_type")


async def test_methods_are_one_each(family: Browser) -> None:
    assert refusal(await family.get(UP)) == (405, "wrong_method")
    assert (await family.get(UP)).headers["allow"] == "POST"
    assert refusal(await family.post(DOWN, b"{}")) == (405, "wrong_method")


@pytest.mark.parametrize("path", ["/api/connection-test", DOWN])
async def test_it_is_for_who_is_booked_alone(
    path: str, stranger: Browser, manager: Browser, safeguarding: Browser
) -> None:
    assert refusal(await stranger.get(path)) == (401, "signed_out")
    for browser in (manager, safeguarding):
        assert refusal(await browser.get(path)) == (404, "not_found")


async def test_it_is_for_who_is_booked_alone_upwards(stranger: Browser, manager: Browser) -> None:
    assert refusal(await stranger.post(UP, b"x", content_type=OCTETS)) == (401, "signed_out")
    assert refusal(await manager.post(UP, b"x", content_type=OCTETS)) == (404, "not_found")


async def test_the_plan_names_no_servers_where_none_are(family: Browser) -> None:
    measured = {"download_bytes": DOWNLOAD_BYTES, "upload_bytes_max": UPLOAD_BYTES_MAX}
    expected = {**measured, "ice_servers": [], "relay": False}
    assert (await family.get("/api/connection-test")).json() == expected


async def test_the_plan_gives_each_their_own_credential(config: Config, clock: SystemClock) -> None:
    turn = msgspec.structs.replace(
        config, ice_servers=(STUN,), turn_urls=("turn:turn.example",), turn_secret=Secret(b"x" * 43)
    )
    async with assembled(turn, clock) as parts, Browsers(parts) as browsers:
        await parts.stores.write(lambda connection: furnish(connection, clock.now_ms()))
        given = []
        for person in (TEACHER, FAMILY):
            browser = await browsers.signed_in(person)
            given.append((await browser.get("/api/connection-test")).json()["ice_servers"])
    assert [server["urls"] for server in given[0]] == [["stun:stun.example:3478"], ["turn:turn.example"]]
    assert given[0][1]["username"] != given[1][1]["username"]
    assert given[0][1]["credential"] != given[1][1]["credential"]


async def test_one_account_has_its_measure(family: Browser, teacher: Browser) -> None:
    for _ in range(CONNECTION_TEST.amount):
        assert (await family.get("/api/connection-test")).status_code == 200
    answer = await family.get(DOWN)
    assert refusal(answer) == (429, "too_many")
    assert int(answer.headers["retry-after"]) <= 60
    assert refusal(await family.post(UP, b"x", content_type=OCTETS)) == (429, "too_many")
    assert (await teacher.get(DOWN)).status_code == 200


def test_few_at_once_of_each_and_of_all() -> None:
    gate = Gate()
    with contextlib.ExitStack() as open_:
        for _ in range(AT_ONCE_EACH_MAX):
            gate.check("one")
            open_.enter_context(gate.taken("one"))
        with pytest.raises(Problem) as refused:
            gate.check("one")
        assert (refused.value.status, refused.value.code) == (503, "busy")
        for n in range(AT_ONCE_MAX - AT_ONCE_EACH_MAX):
            gate.check(f"other {n}")
            open_.enter_context(gate.taken(f"other {n}"))
        with pytest.raises(Problem):
            gate.check("somebody new")
    gate.check("one")
    gate.check("somebody new")


# The socket --------------------------------------------------------------------------------------------------


@pytest.fixture
async def server(config: Config) -> AsyncIterator[Serving]:
    clock = SystemClock()
    async with serving(msgspec.structs.replace(config, port=0), clock=clock) as running:
        await running.services.stores.write(lambda connection: furnish(connection, clock.now_ms()))
        yield running


async def cookie_of(server: Serving, person_id: str) -> str:
    link = await server.services.sign_in.link(person_id)
    async with httpx2.AsyncClient(base_url=server.base_url) as client:
        answer = await client.post("/api/sign-in", json={"token": link}, headers={"origin": server.services.config.url})
        return str(answer.headers["set-cookie"]).split(";")[0]


def echoing(server: Serving, cookie: str, origin: str | None = None) -> websockets.connect:
    return websockets.connect(
        server.base_url.replace("http", "ws") + SOCKET_PATH,
        origin=websockets.Origin(origin or server.services.config.url),
        additional_headers={"cookie": cookie},
    )


async def test_B4_a_socket_sends_back_what_a_round_trip_needs(server: Serving) -> None:
    async with echoing(server, await cookie_of(server, FAMILY.id)) as socket:
        for n in range(ECHOES_MAX):
            said: str | bytes = str(n) if n % 2 else bytes([n])
            await socket.send(said)
            assert await socket.recv() == said
        async with asyncio.timeout(5):
            await socket.wait_closed()
        assert socket.close_code == 1000


async def test_a_socket_is_no_way_to_send_anything(server: Serving) -> None:
    async with echoing(server, await cookie_of(server, TEACHER.id)) as socket:
        await socket.send("x" * ECHO_BYTES_MAX)
        assert await socket.recv() == "x" * ECHO_BYTES_MAX
        await socket.send("x" * (ECHO_BYTES_MAX + 1))
        with pytest.raises(websockets.ConnectionClosedOK):
            await socket.recv()


@pytest.mark.parametrize("who", ["nobody", "manager", "another page"])
async def test_a_socket_is_for_who_is_booked_from_a_page_of_ours(server: Serving, who: str) -> None:
    cookie = await cookie_of(server, MANAGER.id if who == "manager" else FAMILY.id)
    given = "" if who == "nobody" else cookie
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with echoing(server, given, "https://evil.example" if who == "another page" else None):
            pass
    assert refused.value.response.status_code == 403


async def test_sockets_of_one_account_are_few_at_once(server: Serving) -> None:
    cookie = await cookie_of(server, FAMILY.id)
    async with contextlib.AsyncExitStack() as open_:
        for _ in range(AT_ONCE_EACH_MAX):
            await open_.enter_async_context(echoing(server, cookie))
        one_too_many = await open_.enter_async_context(echoing(server, cookie))
        async with asyncio.timeout(5):
            await one_too_many.wait_closed()
        assert one_too_many.close_code == BUSY_CODE
