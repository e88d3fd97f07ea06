"""Bringing a database to the program's schema, with Alembic; the versions travel in the package."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from server.store.engine import in_memory, open_engines, parse_url

SCRIPTS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x6C6573736F6E
"""PostgreSQL: several nodes may start at once, one migrates. Any number that nobody else uses."""


def migrate(url: str) -> None:
    """Run every version that the database lacks, in one transaction; harmless when it lacks none.

    Raises:
        ValueError: for a database in memory: it would be gone at once (`open_store` makes its tables itself).
    """
    parsed = parse_url(url)
    if in_memory(parsed):
        raise ValueError("a database in memory cannot be migrated")
    engines = open_engines(parsed)
    try:
        with engines.write.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
            config = Config()
            config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engines.dispose()
