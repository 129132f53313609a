"""The table of recordings. The sound itself is on the tape; here stands what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Row, String, Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.kit.db import Json, Transaction, UtcDateTime, metadata
from voxhall.spaces.model import SpaceId


class RecordingState(StrEnum):
    # The space goes on, or its tape is being closed.
    OPEN = "open"
    FINISHED = "finished"
    # There is no tape where there should be one.
    LOST = "lost"
    # Its files go now; what a restart finds in this state goes then.
    DELETING = "deleting"


recordings = Table(
    "recordings",
    metadata,
    Column("space_id", String(40), ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("duration_ms", BigInteger, nullable=False),
    # Why files were given up, in the system's words; what was written before and after them stands.
    Column("damages", Json, nullable=False),
    Index("ix_recordings_state", "state"),
)


@dataclass(frozen=True, slots=True)
class StoredRecording:
    space_id: SpaceId
    state: RecordingState
    started_at: datetime
    finished_at: datetime | None = None
    duration_ms: int = 0
    damages: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        return self.state is RecordingState.FINISHED


async def find(conn: Transaction | AsyncConnection, space_id: SpaceId) -> StoredRecording | None:
    row = (await conn.execute(select(recordings).where(recordings.c.space_id == space_id))).one_or_none()
    return None if row is None else _recording(row)


async def in_state(conn: AsyncConnection, state: RecordingState) -> list[StoredRecording]:
    found = await conn.execute(select(recordings).where(recordings.c.state == state.value))
    return [_recording(row) for row in found.all()]


async def all_ids(conn: AsyncConnection) -> set[SpaceId]:
    return {SpaceId(one) for one in (await conn.execute(select(recordings.c.space_id))).scalars()}


async def insert(tx: Transaction, one: StoredRecording) -> None:
    await tx.execute(recordings.insert().values(_row(one)))


async def save(tx: Transaction, one: StoredRecording) -> None:
    await tx.execute(update(recordings).where(recordings.c.space_id == one.space_id).values(_row(one)))


async def remove(tx: Transaction, space_id: SpaceId) -> None:
    await tx.execute(delete(recordings).where(recordings.c.space_id == space_id))


def _recording(row: Row[Any]) -> StoredRecording:
    return StoredRecording(
        SpaceId(row.space_id),
        RecordingState(row.state),
        row.started_at,
        row.finished_at,
        row.duration_ms,
        tuple(row.damages),
    )


def _row(one: StoredRecording) -> dict[str, Any]:
    return {
        "space_id": one.space_id,
        "state": one.state.value,
        "started_at": one.started_at,
        "finished_at": one.finished_at,
        "duration_ms": one.duration_ms,
        "damages": list(one.damages),
    }
