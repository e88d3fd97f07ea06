"""What holds for all tests."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling


class OneWorkerForNetworks(LoadFileScheduling):  # type: ignore[misc]
    """A file a worker, but all files of tests/networks one after another: two lessons at once would be too much."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/networks" if nodeid.startswith("tests/networks/") else str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Only for `--dist loadfile`, which is what `make test` says."""
    return OneWorkerForNetworks(config, log) if config.getvalue("dist") == "loadfile" else None
