"""A teacher's notes on a lesson, appended and never changed, and mailed (C5).

They go to the office; those of a teacher who flagged a message go to the safeguarding team, with the case (D3).
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, insert, select

from rooms.lesson import Actor
from server.store.projections import row_id
from server.store.schema import note, outbox, safeguarding_case

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


def add_note(connection: Connection, lesson: str, by: Actor, text: str, at: int, *, action: str) -> None:
    """Append one, and its mail; nothing where both are there since this was asked before, under the same action.

    Other words under the same action are another note: better one twice than one lost.

    Raises:
        ValueError: longer than `NOTE_CHARACTERS_MAX`.
    """
    if len(text) > NOTE_CHARACTERS_MAX:
        raise ValueError(f"a note has {len(text)} characters, {NOTE_CHARACTERS_MAX} are allowed")
    mail = row_id("note", lesson, 0, by.person, action, text)
    if connection.execute(select(outbox.c.id).where(outbox.c.id == mail)).first() is not None:
        return
    added = connection.execute(
        insert(note)
        .values(lesson=lesson, at=at, person=by.person, name=by.name, role=by.role.value, text=text)
        .returning(note.c.id)
    ).scalar_one()
    case = connection.execute(
        select(safeguarding_case.c.id)
        .where(
            safeguarding_case.c.lesson == lesson,
            safeguarding_case.c.kind == "flag",
            safeguarding_case.c.opened_by == by.person,
        )
        .order_by(safeguarding_case.c.number.desc())
        .limit(1)
    ).scalar()
    connection.execute(
        insert(outbox),
        {
            "id": mail,
            "kind": "note",
            "audience": "office" if case is None else "safeguarding",
            "lesson": lesson,
            "pupil": "",
            "case_id": case,
            "payload": msgspec.msgpack.encode(added),
            "created_at": at,
            "next_at": at,
            "attempts": 0,
            "delivered_to": "[]",
            "last_error": "",
        },
    )


def read_note(connection: Connection, note_id: int) -> Note:
    """One note."""
    return Note(**connection.execute(select(note).where(note.c.id == note_id)).mappings().one())


def read_notes(connection: Connection, lesson: str) -> list[Note]:
    """Every note on a lesson, oldest first."""
    rows = connection.execute(select(note).where(note.c.lesson == lesson).order_by(note.c.id)).mappings()
    return [Note(**row) for row in rows]
