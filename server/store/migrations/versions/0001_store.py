"""The store: logs, texts, cases, outbox, ledger, audit, notes, marks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. There is no way back: a log is never thrown away."""
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("whom", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        comment="Who looked at what (Q4), append-only.",
    )
    op.create_index(op.f("ix_audit_lesson_at"), "audit", ["lesson", "at"], unique=False)
    op.create_index(op.f("ix_audit_what_whom"), "audit", ["what", "whom"], unique=False)
    op.create_table(
        "event",
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("lesson", "sequence", name=op.f("pk_event")),
        comment="The log, append-only: a row an append of count events from sequence on, chained by SHA-256.",
    )
    op.create_table(
        "ledger",
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pupil", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("charge", sa.String(), nullable=False),
        sa.Column("reschedule", sa.Boolean(), nullable=False),
        sa.Column("minutes_owed", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("lesson", "sequence", name=op.f("pk_ledger")),
        comment="What each part came to, append-only: the last row of a pupil counts, older ones stay (O1).",
    )
    op.create_index(op.f("ix_ledger_recorded_at"), "ledger", ["recorded_at"], unique=False)
    op.create_table(
        "lesson_log",
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("lesson", name=op.f("pk_lesson_log")),
        comment="Who may append to a lesson's log: the host that holds the latest epoch. ended_at: of the log's Ended.",
    )
    op.create_index(op.f("ix_lesson_log_ended_at"), "lesson_log", ["ended_at"], unique=False)
    op.create_table(
        "message",
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("lesson", "message", name=op.f("pk_message")),
        comment="What expires (Q2): deleting a row leaves the log's chain valid.",
    )
    op.create_index(op.f("ix_message_at"), "message", ["at"], unique=False)
    op.create_table(
        "note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        comment="A teacher's note to the office (C5), append-only.",
    )
    op.create_index(op.f("ix_note_lesson"), "note", ["lesson"], unique=False)
    op.create_table(
        "platform_mark",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_platform_mark")),
        comment="Each node's latest sign of life, overwritten: after a crash the platform was down from it on.",
    )
    op.create_table(
        "safeguarding_case",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("frozen_sequence", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("evidence_digest", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_safeguarding_case")),
        sa.UniqueConstraint("id", name=op.f("uq_safeguarding_case_id")),
        comment="A case with its frozen evidence (S2), and a digest over the log's chain and the evidence.",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_safeguarding_case_lesson"), "safeguarding_case", ["lesson"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("lesson", sa.String(), nullable=False),
        sa.Column("pupil", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("delivered_to", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["safeguarding_case.id"], name=op.f("fk_outbox_case_id_safeguarding_case")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        comment="Mail to be sent, stored with what it follows from; tried again until delivered, and never deleted.",
    )
    op.create_index(op.f("ix_outbox_case_id"), "outbox", ["case_id"], unique=False)
    op.create_index("ix_outbox_due", "outbox", ["delivered_at", "next_at"], unique=False)
