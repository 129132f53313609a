"""Every list of spaces asks whom the operator hides: of a hundred thousand people a handful."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_index("ix_users_promotion", "users", ["promotion"])


def downgrade() -> None:
    op.drop_index("ix_users_promotion", "users")
