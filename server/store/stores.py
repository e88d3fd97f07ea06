"""One open database: the logs, and what pages and workers read and write beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine

from moderation.cases import freeze as moderation_freeze
from rooms.lesson import Actor, Role
from server.store import platform_marks
from server.store.audit import VISIT_BEGAN, VISIT_ENDED, AuditEntry, DropIn, read_audit, read_drop_ins, record
from server.store.cases import Case, CaseLine, list_cases, open_case
from server.store.checkpoints import Checkpoints
from server.store.commit import Committer, Freeze
from server.store.engine import in_memory, open_engines, parse_url
from server.store.hot import PostgresHot, SqliteHot
from server.store.ledger import Entry, read_ledger
from server.store.log import SqlLog
from server.store.notes import Note, add_note, read_notes
from server.store.outbox_rows import next_due
from server.store.read_log import read_unfinished
from server.store.readers import Readers
from server.store.schema import metadata
from server.store.writer import Fences, LoopCall, Writer

T = TypeVar("T")


def open_store(
    url: str, *, loop_call: LoopCall | None = None, inline: bool = False, freeze: Freeze = moderation_freeze
) -> Stores:
    """Open a database that `migrate` has brought up to date.

    Args:
        url: ``sqlite:///var/lessonroom.db``, ``postgresql://…``; ``sqlite://`` (memory, inline only) makes its tables.
        loop_call: runs a callback soon on the loop's thread; by default the loop's own, found at the first append.
        inline: no threads: what is appended commits at the loop's next turn, on its thread (simulation).
        freeze: what a case's evidence is; tests have a smaller one.

    Raises:
        ValueError: for another kind of database, or one in memory that is not inline.
    """
    parsed = parse_url(url)
    if in_memory(parsed) and not inline:
        raise ValueError("a database in memory has one connection: open it inline")
    engines = open_engines(parsed)
    if in_memory(parsed):
        metadata.create_all(engines.write)
    fences = Fences()
    hot_for = SqliteHot if parsed.drivername == "sqlite" else PostgresHot
    committer = Committer(engines.write, hot_for, fences, freeze, patient=not inline)
    writer = Writer(committer, fences, loop_call=loop_call, inline=inline)
    readers = Readers(engines.read, inline=inline)
    checkpoints = None
    if parsed.drivername == "sqlite" and not inline:
        checkpoints = Checkpoints(str(parsed.database), lambda: committer.committed)

    def close() -> None:
        if checkpoints is not None:
            checkpoints.close()
        engines.dispose()

    return Stores(engine=engines.write, committer=committer, writer=writer, readers=readers, close=close)


class Stores:
    """Everything that one database keeps. Every method may be called on the loop's thread, and none blocks it."""

    def __init__(
        self, *, engine: Engine, committer: Committer, writer: Writer, readers: Readers, close: Callable[[], None]
    ) -> None:
        self.engine = engine
        """For tools and tests. On the loop use `read` and `write`: SQLite has one writer at a time, ours."""
        self.log = SqlLog(writer, committer, readers)
        self._committer = committer
        self._writer = writer
        self._readers = readers
        self._close = close

    async def read(self, read: Callable[[Connection], T]) -> T:
        """Run a read-only function in one unchanging snapshot, in a reading thread.

        Raises:
            StoreDown: the database is locked or away.
        """
        return await self._readers.run(read)

    async def write(self, write: Callable[[Connection], T]) -> T:
        """Run a function in one transaction of the writing thread: all of it durable when this returns, or none.

        It is called again from its start where the database was locked or away, so it has no other effects.

        Raises:
            StoreBusy: too many wait already; nothing was queued.
            StoreDown: the database stayed away, or broke off in the commit: it may or may not be done.
        """
        return await self._writer.run(write)

    async def unfinished(self) -> list[str]:
        """Lessons whose log was begun and has no end yet: after a crash, a host has to take them up."""
        return await self.read(read_unfinished)

    async def cases(self, reader: str) -> list[CaseLine]:
        """The case list as ``reader`` (a person's id) sees it."""
        return await self.read(lambda connection: list_cases(connection, reader))

    async def case(self, case: str, reader: Actor, at: int) -> Case | None:
        """Open one case, which is put on the audit log; None where there is no such case."""
        return await self.write(lambda connection: open_case(connection, case, reader, at))

    async def ledger(self, lesson: str) -> list[Entry]:
        """What each part of a lesson came to, oldest first; of a pupil's rows the last counts."""
        return await self.read(lambda connection: read_ledger(connection, lesson))

    async def outbox_due_at(self) -> int | None:
        """When the earliest undelivered mail is due, Unix ms; None when all are delivered."""
        return await self.read(next_due)

    async def audit(self, by: Actor, what: str, whom: str, at: int, lesson: str = "") -> None:
        """Append to the audit log (Q4); durable when this returns."""
        await self.write(lambda connection: record(connection, by, what, whom, at, lesson))

    async def audit_log(self, reader: Role, lesson: str | None = None, before: int | None = None) -> list[AuditEntry]:
        """The latest lines of the audit log that ``reader`` may read (Q1), newest first."""
        return await self.read(lambda connection: read_audit(connection, reader, lesson, before))

    async def visit_began(self, by: Actor, lesson: str, visit: str, at: int) -> None:
        """Q1: an observer's visit, with an id of its own."""
        await self.audit(by, VISIT_BEGAN, visit, at, lesson)

    async def visit_ended(self, by: Actor, lesson: str, visit: str, at: int) -> None:
        """Q1: that visit is over."""
        await self.audit(by, VISIT_ENDED, visit, at, lesson)

    async def drop_ins(self, reader: Role, lesson: str) -> list[DropIn]:
        """Q1: who visited a lesson, when, for how long; as far as ``reader`` may know."""
        return await self.read(lambda connection: read_drop_ins(connection, reader, lesson))

    async def add_note(self, lesson: str, by: Actor, text: str, at: int, *, action: str) -> None:
        """C5: a note to the office; asked again under the same action it is the same note.

        Raises:
            ValueError: longer than `notes.NOTE_CHARACTERS_MAX`.
        """
        await self.write(lambda connection: add_note(connection, lesson, by, text, at, action=action))

    async def notes(self, lesson: str) -> list[Note]:
        """The notes on a lesson, oldest first."""
        return await self.read(lambda connection: read_notes(connection, lesson))

    async def mark(self, node: str, at: int) -> None:
        """This node was up at ``at``."""
        await self.write(lambda connection: platform_marks.mark(connection, node, at))

    async def marks(self) -> dict[str, int]:
        """Each node's latest mark."""
        return await self.read(platform_marks.read_marks)

    def close(self) -> None:
        """Commit what is queued, answer it, and let go of the database. Blocks, but not for a database that is away."""
        self._committer.hurry()
        self._writer.close()
        self._readers.close()
        self._close()
