from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from server.store import Stores, migrate
from server.store.schema import metadata

if importlib.util.find_spec("server.accounts.schema"):
    importlib.import_module("server.accounts.schema")  # its tables join the metadata


async def test_the_migrated_schema_equals_the_metadata(stores: Stores) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    assert await stores.read(differences) == []


def test_migrating_again_is_harmless(url: str) -> None:
    migrate(url)


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'not' / 'there' / 'yet.db'}")
    assert (tmp_path / "not" / "there" / "yet.db").exists()


def test_memory_cannot_be_migrated() -> None:
    with pytest.raises(ValueError, match="memory"):
        migrate("sqlite://")
