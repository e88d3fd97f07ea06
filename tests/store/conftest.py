from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.store import Stores, migrate, open_store
from tests.postgres import own_postgres_server, postgres_server, postgres_url  # noqa: F401 - fixtures
from tests.store.lessons import freeze


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database of each kind: what is promised holds on both."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'store' / 'lessons.db'}"
    else:
        url = str(request.getfixturevalue("postgres_url"))
    migrate(url)
    return url


@pytest.fixture
async def stores(url: str) -> AsyncIterator[Stores]:
    opened = open_store(url, freeze=freeze)
    yield opened
    opened.close()
