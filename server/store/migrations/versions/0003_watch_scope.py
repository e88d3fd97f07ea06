"""Whose lessons a people manager or administrator may watch (A6); for all who are there, as it was: everybody's."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and say of everybody that no list of teachers holds for them."""
    op.add_column("person", sa.Column("watches_all", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "watch_scope",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("teacher", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_watch_scope_person_person")),
        sa.ForeignKeyConstraint(["teacher"], ["person.id"], name=op.f("fk_watch_scope_teacher_person")),
        sa.PrimaryKeyConstraint("person", "teacher", name=op.f("pk_watch_scope")),
        comment="Whose lessons a watcher (A6) may watch, where person.watches_all is false: these and no others.",
    )
