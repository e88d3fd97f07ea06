"""A real Chromium with a fake camera and microphone, found as `make setup` leaves it."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

FAKE = "--use-fake-device-for-media-stream"
FLAGS = [
    "--no-sandbox",
    # 10 frames a second: each page encodes twice in software, and two cores carry several lessons at once.
    f"{FAKE}=fps=10",
    "--use-fake-ui-for-media-stream",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--allow-loopback-in-peer-connection",
]
ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
WAIT_S = 40.0
"""For whatever is to come: several browsers share two cores, and patience costs time only where a test fails."""
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]


def executable() -> str:
    """The browser. Without one the tests are skipped with a clear line, but under CI they fail."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("no Chromium: run `make browser`, or set CHROMIUM to one")
    assert found is not None
    return found


async def until(what: str, check: Callable[[], Awaitable[Any]], seconds: float = WAIT_S) -> Any:
    """Ask again until the answer is truthy, and return it.

    `page.wait_for_function` takes a promise for truth, so waits on getStats poll from here.

    Raises:
        AssertionError: after ``seconds``, saying what never came.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = await check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what} (last answer: {found!r})")
        await asyncio.sleep(0.05)
