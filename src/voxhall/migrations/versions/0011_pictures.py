"""Faces."""

import sqlalchemy as sa
from alembic import op

from voxhall.kit.db import UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pictures"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_pictures_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_pictures_user_id", "pictures", ["user_id"])
    for table in ("users", "participants"):
        op.add_column(table, sa.Column("picture", sa.String(40)))


def downgrade() -> None:
    for table in ("participants", "users"):
        op.drop_column(table, "picture")
    op.drop_table("pictures")
