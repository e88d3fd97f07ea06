"""One Chromium for all browser tests; a house of its own for each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.chromium import FLAGS, WAIT_S, executable

expect.set_options(timeout=WAIT_S * 1_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--pictures`` takes the pictures in docs/ anew; without it they are only checked."""
    parser.addoption("--pictures", action="store_true", help="take docs/pictures anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here drives a browser, on one loop for the whole run."""
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium with fake devices."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield chromium
        await chromium.close()
