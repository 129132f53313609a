"""Transcripts, and the files that are made of a recording."""

import sqlalchemy as sa
from alembic import op

from voxhall.kit.db import Json, UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "transcripts",
        sa.Column("space_id", sa.String(40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(500), nullable=True),
        sa.PrimaryKeyConstraint("space_id", name="pk_transcripts"),
        sa.ForeignKeyConstraint(["space_id"], ["spaces.id"], name="fk_transcripts_space_id", ondelete="CASCADE"),
    )
    op.create_table(
        "transcript_tracks",
        sa.Column("space_id", sa.String(40), nullable=False),
        sa.Column("participant_id", sa.String(40), nullable=False),
        sa.Column("settled_ms", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("space_id", "participant_id", name="pk_transcript_tracks"),
        sa.ForeignKeyConstraint(["space_id"], ["spaces.id"], name="fk_transcript_tracks_space_id", ondelete="CASCADE"),
    )
    op.create_table(
        "transcript_segments",
        sa.Column("space_id", sa.String(40), nullable=False),
        sa.Column("participant_id", sa.String(40), nullable=False),
        sa.Column("start_ms", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("words", Json, nullable=False),
        sa.PrimaryKeyConstraint("space_id", "participant_id", "start_ms", name="pk_transcript_segments"),
        sa.ForeignKeyConstraint(
            ["space_id"], ["spaces.id"], name="fk_transcript_segments_space_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_transcript_segments_space_id_start_ms", "transcript_segments", ["space_id", "start_ms"])
    op.create_table(
        "download_files",
        sa.Column("space_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("space_id", "name", name="pk_download_files"),
        sa.ForeignKeyConstraint(["space_id"], ["spaces.id"], name="fk_download_files_space_id", ondelete="CASCADE"),
    )


def downgrade() -> None:
    for table in ("download_files", "transcript_segments", "transcript_tracks", "transcripts"):
        op.drop_table(table)
