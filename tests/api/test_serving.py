"""`server.app.serving`: a whole server on a test's loop, whose policy clock the test jumps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import msgspec

from server.app import Serving, serving
from server.clock import SystemClock
from server.config import Config
from tests.api.browsing import until
from tests.api.service import FAMILY, MINUTE_MS, NOW_OPEN, SAFEGUARDING, TEACHER, furnish


async def test_C2_C5_nobody_comes_and_eight_minutes_later_the_family_and_office_are_told(
    config: Config, tmp_path: Path
) -> None:
    clock = SystemClock()
    async with serving(msgspec.structs.replace(config, port=0), clock=clock) as server:
        await server.services.stores.write(lambda connection: furnish(connection, clock.now_ms()))
        assert await server.hosting.open(NOW_OPEN)
        async with await _teacher(server) as teacher:
            assert (await _after(teacher))["card"]["state"] == "open"
            clock.jump(8 * MINUTE_MS)
            after = await _settled(teacher)
        mails = await _mails(tmp_path / "mail", 4)
    (result,) = after["results"]
    assert (result["outcome"]["rule"], result["outcome"]["charge"]) == ("C2", "not_charged")
    assert [line["detail"] for line in after["timeline"] if line["what"] == "ended"] == ["C2"]
    to = {line for mail in mails for line in mail.decode().splitlines() if line.startswith("To: ")}
    assert {f"To: {FAMILY.email}", "To: office@localhost"} <= to
    assert f"To: {SAFEGUARDING.email}" not in to
    assert server.task.done()


async def _teacher(server: Serving) -> httpx2.AsyncClient:
    browser = httpx2.AsyncClient(base_url=server.base_url)
    token = await server.services.sign_in.link(TEACHER.id)
    _, cookie = await server.services.sign_in.redeem(token)
    browser.cookies.set("lessonroom", cookie)
    return browser


async def _after(teacher: httpx2.AsyncClient) -> dict[str, Any]:
    return (await teacher.get(f"/api/lessons/{NOW_OPEN}")).json()


async def _settled(teacher: httpx2.AsyncClient) -> dict[str, Any]:
    return await until(lambda after: after["settled"], lambda: _after(teacher))


async def _mails(folder: Path, count: int) -> list[bytes]:
    """Three adults of Sam and the office."""

    async def found() -> list[bytes]:
        return [mail.read_bytes() for mail in sorted(folder.glob("*.eml"))]  # noqa: ASYNC240 - a few small files

    return await until(lambda mails: len(mails) >= count, found)
