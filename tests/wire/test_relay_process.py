"""`lessonroom relay` as a process, with the product beside it: media through it, its death, its successor."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from server.relay_channel import ChannelAddress
from server.relay_link import RelayLink, linked
from signalling.relay.port import LegView
from tests.wire.product import Browser, product
from tests.wire.served import ADA, ANNA, on_uvloop
from tests.wire.test_relay_control import until
from tests.wire.test_relayed_media import MO, WIDTHS, joined, receiving, sending, until_closed


class RelayProcess:
    """One `lessonroom relay`."""

    def __init__(self, process: asyncio.subprocess.Process, says: str) -> None:
        self.process = process
        self.says = says

    async def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return await self.process.wait()


@contextlib.asynccontextmanager
async def relay_process(folder: Path) -> AsyncIterator[RelayProcess]:
    environment = {"PATH": os.environ["PATH"], "RELAY": f"unix:{folder / 'relay.sock'}", "RELAY_PORT": "0"}
    root = Path(__file__).parents[2]
    with (folder / "relay.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server.cli", "relay", cwd=root, env=environment, stdout=-1, stderr=log
        )
    assert process.stdout is not None
    try:
        says = (await process.stdout.readline()).decode()
        assert says.startswith("Relaying at 127.0.0.1, UDP port "), says + (folder / "relay.log").read_text()
        yield RelayProcess(process, says)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def seen(link: RelayLink, side: str) -> LegView:
    """The relay's view, once media has come."""

    def flows() -> bool:
        view = link.view("l", side)
        return view is not None and min(view.audio, view.video) > 0

    await until(flows)
    view = link.view("l", side)
    assert view is not None
    return view


async def refused(browser: Browser, n: int) -> str:
    await browser.send("leg", n=n, sdp="v=0\r\n")
    code: str = (await browser.receive("leg_refused"))["code"]
    return code


@on_uvloop
async def test_media_goes_through_a_relay_of_its_own_until_it_is_killed_and_through_the_next(tmp_path: Path) -> None:
    address = ChannelAddress(path=str(tmp_path / "relay.sock"))
    async with linked(address, b"") as link, product(tmp_path, elsewhere=link) as server:
        anna, ada = await joined(server, ANNA), await joined(server, ADA)
        async with relay_process(tmp_path) as first:
            await link.heard()
            leg = await sending(anna, "teacher")
            view = await seen(link, "teacher")
            assert view.connected
            assert view.quiet_s is not None
            assert view.others_quiet_s is None
            await first.end(signal.SIGKILL)
        await until(lambda: link.quiet_s() is None)
        assert link.view("l", "teacher") is None
        assert await refused(anna, 2) == "relay_failed"
        await ada.send("say", action="s1", text="Still here")
        assert (await ada.receive("ack"))["ok"]
        await leg.close()
        async with relay_process(tmp_path) as second:
            await link.heard()
            legs = [await sending(anna, "teacher"), await sending(ada, "sam")]
            mo = await joined(server, MO)
            watching, tracks = await receiving(mo)
            for side, width in WIDTHS.items():
                assert (await tracks[f"{side} {side}-video"].recv()).width == width
            assert (await seen(link, "sam")).others_quiet_s is not None
            await mo.send("end", action="a1", because=None)
            for pc in (*legs, watching):
                await until_closed(pc)
                await pc.close()
            assert await second.end(signal.SIGTERM) == 0
        assert "relay.sock" not in os.listdir(tmp_path)
