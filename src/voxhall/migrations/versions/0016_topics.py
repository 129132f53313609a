"""Topics that people follow."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "followed_topics",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("topic", sa.String(30), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "topic", name="pk_followed_topics"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_followed_topics_user_id_users", ondelete="CASCADE"),
    )


def downgrade() -> None:
    op.drop_table("followed_topics")
