"""Notifications by mail: which kinds somebody wants so, and which letters are still to be sent."""

import sqlalchemy as sa
from alembic import op

from voxhall.kit.db import UtcDateTime

revision = "0021"
down_revision = "0020"

# reminder, rescheduled, canceled, invited, replay_ready: as `model.MAILED` was when this was written.
MAILED = 8 | 32 | 64 | 128 | 512


def upgrade() -> None:
    op.add_column("notification_wishes", sa.Column("mail", sa.Integer(), nullable=False, server_default=str(MAILED)))
    op.add_column("notifications", sa.Column("mail_due", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("notifications", sa.Column("mailed_at", UtcDateTime()))


def downgrade() -> None:
    op.drop_column("notifications", "mailed_at")
    op.drop_column("notifications", "mail_due")
    op.drop_column("notification_wishes", "mail")
