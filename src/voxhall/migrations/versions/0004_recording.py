"""Why a recording stands still, and how long a space's replay is."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("spaces", sa.Column("recording_problem", sa.String(16), nullable=True))
    op.add_column("spaces", sa.Column("replay_ms", sa.BigInteger(), nullable=True))
