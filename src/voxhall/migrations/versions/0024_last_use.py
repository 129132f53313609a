"""When a device or a token was last used, so that its owner knows which of them to take back."""

import sqlalchemy as sa
from alembic import op

from voxhall.kit.db import UtcDateTime

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("used_at", UtcDateTime()))
    op.add_column("tokens", sa.Column("used_at", UtcDateTime()))


def downgrade() -> None:
    op.drop_column("tokens", "used_at")
    op.drop_column("sessions", "used_at")
