"""What cuts the network leaves nothing behind, and touches nothing that is not its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.chromium import ROOT
from tests.networks.namespaces import PREFIX, Town, ours, run, sweep, why_not

MAKES_ONE = """
import subprocess, time
from tests.networks.namespaces import Town
town = Town()
town.sides["sam"].cut("media")
subprocess.Popen(town.hub.command("sleep", "600"))
print("there", flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _possible() -> None:
    if reason := why_not():
        pytest.skip(f"no network namespaces: {reason}")


def outside() -> tuple[str, str, str]:
    """The machine's own links, addresses and rules."""
    return run("ip", "-o", "link"), run("ip", "-o", "address"), run("iptables", "-w", "-S")


def test_what_a_killed_run_left_is_swept_up_by_the_next() -> None:
    killed = subprocess.Popen([sys.executable, "-c", MAKES_ONE], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"there\n"
        left = [name for name in ours() if name.startswith(f"{PREFIX}{killed.pid}-")]
        assert len(left) == 3
        sweep()
        assert set(left) <= set(ours()), "a run that lives keeps what is its own"
        inside = [int(pid) for pid in run("ip", "netns", "pids", f"{PREFIX}{killed.pid}-server").split()]
    finally:
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
    sweep()
    assert not set(left) & set(ours())
    assert inside, "something ran in it"
    for pid in inside:
        status = Path(f"/proc/{pid}/status")
        assert not status.exists() or "State:\tZ" in status.read_text(encoding="utf-8")


def test_nothing_outside_changes() -> None:
    before = outside()
    town = Town()
    try:
        town.sides["sam"].cut("media", "control")
        assert outside() == before
    finally:
        town.close()
    assert outside() == before
    assert not [name for name in ours() if name.startswith(f"{PREFIX}{os.getpid()}-")]
