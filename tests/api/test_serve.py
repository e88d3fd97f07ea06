"""`lessonroom serve` as a process: its socket, its headers, its log, and how it stops."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.accounts.sign_in import SignIn
from server.app import bind
from server.clock import SystemClock
from server.config import Config, ConfigError
from server.store.migration import migrate
from server.store.stores import open_store
from tests.api.service import FAMILY, NOW_OPEN, PIN, TEACHER, furnish

STARTS_S = 20


class Service:
    """A running `lessonroom serve`."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, tokens: dict[str, str], log: Path) -> None:
        self.process = process
        self.url = url
        self.tokens = tokens
        self.log = log

    def browser(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.url, headers={"origin": self.url})

    @contextlib.asynccontextmanager
    async def signed_in(self, person: str) -> AsyncIterator[httpx2.AsyncClient]:
        async with self.browser() as browser:
            answer = await browser.post("/api/sign-in", json={"token": self.tokens[person]})
            assert answer.status_code == 200, answer.text
            yield browser


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    tokens = await _furnished(f"sqlite:///{tmp_path / 'var' / 'lessonroom.db'}")
    log = tmp_path / "log"
    environment = {"PORT": "0", "PATH": os.environ["PATH"], "LOG_LEVEL": "debug"}
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server.cli",
            "serve",
            cwd=tmp_path,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), STARTS_S)).decode()
        assert line.startswith("Serving http://localhost:"), line + log.read_text()
        yield Service(process, line.split()[1], tokens, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _furnished(url: str) -> dict[str, str]:
    migrate(url)
    stores = open_store(url)
    clock = SystemClock()
    await stores.write(lambda connection: furnish(connection, clock.now_ms()))
    sign_in = SignIn(stores, clock, os.urandom)
    tokens = {person.id: await sign_in.link(person.id) for person in (TEACHER, FAMILY)}
    stores.close()
    return tokens


async def join(service: Service, browser: httpx2.AsyncClient) -> ClientConnection:
    """Open the socket and join with a fresh ticket."""
    ticket = (await browser.post(f"/api/lessons/{NOW_OPEN}/ticket", json={})).json()["ticket"]
    address = service.url.replace("http", "ws") + "/ws"
    joined = await connect(address, origin=service.url, subprotocols=["lesson.v1.json"])
    await joined.send(json.dumps({"type": "join", "ticket": ticket, "device": "d"}))
    welcome = json.loads(await asyncio.wait_for(joined.recv(), 5))
    assert welcome["type"] == "welcome", welcome
    assert welcome["lesson"]["time_zone"] == "Europe/London"
    return joined


async def test_sigterm_drains_first_tells_the_rooms_to_come_back_and_exits_with_0(service: Service) -> None:
    async with service.signed_in(TEACHER.id) as teacher:
        joined = await join(service, teacher)
        service.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(_read_to_the_end(joined), 10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4512, "restarting: come back"
    assert await asyncio.wait_for(service.process.wait(), 15) == 0
    assert "Traceback" not in service.log.read_text()


async def test_ctrl_c_exits_with_130(service: Service) -> None:
    service.process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(service.process.wait(), 15) == 130
    assert "Traceback" not in service.log.read_text()


async def test_what_was_stored_is_there_after_a_restart(service: Service, tmp_path: Path) -> None:
    async with service.signed_in(FAMILY.id) as family:
        body = {"action": "a", "pupil": "p-sam", "name": "Alex Hall", "pin": PIN}
        answer = await family.post(f"/api/lessons/{NOW_OPEN}/check-in", json=body)
        assert answer.json() == {"adult": "in"}
    service.process.kill()
    await service.process.wait()
    stores = open_store(f"sqlite:///{tmp_path / 'var' / 'lessonroom.db'}")
    log = await stores.log.load(NOW_OPEN)
    stores.close()
    assert log is not None
    assert "AdultCheckedIn" in [type(event).__name__ for event in log.events]


async def test_the_log_has_routes_and_nobodys_secrets(service: Service) -> None:
    async with service.signed_in(FAMILY.id) as family, service.signed_in(TEACHER.id) as teacher:
        await family.get(f"/api/lessons/{NOW_OPEN}?pin={PIN}")
        body = {"action": "a", "pupil": "p-sam", "name": "Alex Hall", "pin": PIN}
        assert (await family.post(f"/api/lessons/{NOW_OPEN}/check-in", json=body)).status_code == 200
        await teacher.post(f"/api/lessons/{NOW_OPEN}/note", json={"action": "a", "text": "He cried when I asked."})
        await family.get(f"/in/{service.tokens[FAMILY.id]}")
        joined = await join(service, family)
        await joined.send(json.dumps({"type": "say", "action": "b", "text": "Hello Ms Patel"}))
        while json.loads(await asyncio.wait_for(joined.recv(), 5))["type"] != "ack":
            pass
        cookies = [one.cookies["lessonroom"] for one in (family, teacher)]
        await joined.close()
    service.process.send_signal(signal.SIGTERM)
    await service.process.wait()
    written = service.log.read_text()
    lines = [json.loads(line) for line in written.splitlines()]
    assert "/api/lessons/{lesson}/check-in" in {line.get("route") for line in lines}
    private = [*service.tokens.values(), *cookies, PIN, "Alex Hall", "cried", "Hello Ms Patel", FAMILY.email]
    assert [text for text in private if text in written] == []


async def test_what_the_socket_itself_refuses(service: Service) -> None:
    async with service.browser() as browser:
        answer = await browser.get("/healthz")
        assert "server" not in answer.headers
        # Without its end: a head that comes in one piece is there before it can be too long.
        reader, writer = await asyncio.open_connection("127.0.0.1", int(service.url.rpartition(":")[2]))
        writer.write(b"GET / HTTP/1.1\r\nhost: here\r\nx-long: " + b"x" * 70_000)
        refusal = await asyncio.wait_for(reader.readline(), STARTS_S)
        assert refusal.split()[1] in (b"400", b"431")
        writer.close()
        assert (await browser.get("/healthz")).status_code == 200
    address = service.url.replace("http", "ws")
    for path, origin in (("/ws", "https://evil.example"), ("/ws", None), ("/other", service.url)):
        with pytest.raises(InvalidStatus) as refused:
            await connect(address + path, origin=origin, subprotocols=["lesson.v1.json"])
        assert refused.value.response.status_code == 403


async def _read_to_the_end(joined: ClientConnection) -> None:
    while True:
        await joined.recv()


def test_a_taken_port_is_said_in_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Port {port} on 127.0.0.1 cannot be used"):
            bind(Config(port=port))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("DATABASE_URL", "lessonroom: What DATABASE_URL names is there, but it is not a database. Name another.\n"),
        ("SPOOL_DIR", "lessonroom: SPOOL_DIR taken cannot be used: Not a directory.\n"),
    ],
)
def test_a_file_of_another_kind_is_said_in_a_sentence(setting: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("neither a database nor a folder\n" * 100)
    value = "sqlite:///taken" if setting == "DATABASE_URL" else "taken"
    root = str(Path(__file__).parents[2])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": root, "PORT": "0", "LOG_LEVEL": "error", setting: value}
    command = [sys.executable, "-m", "server.cli", "serve"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=STARTS_S, check=False
    )
    assert (done.returncode, done.stderr) == (2, sentence)
