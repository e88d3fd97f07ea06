"""The networks that are cut: made once for a run of this folder, and taken away whatever happened."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from tests.networks.nets import Cables, Net, opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests here that drive browsers do so on one loop for the whole run.

    What makes and removes namespaces by itself comes before the ones that all others share are there.
    """
    items.sort(key=lambda item: item.path.name != "test_namespaces.py")
    for item in items:
        if "tests/networks" in str(item.path) and "net" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def net(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Net]:
    """The networks of both sides."""
    async with async_playwright() as playwright, opened(playwright, tmp_path_factory.mktemp("browsers")) as made:
        yield made


@pytest.fixture
def cables(net: Net) -> Cables:
    """Networks where each packet can be told apart: what emulation cannot do."""
    if not isinstance(net, Cables):
        pytest.skip(f"needs network namespaces: {net.only}")
    return net
