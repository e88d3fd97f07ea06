"""Real parts over a real SQLite file; only the clock can be jumped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server.app import Parts, assembled
from server.clock import SystemClock
from server.config import Config
from server.store.migration import migrate
from server.store.stores import Stores, open_store
from tests.api.browsing import Browser, Browsers
from tests.api.service import FAMILY, MANAGER, OTHER_FAMILY, SAFEGUARDING, TEACHER, furnish


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def stores(tmp_path: Path, clock: SystemClock) -> Iterator[Stores]:
    """A migrated database with the small service in it."""
    url = f"sqlite:///{tmp_path / 'lessonroom.db'}"
    migrate(url)
    opened = open_store(url)
    with opened.engine.begin() as connection:
        furnish(connection, clock.now_ms())
    yield opened
    opened.close()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>Lesson room</title>")
    (static / "assets" / "index-B0wX3k9q.js").write_text("export {}")
    (static / "assets" / "plain.txt").write_text("no hash in its name")
    return Config(
        database_url=f"sqlite:///{tmp_path / 'app.db'}",
        mail_dir=tmp_path / "mail",
        spool_dir=tmp_path / "spool",
        static_dir=static,
        service_phone="01632 960 001",
    )


@pytest.fixture
async def parts(config: Config, clock: SystemClock) -> AsyncIterator[Parts]:
    """The whole process but its listening socket, with the small service in it."""
    async with assembled(config, clock) as made:
        await made.stores.write(lambda connection: furnish(connection, clock.now_ms()))
        yield made


@pytest.fixture
async def browsers(parts: Parts) -> AsyncIterator[Browsers]:
    async with Browsers(parts) as made:
        yield made


@pytest.fixture
async def stranger(browsers: Browsers) -> Browser:
    """Signed out."""
    return browsers.new()


@pytest.fixture
async def teacher(browsers: Browsers) -> Browser:
    return await browsers.signed_in(TEACHER)


@pytest.fixture
async def family(browsers: Browsers) -> Browser:
    return await browsers.signed_in(FAMILY)


@pytest.fixture
async def other_family(browsers: Browsers) -> Browser:
    return await browsers.signed_in(OTHER_FAMILY)


@pytest.fixture
async def manager(browsers: Browsers) -> Browser:
    return await browsers.signed_in(MANAGER)


@pytest.fixture
async def safeguarding(browsers: Browsers) -> Browser:
    return await browsers.signed_in(SAFEGUARDING)
