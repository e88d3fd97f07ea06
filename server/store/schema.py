"""Every table of the store, as SQLAlchemy Core metadata; the accounts' tables join the same ``metadata``.

Times are Unix milliseconds. Append-only, so never updated by any statement of this program: event, ledger, audit, note.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_COUNTED = BigInteger().with_variant(Integer, "sqlite")
"""A key that the database counts: SQLite counts an INTEGER primary key only."""

lesson_log = Table(
    "lesson_log",
    metadata,
    Column("lesson", String, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index(None, "ended_at"),
    comment="Who may append to a lesson's log: the host that holds the latest epoch. ended_at: of the log's Ended.",
)

event = Table(
    "event",
    metadata,
    Column("lesson", String, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("event", LargeBinary, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    comment="The log, append-only: a row an append of count events from sequence on, chained by SHA-256.",
)

message = Table(
    "message",
    metadata,
    Column("lesson", String, primary_key=True),
    Column("message", String, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("person", String, nullable=False),
    Column("author", String, nullable=False),
    Column("role", String, nullable=False),
    Column("side", String),
    Column("text", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Index(None, "at"),
    comment="What expires (Q2): deleting a row leaves the log's chain valid.",
)

safeguarding_case = Table(
    "safeguarding_case",
    metadata,
    Column("number", _COUNTED, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("lesson", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("opened_by", String, nullable=False),
    Column("message", String, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("frozen_sequence", BigInteger, nullable=False),
    Column("evidence", LargeBinary, nullable=False),
    Column("evidence_digest", LargeBinary, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
    comment="A case with its frozen evidence (S2), and a digest over the log's chain and the evidence.",
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("audience", String, nullable=False),
    Column("lesson", String, nullable=False),
    Column("pupil", String, nullable=False),
    Column("case_id", String, ForeignKey("safeguarding_case.id"), index=True),
    Column("payload", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("delivered_at", BigInteger),
    Column("delivered_to", Text, nullable=False),
    Column("last_error", Text, nullable=False),
    Index("ix_outbox_due", "delivered_at", "next_at"),
    comment="Mail to be sent, stored with what it follows from; tried again until delivered, and never deleted.",
)

ledger = Table(
    "ledger",
    metadata,
    Column("lesson", String, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("pupil", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("rule", String, nullable=False),
    Column("charge", String, nullable=False),
    Column("reschedule", Boolean, nullable=False),
    Column("minutes_owed", Integer, nullable=False),
    Column("decided_by", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("outcome", LargeBinary, nullable=False),
    Index(None, "recorded_at"),
    comment="What each part came to, append-only: the last row of a pupil counts, older ones stay (O1).",
)

audit = Table(
    "audit",
    metadata,
    Column("id", _COUNTED, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("person", String, nullable=False),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("what", String, nullable=False),
    Column("whom", String, nullable=False),
    Column("lesson", String, nullable=False),
    Index(None, "lesson", "at"),
    Index(None, "what", "whom"),
    comment="Who looked at what (Q4), append-only.",
)

note = Table(
    "note",
    metadata,
    Column("id", _COUNTED, primary_key=True),
    Column("lesson", String, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("person", String, nullable=False),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("text", Text, nullable=False),
    comment="A teacher's note to the office (C5), append-only.",
)

platform_mark = Table(
    "platform_mark",
    metadata,
    Column("node", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    comment="Each node's latest sign of life, overwritten: after a crash the platform was down from it on.",
)
