"""Lists of spaces are read in their order, and stop when the page is full."""

from alembic import op

revision = "0017"
down_revision = "0016"

ORDERS = ("listener_count", "scheduled_start", "ended_at")


def upgrade() -> None:
    for name in ORDERS:
        op.create_index(f"ix_spaces_state_{name}", "spaces", ["state", name])


def downgrade() -> None:
    for name in ORDERS:
        op.drop_index(f"ix_spaces_state_{name}", "spaces")
