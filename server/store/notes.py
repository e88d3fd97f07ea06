"""A teacher's notes to the office on a lesson, appended and never changed (C5)."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, insert, select

from rooms.lesson import Actor
from server.store.schema import note

NOTE_CHARACTERS_MAX = 4_000
"""Two pages: an account of what happened fits, a pasted file does not."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One note."""

    id: int
    lesson: str
    at: int
    person: str
    name: str
    role: str
    text: str


def add_note(connection: Connection, lesson: str, by: Actor, text: str, at: int) -> None:
    """Append one.

    Raises:
        ValueError: longer than `NOTE_CHARACTERS_MAX`.
    """
    if len(text) > NOTE_CHARACTERS_MAX:
        raise ValueError(f"a note has {len(text)} characters, {NOTE_CHARACTERS_MAX} are allowed")
    connection.execute(
        insert(note),
        {
            "lesson": lesson, "at": at, "person": by.person,
            "name": by.name, "role": by.role.value, "text": text,
        },
    )  # fmt: skip


def read_notes(connection: Connection, lesson: str) -> list[Note]:
    """Every note on a lesson, oldest first."""
    rows = connection.execute(select(note).where(note.c.lesson == lesson).order_by(note.c.id)).mappings()
    return [Note(**row) for row in rows]
