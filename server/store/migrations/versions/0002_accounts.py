"""The accounts: people, pupils, bookings, sign-in links, sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        comment="An account (A1). pin_hash: Argon2id of the family PIN. Not active: has left, every session over (A3).",
    )
    op.create_table(
        "pupil",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("born_on", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pupil")),
        comment="born_on is ISO 8601, set by the office, used only for the age on a lesson's date (A5).",
    )
    op.create_table(
        "booking",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("teacher", sa.String(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["teacher"], ["person.id"], name=op.f("fk_booking_teacher_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        comment="A lesson as booked; its log freezes it when it opens.",
    )
    op.create_index(op.f("ix_booking_starts_at"), "booking", ["starts_at"], unique=False)
    op.create_index(op.f("ix_booking_teacher_starts_at"), "booking", ["teacher", "starts_at"], unique=False)
    op.create_table(
        "pupil_adult",
        sa.Column("pupil", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_pupil_adult_person_person")),
        sa.ForeignKeyConstraint(["pupil"], ["pupil.id"], name=op.f("fk_pupil_adult_pupil_pupil")),
        sa.PrimaryKeyConstraint("pupil", "person", name=op.f("pk_pupil_adult")),
        comment="Whose account holds which pupil: several adults a pupil, several pupils an adult (A1).",
    )
    op.create_index(op.f("ix_pupil_adult_person"), "pupil_adult", ["person"], unique=False)
    op.create_table(
        "session",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_session_person_person")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_session")),
        comment="Signed-in browsers: only SHA-256 of the cookie's 256 random bits is kept.",
    )
    op.create_index(op.f("ix_session_person"), "session", ["person"], unique=False)
    op.create_table(
        "sign_in_link",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_sign_in_link_person_person")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_in_link")),
        comment="A single-use link: only SHA-256 of its 256 random bits is kept.",
    )
    op.create_index(op.f("ix_sign_in_link_person"), "sign_in_link", ["person"], unique=False)
    op.create_table(
        "booking_pupil",
        sa.Column("booking", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("pupil", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["booking"], ["booking.id"], name=op.f("fk_booking_pupil_booking_booking")),
        sa.ForeignKeyConstraint(["pupil"], ["pupil.id"], name=op.f("fk_booking_pupil_pupil_pupil")),
        sa.PrimaryKeyConstraint("booking", "place", name=op.f("pk_booking_pupil")),
        comment="Who is taught in it, in the order in which pages name them.",
    )
    op.create_index(op.f("ix_booking_pupil_pupil"), "booking_pupil", ["pupil"], unique=False)
