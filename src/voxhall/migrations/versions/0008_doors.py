"""The operator's switches, invitations, Tip Jars, and more of a profile."""

import sqlalchemy as sa
from alembic import op

from voxhall.kit.db import Json, UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("users", sa.Column("pronouns", sa.String(40), nullable=False, server_default=""))
    op.add_column("users", sa.Column("language", sa.String(35), nullable=True))
    op.add_column("users", sa.Column("hosted_count", sa.Integer(), nullable=False, server_default="0"))
    # Without a constraint: SQLite adds none to a table that exists, and both shall be the same.
    op.add_column("users", sa.Column("invited_by", sa.String(40), nullable=True))
    op.add_column("users", sa.Column("suspended_at", UtcDateTime(), nullable=True))
    op.create_index("ix_users_invited_by", "users", ["invited_by"])
    op.create_table(
        "operator_settings",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_operator_settings"),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.String(40), nullable=True),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at", "id"])
    op.create_table(
        "invites",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("inviter_id", sa.String(40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_by", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_invites"),
        sa.UniqueConstraint("code_hash", name="uq_invites_code_hash"),
        sa.ForeignKeyConstraint(["inviter_id"], ["users.id"], name="fk_invites_inviter_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["used_by"], ["users.id"], name="fk_invites_used_by", ondelete="CASCADE"),
    )
    op.create_index("ix_invites_inviter_id", "invites", ["inviter_id", "created_at"])
    op.create_table(
        "waiting_list",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("ticket_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("let_in_by", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_waiting_list"),
        sa.UniqueConstraint("ticket_hash", name="uq_waiting_list_ticket_hash"),
        sa.ForeignKeyConstraint(["let_in_by"], ["users.id"], name="fk_waiting_list_let_in_by", ondelete="CASCADE"),
    )
    op.create_index("ix_waiting_list_created_at", "waiting_list", ["created_at", "id"])
    op.create_table(
        "tip_jars",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("tips", Json, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name="pk_tip_jars"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tip_jars_user_id", ondelete="CASCADE"),
    )


def downgrade() -> None:
    for table in ("tip_jars", "waiting_list", "invites", "audit_log", "operator_settings"):
        op.drop_table(table)
    op.drop_index("ix_users_invited_by", "users")
    for name in ("suspended_at", "invited_by", "hosted_count", "language", "pronouns"):
        op.drop_column("users", name)
