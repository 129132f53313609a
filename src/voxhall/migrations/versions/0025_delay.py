"""How long the sound of a space may be on its way, as its host wants it."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    for table in ("spaces", "series"):
        op.add_column(table, sa.Column("delay", sa.String(16), nullable=False, server_default="normal"))


def downgrade() -> None:
    for table in ("series", "spaces"):
        op.drop_column(table, "delay")
