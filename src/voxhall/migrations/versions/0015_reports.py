"""Reports, mutes, who is hidden or featured, and an audit log in the order in which things were done."""

import sqlalchemy as sa
from alembic import op

from voxhall.kit.db import UtcDateTime

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("users", sa.Column("promotion", sa.String(16), nullable=False, server_default="normal"))
    op.add_column("users", sa.Column("open_reports", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("spaces", sa.Column("promotion", sa.String(16), nullable=False, server_default="normal"))
    op.create_table(
        "reports",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("about_id", sa.String(40), nullable=False),
        sa.Column("by_id", sa.String(40), nullable=False),
        sa.Column("space_id", sa.String(40)),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("note", sa.String(1_000), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.ForeignKeyConstraint(["about_id"], ["users.id"], name="fk_reports_about_id", ondelete="CASCADE"),
    )
    op.create_index("ix_reports_by_id", "reports", ["by_id"])
    op.create_index("ix_reports_about_id_resolved_at", "reports", ["about_id", "resolved_at"])
    op.create_index("ix_reports_created_at", "reports", ["created_at", "id"])
    op.create_table(
        "mutes",
        sa.Column("muter_id", sa.String(40), nullable=False),
        sa.Column("muted_id", sa.String(40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("muter_id", "muted_id", name="pk_mutes"),
        sa.ForeignKeyConstraint(["muter_id"], ["users.id"], name="fk_mutes_muter_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["muted_id"], ["users.id"], name="fk_mutes_muted_id", ondelete="CASCADE"),
    )
    op.add_column("audit_log", sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE audit_log SET number = (SELECT count(*) FROM audit_log AS before "
        "WHERE before.at < audit_log.at OR (before.at = audit_log.at AND before.id <= audit_log.id))"
    )
    op.create_index("ix_audit_log_number", "audit_log", ["number"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_audit_log_number", "audit_log")
    op.drop_column("audit_log", "number")
    op.drop_table("mutes")
    op.drop_table("reports")
    op.drop_column("spaces", "promotion")
    for name in ("open_reports", "promotion"):
        op.drop_column("users", name)
