"""What people are told ahead of time and while it happens, and who is expected on a stage."""

import sqlalchemy as sa
from alembic import op

from voxhall.kit.db import Json, UtcDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "stage_invitations",
        sa.Column("space_id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("space_id", "user_id", name="pk_stage_invitations"),
        _to("stage_invitations", "space_id", "spaces"),
        _to("stage_invitations", "user_id", "users"),
    )
    op.create_index("ix_stage_invitations_user_id", "stage_invitations", ["user_id"])
    op.create_index("ix_follows_followed_id_follower_id", "follows", ["followed_id", "follower_id"])
    op.create_table(
        "announcements",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("space_id", sa.String(40), nullable=True),
        sa.Column("actor_id", sa.String(40), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("told_up_to", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_announcements"),
        sa.UniqueConstraint("key", name="uq_announcements_key"),
        _to("announcements", "space_id", "spaces"),
    )
    op.create_index("ix_announcements_created_at", "announcements", ["created_at"])
    op.create_table(
        "notifications",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("topic", sa.String(60), nullable=False),
        sa.Column("announcement_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("push_due", sa.Boolean(), nullable=False),
        sa.Column("pushed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "topic", name="pk_notifications"),
        _to("notifications", "user_id", "users"),
        _to("notifications", "announcement_id", "announcements"),
    )
    op.create_index("ix_notifications_user_id", "notifications", ["user_id", "created_at"])
    op.create_index("ix_notifications_user_id_pushed_at", "notifications", ["user_id", "pushed_at"])
    op.create_index("ix_notifications_announcement_id", "notifications", ["announcement_id", "user_id"])
    op.create_table(
        "reminders",
        sa.Column("space_id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("space_id", "user_id", name="pk_reminders"),
        _to("reminders", "space_id", "spaces"),
        _to("reminders", "user_id", "users"),
    )
    op.create_index("ix_reminders_user_id", "reminders", ["user_id"])
    _of_wishes()


def _of_wishes() -> None:
    op.create_table(
        "notification_wishes",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("app", sa.Integer(), nullable=False),
        sa.Column("push", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.String(5), nullable=True),
        sa.Column("quiet_to", sa.String(5), nullable=True),
        sa.Column("time_zone", sa.String(40), nullable=True),
        sa.Column("pushes_a_day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_notification_wishes"),
        _to("notification_wishes", "user_id", "users"),
    )
    op.create_table(
        "person_levels",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("person_id", sa.String(40), nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "person_id", name="pk_person_levels"),
        _to("person_levels", "user_id", "users"),
        _to("person_levels", "person_id", "users"),
    )
    op.create_table(
        "push_devices",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("endpoint", sa.String(1000), nullable=False),
        sa.Column("endpoint_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("p256dh", sa.String(120), nullable=False),
        sa.Column("auth", sa.String(40), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_push_devices"),
        sa.UniqueConstraint("endpoint_hash", name="uq_push_devices_endpoint_hash"),
        _to("push_devices", "user_id", "users"),
    )
    op.create_index("ix_push_devices_user_id", "push_devices", ["user_id"])
    op.create_table(
        "push_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("private_key", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_push_key"),
    )


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete="CASCADE")


def downgrade() -> None:
    for table in (
        "push_key",
        "push_devices",
        "person_levels",
        "notification_wishes",
        "reminders",
        "notifications",
        "announcements",
        "stage_invitations",
    ):
        op.drop_table(table)
    op.drop_index("ix_follows_followed_id_follower_id", "follows")
