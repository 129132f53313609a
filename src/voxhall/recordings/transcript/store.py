"""The tables of transcripts. Nobody else reads or writes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.kit.db import Json, Transaction, UtcDateTime, insert_for, metadata
from voxhall.recordings.transcript.model import Segment, words_as_json, words_from_json

transcripts = Table(
    "transcripts",
    metadata,
    Column("space_id", String(40), ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ready_at", UtcDateTime),
    # Why it failed, for people.
    Column("error", String(500)),
)

transcript_tracks = Table(
    "transcript_tracks",
    metadata,
    Column("space_id", String(40), ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True),
    Column("participant_id", String(40), primary_key=True),
    # Tape time up to which this track's words are final.
    Column("settled_ms", Integer, nullable=False),
    Column("language", String(10), nullable=False),
)

transcript_segments = Table(
    "transcript_segments",
    metadata,
    Column("space_id", String(40), ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True),
    Column("participant_id", String(40), primary_key=True),
    Column("start_ms", Integer, primary_key=True, autoincrement=False),
    Column("end_ms", Integer, nullable=False),
    Column("language", String(10), nullable=False),
    Column("words", Json, nullable=False),
    Index("ix_transcript_segments_space_id_start_ms", "space_id", "start_ms"),
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a transcript is."""

    ready_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class TrackProgress:
    participant: str
    settled_ms: int
    language: str


async def insert_transcript(tx: Transaction, space_id: str, at: datetime) -> None:
    values = {"space_id": space_id, "created_at": at}
    await tx.execute(insert_for(tx, transcripts).values(values).on_conflict_do_nothing())


async def progress(conn: Transaction | AsyncConnection, space_id: str) -> Progress | None:
    found = await conn.execute(select(transcripts).where(transcripts.c.space_id == space_id))
    row = found.one_or_none()
    return None if row is None else Progress(row.ready_at, row.error)


async def spaces_with_outcome(conn: AsyncConnection) -> set[str]:
    """Whose transcript is ready, or failed and waits for a person."""
    t = transcripts.c
    statement = select(t.space_id).where(or_(t.ready_at.is_not(None), t.error.is_not(None)))
    return set((await conn.scalars(statement)).all())


async def set_outcome(tx: Transaction, space_id: str, *, ready_at: datetime | None, error: str | None) -> None:
    values = {"ready_at": ready_at, "error": error}
    await tx.execute(update(transcripts).where(transcripts.c.space_id == space_id).values(values))


async def tracks(conn: Transaction | AsyncConnection, space_id: str) -> list[TrackProgress]:
    t = transcript_tracks.c
    found = await conn.execute(select(t.participant_id, t.settled_ms, t.language).where(t.space_id == space_id))
    return [TrackProgress(*row) for row in found.all()]


async def settle(tx: Transaction, space_id: str, participant: str, from_ms: int, to_ms: int, language: str) -> bool:
    """False when this stretch of the track is settled already."""
    t = transcript_tracks.c
    here = (t.space_id == space_id) & (t.participant_id == participant)
    settled_ms = await tx.scalar(select(t.settled_ms).where(here).with_for_update())
    if settled_ms is not None and from_ms < settled_ms:
        return False
    values = {"settled_ms": to_ms, "language": language}
    statement = insert_for(tx, transcript_tracks).values(space_id=space_id, participant_id=participant, **values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["space_id", "participant_id"], set_=values))
    return True


async def insert_segments(tx: Transaction, space_id: str, segments: Sequence[Segment]) -> None:
    rows = [
        {
            "space_id": space_id,
            "participant_id": segment.participant,
            "start_ms": segment.start_ms,
            "end_ms": segment.end_ms,
            "language": segment.language,
            "words": words_as_json(segment.words),
        }
        for segment in segments
    ]
    if rows:
        await tx.execute(insert_for(tx, transcript_segments).on_conflict_do_nothing(), rows)


async def segments_of(conn: AsyncConnection, space_id: str) -> list[Segment]:
    """In the order in which they begin."""
    s = transcript_segments.c
    statement = select(s.participant_id, s.language, s.words).where(s.space_id == space_id)
    found = await conn.execute(statement.order_by(s.start_ms, s.participant_id))
    return [Segment(row.participant_id, row.language, words_from_json(row.words)) for row in found.all()]


async def delete_transcript(tx: Transaction, space_id: str) -> None:
    for table in (transcript_segments, transcript_tracks, transcripts):
        await tx.execute(delete(table).where(table.c.space_id == space_id))
