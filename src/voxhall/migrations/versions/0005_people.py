"""Who follows whom, who has blocked whom, and who may listen."""

import sqlalchemy as sa
from alembic import op

from voxhall.kit.db import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for name in ("follower_count", "following_count"):
        op.add_column("users", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    for table, mine, other in (("follows", "follower_id", "followed_id"), ("blocks", "blocker_id", "blocked_id")):
        op.create_table(
            table,
            sa.Column(mine, sa.String(40), nullable=False),
            sa.Column(other, sa.String(40), nullable=False),
            sa.Column("created_at", UtcDateTime(), nullable=False),
            sa.PrimaryKeyConstraint(mine, other, name=f"pk_{table}"),
            sa.ForeignKeyConstraint([mine], ["users.id"], name=f"fk_{table}_{mine}", ondelete="CASCADE"),
            sa.ForeignKeyConstraint([other], ["users.id"], name=f"fk_{table}_{other}", ondelete="CASCADE"),
        )
    op.create_index("ix_follows_follower_id", "follows", ["follower_id", "created_at"])
    op.create_index("ix_follows_followed_id", "follows", ["followed_id", "created_at"])
    op.create_index("ix_blocks_blocked_id", "blocks", ["blocked_id"])
    op.add_column("spaces", sa.Column("who_may_listen", sa.String(16), nullable=False, server_default="everyone"))
    op.add_column("participants", sa.Column("was_on_stage", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_participants_person_id", "participants", ["person_id"])
    op.create_table(
        "invited_listeners",
        sa.Column("space_id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("space_id", "user_id", name="pk_invited_listeners"),
        sa.ForeignKeyConstraint(["space_id"], ["spaces.id"], name="fk_invited_listeners_space_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_invited_listeners_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_invited_listeners_user_id", "invited_listeners", ["user_id"])


def downgrade() -> None:
    op.drop_table("invited_listeners")
    op.drop_index("ix_participants_person_id", "participants")
    op.drop_column("participants", "was_on_stage")
    op.drop_column("spaces", "who_may_listen")
    for table in ("blocks", "follows"):
        op.drop_table(table)
    for name in ("following_count", "follower_count"):
        op.drop_column("users", name)
