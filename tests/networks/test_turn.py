"""UDP blocked on both sides, as in many a school, and a TURN server that is reached over TCP."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Page

from rooms.events import EvidenceChanged
from server.config import Secret
from tests.networks.coturn import PORT, SECRET, turn_server
from tests.networks.lesson import SIDES, Lesson
from tests.networks.namespaces import ADDRESSES, SERVER
from tests.networks.nets import Cables, enter

RELAYED = """
async () => {
    for (const pc of window.__pcs) {
        if (pc.connectionState !== 'connected') continue;
        const stats = await pc.getStats();
        const transport = [...stats.values()].find((row) => row.type === 'transport');
        const pair = transport && stats.get(transport.selectedCandidatePairId);
        const own = pair && stats.get(pair.localCandidateId);
        if (own) return [own.candidateType, own.relayProtocol ?? ''];
    }
    return [];
}
"""
"""The kind of one's own end of the path that media takes, and how the TURN server is reached."""


async def path_of(page: Page) -> tuple[str, str]:
    """As above; empty while there is none."""
    kind, protocol = [*await page.evaluate(RELAYED), "", ""][:2]
    return kind, protocol


def turn_installed() -> None:
    """Skip where there is none; CI has one."""
    if shutil.which("turnserver") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no coturn here: install Debian's package coturn")


async def test_UDP_blocked_a_lesson_is_held_by_TURN_over_TCP(cables: Cables, tmp_path: Path) -> None:
    turn_installed()
    turn = {"turn_urls": (f"turn:{SERVER}:{PORT}?transport=tcp",), "turn_secret": Secret(SECRET.encode())}
    async with turn_server(cables.town.hub, tmp_path / "turn"), cables.served(tmp_path, **turn) as home:
        for side in SIDES:
            await cables.cut(side, "media")
        lesson = Lesson(home, await enter(home, "teacher"), await enter(home, "sam"))
        await lesson.start()
        # Which end of the pair is relayed is the browsers' choice; both may be. No other way is open.
        paths = [await path_of(seated.page) for seated in lesson.both]
        assert ("relay", "tcp") in paths, paths
        found = [e for e in await home.events() if isinstance(e, EvidenceChanged)]
        assert {(e.side, e.evidence) for e in found if e.evidence == "ready"} == {(side, "ready") for side in SIDES}
        await lesson.nobody_is_charged()


async def test_a_private_address_is_nobodys_peer(cables: Cables, tmp_path: Path) -> None:
    """Whoever has a credential still reaches nothing inside: neither a neighbour nor the machine's own services."""
    turn_installed()
    async with turn_server(cables.town.hub, tmp_path / "turn"):
        for peer in (ADDRESSES["teacher"], "127.0.0.1", "169.254.169.254"):
            words = ("turnutils_uclient", "-t", "-n", "1", "-W", SECRET, "-u", "somebody", "-e", peer, SERVER)
            command = cables.town.sides["sam"].command(*words)
            done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=20)
            assert "403 (Forbidden IP)" in done.stdout + done.stderr, peer
