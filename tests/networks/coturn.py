"""coturn as docs/operating.md configures it, run in the server's namespace: the page and the test cannot differ."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from tests.browser.chromium import ROOT, until
from tests.networks.namespaces import SERVER, Namespace, run

PORT: Final = 3478
SECRET: Final = "only-for-this-test-and-forty-three-letters-or-more"
_BLOCK: Final = re.compile(r"```ini\n# /etc/turnserver\.conf\n(.*?)```", re.DOTALL)


def configuration() -> list[str]:
    """The lines of docs/operating.md, with this network's address and secret in place of an example's."""
    found = _BLOCK.search((ROOT / "docs" / "operating.md").read_text(encoding="utf-8"))
    assert found, "docs/operating.md has no coturn configuration"
    lines = [line for line in found[1].splitlines() if line and not line.startswith("#")]
    own = {"listening-ip": SERVER, "relay-ip": SERVER, "static-auth-secret": SECRET}
    replaced = [f"{key}={own[key]}" if (key := line.split("=")[0]) in own else line for line in lines]
    # The private ranges are refused, and this network is one: the TURN server itself is let through, nobody else.
    return [*replaced, f"allowed-peer-ip={SERVER}"]


def _written(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    settings = folder / "turnserver.conf"
    settings.write_text("\n".join(configuration()) + "\n", encoding="utf-8")
    return settings


@contextlib.asynccontextmanager
async def turn_server(where: Namespace, folder: Path) -> AsyncIterator[None]:
    """coturn, listening."""
    settings = await asyncio.to_thread(_written, folder)
    program = shutil.which("turnserver") or "turnserver"
    own_files = ["--pidfile", str(folder / "pid"), "--userdb", str(folder / "db"), "--log-file", "stdout"]
    command = where.command(program, "-c", str(settings), *own_files)
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:

        async def listening() -> bool:
            assert process.returncode is None, (folder / "log").read_text(encoding="utf-8")[-2_000:]
            return f"{SERVER}:{PORT}" in await asyncio.to_thread(run, *where.command("ss", "-Hltn"))

        await until("coturn listens", listening, 10)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
