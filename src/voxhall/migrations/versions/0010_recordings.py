"""What was recorded, and what became of it."""

import sqlalchemy as sa
from alembic import op

from voxhall.kit.db import Json, UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("space_id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("damages", Json, nullable=False),
        sa.PrimaryKeyConstraint("space_id", name="pk_recordings"),
        sa.ForeignKeyConstraint(["space_id"], ["spaces.id"], name="fk_recordings_space_id_spaces", ondelete="CASCADE"),
    )
    op.create_index("ix_recordings_state", "recordings", ["state"])


def downgrade() -> None:
    op.drop_table("recordings")
