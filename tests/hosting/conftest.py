"""Every test here runs on the virtual loop: minutes pass in the time that their callbacks take."""

from __future__ import annotations

from tests.virtual_loop import VirtualLoop


def pytest_asyncio_loop_factories(config, item):
    return {"virtual": VirtualLoop}
