"""Signing in with what other servers say: identities of accounts, and who is on the way there."""

import sqlalchemy as sa
from alembic import op

from voxhall.kit.db import Json, UtcDateTime

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("issuer", sa.String(300), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("called", sa.String(80), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        _of_user("identities"),
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])
    op.create_index("ix_identities_subject", "identities", ["subject", "issuer"], unique=True)
    op.create_table(
        "openid_attempts",
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("next", sa.String(1_000), nullable=False),
        sa.Column("user_id", sa.String(40)),
        sa.Column("arrived", Json),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_openid_attempts"),
        _of_user("openid_attempts"),
    )
    op.create_index("ix_openid_attempts_user_id", "openid_attempts", ["user_id"])
    op.create_index("ix_openid_attempts_expires_at", "openid_attempts", ["expires_at"])


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE")


def downgrade() -> None:
    op.drop_table("openid_attempts")
    op.drop_table("identities")
