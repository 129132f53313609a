"""Spaces that come again and again."""

import sqlalchemy as sa
from alembic import op

from voxhall.kit.db import Json, UtcDateTime

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("host_id", sa.String(40), nullable=False),
        sa.Column("rule", sa.String(240), nullable=False),
        sa.Column("start", UtcDateTime(), nullable=False),
        sa.Column("time_zone", sa.String(40), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("topics", Json, nullable=False),
        sa.Column("language", sa.String(35), nullable=True),
        sa.Column("who_may_speak", sa.String(16), nullable=False),
        sa.Column("who_may_listen", sa.String(16), nullable=False),
        sa.Column("recording", sa.String(16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("planned_up_to", UtcDateTime(), nullable=True),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
    )
    op.create_index("ix_series_host_id", "series", ["host_id"])
    op.create_index("ix_series_is_over", "series", ["is_over"])
    op.create_table(
        "series_people",
        sa.Column("series_id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "user_id", "part", name="pk_series_people"),
        _to("series_id", "series"),
        _to("user_id", "users"),
    )
    op.create_index("ix_series_people_user_id", "series_people", ["user_id"])
    op.add_column("spaces", sa.Column("series_id", sa.String(40), nullable=True))
    op.add_column("spaces", sa.Column("series_start", UtcDateTime(), nullable=True))
    op.create_index("ix_spaces_series_id_series_start", "spaces", ["series_id", "series_start"])


def _to(column: str, other: str) -> sa.ForeignKeyConstraint:
    name = f"fk_series_people_{column}_{other}"
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    op.drop_index("ix_spaces_series_id_series_start", "spaces")
    op.drop_column("spaces", "series_start")
    op.drop_column("spaces", "series_id")
    op.drop_table("series_people")
    op.drop_table("series")
