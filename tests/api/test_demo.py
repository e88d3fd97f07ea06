"""`lessonroom demo` as a newcomer runs it: the printed links and the PIN work, and the lesson is about to start."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from server.demo import machine_zone

STARTS_S = 20
LINK = re.compile(r"(http://localhost:\d+)/in#([A-Za-z0-9_-]{43})$", re.MULTILINE)
LAST_LINE = b"Stop with Ctrl-C."
DEMO = (sys.executable, "-m", "server.cli", "demo", "--port", "0")


@contextlib.asynccontextmanager
async def demo(folder: Path, *options: str, zone: str = "Asia/Kolkata") -> AsyncIterator[str]:
    """Run it and yield what it printed once it is ready; then Ctrl-C."""
    environment = {"PATH": os.environ["PATH"], "TZ": zone}
    process = await asyncio.create_subprocess_exec(
        *DEMO, *options, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    printed = b""
    try:
        async with asyncio.timeout(STARTS_S):
            while LAST_LINE not in printed:
                line = await process.stdout.readline()
                assert line, printed.decode()
                printed += line
        yield printed.decode()
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 15) == 130
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def links(printed: str) -> list[tuple[str, str]]:
    return LINK.findall(printed)


async def signed_in(browser: httpx2.AsyncClient, token: str) -> str:
    answer = await browser.post("/api/sign-in", json={"token": token})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["role"])


async def test_each_printed_link_signs_its_person_in_and_the_pin_checks_the_adult_in(tmp_path: Path) -> None:
    async with demo(tmp_path) as printed:
        roles = []
        for url, token in links(printed):
            async with httpx2.AsyncClient(base_url=url, headers={"origin": url}) as browser:
                role = await signed_in(browser, token)
                roles.append(role)
                if role == "family":
                    await _check_in(browser, printed)
        assert roles == ["teacher", "family", "manager", "safeguarding", "administrator"]
        log = (tmp_path / "var" / "demo" / "server.log").read_text()
        assert all(json.loads(line) for line in log.splitlines())
        assert [token for _, token in links(printed) if token in log] == []


async def _check_in(browser: httpx2.AsyncClient, printed: str) -> None:
    found = re.search(r"Family PIN: (\d{6})\b", printed)
    assert found is not None
    (card,) = (await browser.get("/api/lessons")).json()["lessons"]
    assert card["state"] == "open"
    assert card["pupils"][0]["adult"] == "stays"
    assert 60 < card["starts_at"] / 1_000 - time.time() <= 120
    assert card["ends_at"] - card["starts_at"] == 30 * 60_000
    body = {"action": "a", "pupil": card["pupils"][0]["id"], "name": "Alex Hall", "pin": found.group(1)}
    answer = await browser.post(f"/api/lessons/{card['id']}/check-in", json=body)
    assert answer.json() == {"adult": "in"}


async def test_the_media_relay_has_a_port_of_its_own_and_says_which(tmp_path: Path) -> None:
    async with demo(tmp_path) as printed:
        found = re.search(r"The media relay is at 127\.0\.0\.1, UDP port (\d+)\.", printed)
        assert found is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", int(found.group(1))))


async def test_times_are_told_in_the_machines_zone(tmp_path: Path) -> None:
    for zone, offset_h in (("Asia/Kolkata", 5.5), ("Etc/GMT+3", -3)):
        async with demo(tmp_path, zone=zone) as printed:
            found = re.search(r"from (\d+):(\d\d)(am|pm) to .* \(" + re.escape(zone) + r"\)", printed)
            assert found is not None, printed
            hour, minute, half = int(found[1]) % 12 + 12 * (found[3] == "pm"), int(found[2]), found[3]
            expected = (time.time() + 120) / 60 + offset_h * 60
            assert abs((hour * 60 + minute - expected + 720) % 1_440 - 720) < 2, (printed, half)


async def test_a_fresh_start_forgets_and_keep_keeps(tmp_path: Path) -> None:
    counts = []
    for options in ((), ("--keep",), ()):
        async with demo(tmp_path, *options) as printed:
            url, token = links(printed)[0]
            async with httpx2.AsyncClient(base_url=url, headers={"origin": url}) as browser:
                await signed_in(browser, token)
                counts.append(len((await browser.get("/api/lessons")).json()["lessons"]))
    assert counts == [1, 2, 1]


async def test_a_second_demo_does_not_empty_the_first(tmp_path: Path) -> None:
    async with demo(tmp_path) as printed:
        second = await asyncio.to_thread(
            subprocess.run, DEMO, cwd=tmp_path, capture_output=True, text=True, timeout=STARTS_S
        )
        assert second.returncode == 2
        assert second.stderr == "lessonroom: The demo runs already, in another window: stop it there with Ctrl-C.\n"
        url, token = links(printed)[0]
        async with httpx2.AsyncClient(base_url=url, headers={"origin": url}) as browser:
            assert await signed_in(browser, token) == "teacher"


def test_a_zone_that_is_none_is_passed_over(monkeypatch) -> None:
    monkeypatch.setenv("TZ", "Nowhere/Land")
    assert machine_zone() != "Nowhere/Land"
    monkeypatch.setenv("TZ", ":Europe/Paris")
    assert machine_zone() == "Europe/Paris"
