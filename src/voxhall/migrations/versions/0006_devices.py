"""What a sign-in calls its device."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("device", sa.String(60), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "device")
