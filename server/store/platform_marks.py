"""Each node's latest sign of life: after a crash the platform was down from it until the restart."""

from __future__ import annotations

from sqlalchemy import Connection, select, text

from server.store.schema import platform_mark


def mark(connection: Connection, node: str, at: int) -> None:
    """Overwrite the node's row."""
    connection.execute(
        text(
            "INSERT INTO platform_mark (node, at) VALUES (:node, :at) ON CONFLICT (node) DO UPDATE SET at = excluded.at"
        ),
        {"node": node, "at": at},
    )


def read_marks(connection: Connection) -> dict[str, int]:
    """The latest mark of each node, Unix ms."""
    return {row.node: row.at for row in connection.execute(select(platform_mark))}
