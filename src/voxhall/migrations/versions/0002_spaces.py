"""Spaces, the people in them, and what happened there."""

import sqlalchemy as sa
from alembic import op

from voxhall.kit.db import Json, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "spaces",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("host_id", sa.String(40), nullable=False),
        sa.Column("topics", Json, nullable=False),
        sa.Column("language", sa.String(35), nullable=True),
        sa.Column("who_may_speak", sa.String(16), nullable=False),
        sa.Column("recording", sa.String(16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("scheduled_start", UtcDateTime(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("quiet_since", UtcDateTime(), nullable=True),
        sa.Column("listener_count", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_spaces"),
    )
    op.create_index("ix_spaces_state_created_at_id", "spaces", ["state", "created_at", "id"])
    op.create_index("ix_spaces_host_id", "spaces", ["host_id"])
    op.create_table(
        "participants",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("space_id", sa.String(40), nullable=False),
        sa.Column("person_id", sa.String(80), nullable=False),
        sa.Column("handle", sa.String(30), nullable=True),
        sa.Column("display_name", sa.String(80), nullable=False),
        sa.Column("csrc", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("muted_by_host", sa.Boolean(), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=True),
        sa.Column("request_order", sa.Integer(), nullable=False),
        sa.Column("stage_order", sa.Integer(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.Column("must_ask", sa.Boolean(), nullable=False),
        sa.Column("kept_role", sa.String(16), nullable=True),
        sa.Column("kept_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_participants"),
        sa.ForeignKeyConstraint(["space_id"], ["spaces.id"], name="fk_participants_space_id", ondelete="CASCADE"),
        sa.UniqueConstraint("space_id", "person_id", name="uq_participants_space_id_person_id"),
        sa.UniqueConstraint("space_id", "csrc", name="uq_participants_space_id_csrc"),
    )
    op.create_index("ix_participants_space_id_role", "participants", ["space_id", "role"])
    op.create_table(
        "space_events",
        sa.Column("space_id", sa.String(40), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("participant_id", sa.String(40), nullable=True),
        sa.Column("for_stewards", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("space_id", "seq", name="pk_space_events"),
        sa.ForeignKeyConstraint(["space_id"], ["spaces.id"], name="fk_space_events_space_id", ondelete="CASCADE"),
    )


def downgrade() -> None:
    for table in ("space_events", "participants", "spaces"):
        op.drop_table(table)
