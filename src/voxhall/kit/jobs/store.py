"""The tables of jobs. Nobody else reads or writes them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.errors import JsonObject
from voxhall.kit.db import Json, Transaction, UtcDateTime, insert_for, metadata
from voxhall.kit.jobs.model import MAX_FAILURES, Job, JobId, JobState

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("key", String(120), nullable=False),
    Column("subject", String(40)),
    Column("payload", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("run_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("lease_owner", String(80)),
    Column("lease_until", UtcDateTime),
    Column("progress", Float, nullable=False),
    Column("error", String(500)),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("key"),
    Index("ix_jobs_state_run_at", "state", "run_at"),
    Index("ix_jobs_subject", "subject"),
    Index("ix_jobs_created_at_id", "created_at", "id"),
)

job_steps = Table(
    "job_steps",
    metadata,
    Column("job_id", String(40), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(120), primary_key=True),
    Column("result", Json, nullable=False),
)


async def insert_job(tx: Transaction, job: Job) -> bool:
    """False when its key is taken."""
    statement = insert_for(tx, jobs).values(_row(job)).on_conflict_do_nothing(index_elements=["key"])
    return (await tx.execute(statement.returning(jobs.c.id))).first() is not None


async def claimable(tx: Transaction, kind: str, at: datetime, limit: int) -> list[Job]:
    """Due, or abandoned by a worker whose lease is over; locked for this transaction, what others locked is skipped."""
    j = jobs.c
    due = and_(j.state == JobState.WAITING.value, j.run_at <= at)
    abandoned = and_(j.state == JobState.RUNNING.value, j.lease_until <= at, j.failures < MAX_FAILURES)
    statement = select(jobs).where(j.kind == kind, or_(due, abandoned)).order_by(j.priority.desc(), j.run_at, j.id)
    found = await tx.execute(statement.limit(limit).with_for_update(skip_locked=True))
    return [_job(row) for row in found.all()]


async def deadly(tx: Transaction, at: datetime) -> list[Job]:
    """Abandoned once too often."""
    j = jobs.c
    abandoned = and_(j.state == JobState.RUNNING.value, j.lease_until <= at, j.failures >= MAX_FAILURES)
    return [_job(row) for row in (await tx.execute(select(jobs).where(abandoned).with_for_update())).all()]


async def job_for_update(tx: Transaction, job_id: str) -> Job | None:
    row = (await tx.execute(select(jobs).where(jobs.c.id == job_id).with_for_update())).one_or_none()
    return None if row is None else _job(row)


async def job_by_key(conn: Transaction | AsyncConnection, key: str) -> Job | None:
    row = (await conn.execute(select(jobs).where(jobs.c.key == key))).one_or_none()
    return None if row is None else _job(row)


async def jobs_about(conn: Transaction | AsyncConnection, subjects: Collection[str]) -> list[Job]:
    return [_job(row) for row in (await conn.execute(select(jobs).where(jobs.c.subject.in_(subjects)))).all()]


async def list_jobs(
    conn: AsyncConnection, states: Sequence[JobState], after: tuple[datetime, str] | None, limit: int
) -> list[Job]:
    """Newest first."""
    j = jobs.c
    statement = select(jobs).order_by(j.created_at.desc(), j.id.desc()).limit(limit)
    if states:
        statement = statement.where(j.state.in_([state.value for state in states]))
    if after is not None:
        at, job_id = after
        statement = statement.where(or_(j.created_at < at, and_(j.created_at == at, j.id < job_id)))
    return [_job(row) for row in (await conn.execute(statement)).all()]


async def count_by_state(conn: AsyncConnection) -> dict[JobState, int]:
    found = await conn.execute(select(jobs.c.state, func.count()).group_by(jobs.c.state))
    return {JobState(state): count for state, count in found.all()}


async def update_job(tx: Transaction, job_id: JobId, **values: Any) -> None:
    await tx.execute(update(jobs).where(jobs.c.id == job_id).values(values))


async def renew(tx: Transaction, owner: str, job_id: str, attempt: int, until: datetime, progress: float) -> bool:
    held = and_(jobs.c.id == job_id, jobs.c.attempt == attempt, jobs.c.state == JobState.RUNNING.value)
    values = {"lease_until": until, "lease_owner": owner, "progress": progress}
    renewed = await tx.execute(update(jobs).where(held).values(values).returning(jobs.c.id))
    return renewed.first() is not None


async def shorten_leases(tx: Transaction, owner: str, until: datetime) -> None:
    held = and_(jobs.c.lease_owner == owner, jobs.c.state == JobState.RUNNING.value, jobs.c.lease_until > until)
    await tx.execute(update(jobs).where(held).values(lease_until=until))


async def cancel_about(tx: Transaction, subject: str, at: datetime) -> None:
    is_open = jobs.c.state.in_([JobState.WAITING.value, JobState.RUNNING.value])
    values = {"state": JobState.CANCELED.value, "finished_at": at, "lease_until": None}
    await tx.execute(update(jobs).where(jobs.c.subject == subject, is_open).values(values))


async def delete_finished(tx: Transaction, states: Sequence[JobState], before: datetime) -> None:
    old = and_(jobs.c.state.in_([state.value for state in states]), jobs.c.finished_at < before)
    await tx.execute(delete(jobs).where(old))


async def steps_of(tx: Transaction, job_id: JobId) -> dict[str, JsonObject]:
    found = await tx.execute(select(job_steps.c.name, job_steps.c.result).where(job_steps.c.job_id == job_id))
    return {row.name: row.result for row in found.all()}


async def insert_step(tx: Transaction, job_id: JobId, name: str, result: JsonObject) -> JsonObject:
    """The result that stands: the first."""
    values = {"job_id": job_id, "name": name, "result": result}
    await tx.execute(insert_for(tx, job_steps).values(values).on_conflict_do_nothing())
    kept: JsonObject = await tx.scalar(
        select(job_steps.c.result).where(job_steps.c.job_id == job_id, job_steps.c.name == name)
    )
    return kept


async def delete_steps(tx: Transaction, job_id: JobId) -> None:
    await tx.execute(delete(job_steps).where(job_steps.c.job_id == job_id))


def _row(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in Job.__dataclass_fields__} | {"state": job.state.value}


def _job(row: Row[Any]) -> Job:
    return Job(**{**row._asdict(), "state": JobState(row.state)})
