"""One transaction for a batch of appends: who may append is judged, then all is written, then committed.

What the writer remembers of each log (`_Head`) only spares reading it again: the insert itself checks the epoch, and
the key the number. Where memory turns out wrong, the batch is judged anew from what the database holds, under its lock.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, StaticPool, exc, insert, select, text, update

from rooms.events import Event
from server.store import event_bytes
from server.store.hot import EventRow, Hot, MessageRow
from server.store.port import Append, Appended, StoreDown
from server.store.projections import CaseRow, Rows, project
from server.store.read_log import read_events, read_texts
from server.store.schema import audit, event, ledger, lesson_log, outbox, safeguarding_case
from server.store.writer import Fences, Queued, Result

T = TypeVar("T")

UNAVAILABLE_S_MAX = 30.0
"""How long a batch waits for a database that is locked or away, nothing being lost meanwhile; then its hosts reload."""
RETRY_S_MIN = 0.05
RETRY_S_MAX = 1.0
"""Between two attempts, doubling: soon back after a short lock, no busy loop in a long one."""
UNCLAIMED = 0
"""The epoch of a lesson that nobody has claimed; claims count from 1."""
HEADS_MAX = 10_000
"""Logs remembered, about 200 bytes each: twice the 5,000 live rooms that HOTPATH.md reckons with."""

_log = logging.getLogger(__name__)


class Freeze(Protocol):
    """`moderation.cases.freeze`: the evidence of a case, from the log so far and the texts that have not expired."""

    def __call__(self, events: Sequence[Event], texts: Mapping[str, str], /) -> msgspec.Struct:
        """Freeze; pure."""
        ...


class _Head(msgspec.Struct, frozen=True, gc=False):
    """Where a log stands."""

    epoch: int
    sequence: int
    chain: bytes


class _Plan(msgspec.Struct):
    """What a batch will write if every check holds."""

    results: list[Result]
    """By place in the batch."""
    heads: dict[str, _Head] = {}
    failed: set[tuple[str, int]] = set()
    events: list[EventRow] = []
    messages: list[MessageRow] = []
    follow: list[tuple[Append, Rows]] = []


class _MemoryWrongError(Exception):
    """A remembered head does not fit: judge from the database."""


class Committer:
    """The writer thread's `Work`. Holds its one connection."""

    def __init__(
        self, engine: Engine, hot_for: Callable[[Connection], Hot], fences: Fences, freeze: Freeze, *, patient: bool
    ) -> None:
        self._engine = engine
        self._hot_for = hot_for
        self._fences = fences
        self._freeze = freeze
        self._unavailable_s_max = UNAVAILABLE_S_MAX if patient else 0.0
        self._heads: dict[str, _Head] = {}
        self._hot: Hot | None = None
        self._hurry = threading.Event()
        self.committed = 0
        """Transactions so far."""
        self._untrue: tuple[type[Exception], ...] = (_MemoryWrongError, *self._errors("IntegrityError"))
        self._away = self._errors("OperationalError", "InterfaceError")

    def hurry(self) -> None:
        """From any thread: the process ends, so a database that is away is no longer waited for."""
        self._hurry.set()

    def close(self) -> None:
        """Let go of the connection."""
        self._drop_connection()

    # A batch ------------------------------------------------------------------------------------------------

    def commit(self, batch: Sequence[Queued]) -> Sequence[Result]:
        """Commit a batch; never raises. What cannot be known is UNKNOWN."""
        results = self._settle(batch)
        for queued, result in zip(batch, results, strict=True):
            if result is not Appended.COMMITTED and result is not None:
                self._fences.raise_for(queued.append)
        return results

    def _settle(self, batch: Sequence[Queued]) -> list[Result]:
        try:
            try:
                return self._patiently(lambda: self._attempt(batch, trusting=True))
            except self._untrue:
                return self._patiently(lambda: self._attempt(batch, trusting=False))
        except StoreDown as error:
            _log.error("%d appends are given up: %s", len(batch), error)
            return [Appended.UNKNOWN] * len(batch)
        except Exception as error:
            if len(batch) > 1:
                return self._settle_alone(batch)
            # Where, not what: a database's error can quote the row, and so a message.
            where = "".join(traceback.format_tb(error.__traceback__))
            _log.error("lesson %s: no append, %s\n%s", batch[0].append.lesson, type(error).__name__, where)
            return [Appended.UNKNOWN]

    def _settle_alone(self, batch: Sequence[Queued]) -> list[Result]:
        """One of them is bad: each gets its own transaction, so that it takes nobody along but those behind it."""
        results: list[Result] = []
        for queued in batch:
            [result] = self._settle([queued])
            if result is not None and result is not Appended.COMMITTED:
                self._fences.raise_for(queued.append)
            results.append(result)
        return results

    def _attempt(self, batch: Sequence[Queued], *, trusting: bool) -> list[Result]:
        hot = self._connect()
        hot.begin()
        try:
            plan = self._plan(hot.connection, batch, trusting=trusting)
            self._write(hot, plan)
        except BaseException:
            self._abandon(hot.rollback)
            raise
        if not plan.events:
            self._abandon(hot.rollback)
            return plan.results
        try:
            self._end(hot.commit)
        except Exception as error:
            # A full disk or a lost connection is told in a line: nothing in our code is to be looked for.
            known = isinstance(error, self._away)
            _log.error(
                "a commit broke off, %s; the outcome of %d appends is unknown",
                _named(error),
                len(plan.events),
                exc_info=not known,
            )
            self._drop_connection()
            for lesson in plan.heads:
                self._heads.pop(lesson, None)
            return [Appended.UNKNOWN if r is Appended.COMMITTED else r for r in plan.results]
        self.committed += 1
        self._remember(plan.heads)
        return plan.results

    def _end(self, commit: Callable[[], None]) -> None:
        """The commit itself: where tests put their faults."""
        commit()

    def _plan(self, connection: Connection, batch: Sequence[Queued], *, trusting: bool) -> _Plan:
        plan = _Plan(results=[])
        for queued in batch:
            append = queued.append
            key = (append.lesson, append.epoch)
            if key in plan.failed or self._fences.behind(queued):
                plan.results.append(None)
                continue
            head = plan.heads.get(append.lesson) or (self._heads.get(append.lesson) if trusting else None)
            if head is None:
                head = self._read_head(connection, append.lesson)
            result = _judge(append, head)
            if result is Appended.COMMITTED:
                plan.heads[append.lesson] = _prepare(append, head, plan)
            elif trusting:
                raise _MemoryWrongError
            else:
                plan.failed.add(key)
                plan.heads[append.lesson] = head
            plan.results.append(result)
        return plan

    def _read_head(self, connection: Connection, lesson: str) -> _Head:
        epoch = connection.execute(
            # FOR SHARE: nobody claims the lesson until this transaction has ended (SQLite's lock sees to that anyway)
            select(lesson_log.c.epoch).where(lesson_log.c.lesson == lesson).with_for_update(read=True)
        ).scalar()
        last = connection.execute(
            select(event.c.sequence, event.c["count"], event.c.chain)
            .where(event.c.lesson == lesson)
            .order_by(event.c.sequence.desc())
            .limit(1)
        ).first()
        if last is None:
            return _Head(epoch or UNCLAIMED, 0, event_bytes.chain_start(lesson))
        first, count, chain = last
        return _Head(epoch or UNCLAIMED, first + count - 1, bytes(chain))

    def _write(self, hot: Hot, plan: _Plan) -> None:
        if not plan.events:
            return
        if hot.insert(plan.events, plan.messages) != len(plan.events):
            raise _MemoryWrongError
        for append, rows in plan.follow:
            self._write_rest(hot.connection, append, rows)

    def _write_rest(self, connection: Connection, append: Append, rows: Rows) -> None:
        ends = [case.sequence - 1 for case in rows.cases[1:]]
        for case, frozen in zip(rows.cases, [*ends, append.expected_sequence + len(append.events)], strict=False):
            self._open_case(connection, case, frozen)
        for table, some in ((outbox, rows.mails), (ledger, rows.ledger), (audit, rows.audit)):
            if some:
                connection.execute(insert(table), [_columns(row) for row in some])
        if rows.ended_at is not None:
            where = lesson_log.c.lesson == append.lesson
            connection.execute(update(lesson_log).where(where).values(ended_at=rows.ended_at))

    def _open_case(self, connection: Connection, case: CaseRow, last: int) -> None:
        """Freeze the log as this append leaves it, or as it was before the next case of the same append."""
        events, chain = read_events(connection, case.lesson, up_to=last)
        texts = {message: kept.text for message, kept in read_texts(connection, case.lesson).items()}
        evidence = msgspec.msgpack.encode(self._freeze(events, texts), order="deterministic")
        row = {
            **msgspec.structs.asdict(case),
            "frozen_sequence": last,
            "evidence": evidence,
            "evidence_digest": hashlib.sha256(chain + evidence).digest(),
            "chain": chain,
        }
        connection.execute(insert(safeguarding_case), row)

    def _remember(self, heads: Mapping[str, _Head]) -> None:
        self._heads.update(heads)
        while len(self._heads) > HEADS_MAX:
            del self._heads[next(iter(self._heads))]

    # Any other transaction ----------------------------------------------------------------------------------

    def transact(self, run: Callable[[Connection], T]) -> T:
        """Run one transaction of its own.

        Raises:
            StoreDown: it could not be begun in time, or broke off in its commit.
        """
        return self._patiently(lambda: self._transact_once(run))

    def _transact_once(self, run: Callable[[Connection], T]) -> T:
        connection = self._connect().connection
        transaction = connection.begin()
        try:
            result = run(connection)
        except BaseException:
            self._abandon(transaction.rollback)
            raise
        try:
            self._end(transaction.commit)
        except Exception as error:
            self._drop_connection()
            raise StoreDown(f"the commit broke off: {_named(error)}") from error
        return result

    def claim(self, connection: Connection, lesson: str) -> int:
        """Raise a lesson's epoch, within a transaction."""
        epoch = connection.execute(
            text(
                "INSERT INTO lesson_log (lesson, epoch) VALUES (:lesson, 1)"
                " ON CONFLICT (lesson) DO UPDATE SET epoch = lesson_log.epoch + 1 RETURNING epoch"
            ),
            {"lesson": lesson},
        ).scalar_one()
        self._heads.pop(lesson, None)
        return int(epoch)

    # The connection -----------------------------------------------------------------------------------------

    def _patiently(self, attempt: Callable[[], T]) -> T:
        """Try again while the database is locked or away: nothing was committed, so nothing can be doubled.

        Raises:
            StoreDown: still so after `UNAVAILABLE_S_MAX`.
        """
        give_up_at = time.monotonic() + self._unavailable_s_max
        pause = RETRY_S_MIN
        while True:
            try:
                return attempt()
            except self._away as error:
                self._drop_connection()
                if time.monotonic() >= give_up_at or self._hurry.is_set():
                    raise StoreDown(f"the database is locked, full or away: {_named(error)}") from error
                _log.warning("the database is locked, full or away: %s", _named(error))
            self._hurry.wait(pause)
            pause = min(2 * pause, RETRY_S_MAX)

    def _errors(self, *names: str) -> tuple[type[Exception], ...]:
        """The driver's own errors, and SQLAlchemy's around them: the hot statements go to the driver directly."""
        driver: Any = self._engine.dialect.loaded_dbapi
        return tuple(getattr(source, name) for source in (exc, driver) for name in names)

    def _connect(self) -> Hot:
        if self._hot is None:
            self._hot = self._hot_for(self._engine.connect())
        return self._hot

    def _abandon(self, rollback: Callable[[], None]) -> None:
        try:
            rollback()
        except Exception:
            _log.warning("a rollback failed; the connection is dropped, which rolls back too")
            self._drop_connection()

    def _drop_connection(self) -> None:
        hot, self._hot = self._hot, None
        if hot is None:
            return
        connection = hot.connection
        try:
            if not isinstance(self._engine.pool, StaticPool):  # in memory, this is the database itself
                connection.invalidate()
            connection.close()
        except exc.DBAPIError:
            _log.warning("a broken connection could not be closed in order")


def _named(error: Exception) -> str:
    """Its kind and the database's own code (``SQLITE_FULL``, ``53100``), not its words: these can quote the row."""
    origin = getattr(error, "orig", None) or error
    code = getattr(origin, "sqlite_errorname", None) or getattr(origin, "sqlstate", None)
    return " ".join(filter(None, (type(origin).__name__, code)))


def _judge(append: Append, head: _Head) -> Appended:
    if append.epoch != head.epoch or head.epoch == UNCLAIMED:
        return Appended.STALE_EPOCH
    if append.expected_sequence != head.sequence:
        return Appended.WRONG_SEQUENCE
    return Appended.COMMITTED


def _prepare(append: Append, head: _Head, plan: _Plan) -> _Head:
    """Put an append's rows into the plan; return where its log stands then."""
    rows = project(append)
    count = len(append.events)
    if not count:
        return head
    data = event_bytes.encode(append.events)
    chain = event_bytes.chain_next(head.chain, data)
    plan.events.append((append.lesson, head.sequence + 1, count, append.epoch, append.recorded_at, data, chain))
    plan.messages.extend(rows.messages)
    if rows:
        plan.follow.append((append, rows))
    return _Head(head.epoch, head.sequence + count, chain)


def _columns(row: msgspec.Struct) -> dict[str, Any]:
    """A projected row as its table's columns."""
    columns = msgspec.structs.asdict(row)
    if "case_id" in columns:
        payload = bytes(columns.pop("outcome"))
        columns |= {
            "payload": payload,
            "next_at": columns["created_at"],
            "attempts": 0,
            "delivered_to": "[]",
            "last_error": "",
        }
    return columns
