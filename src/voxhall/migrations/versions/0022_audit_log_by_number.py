"""The audit log is read by number; nothing asks for its times in order."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.drop_index("ix_audit_log_at", "audit_log")


def downgrade() -> None:
    op.create_index("ix_audit_log_at", "audit_log", ["at", "id"])
