"""What can happen to a job, one function each. All of it in the control plane; a worker asks over the link."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog

from voxhall.errors import JsonObject
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.kit.jobs import store
from voxhall.kit.jobs.model import (
    KEEP_FAILED,
    KEEP_FINISHED,
    LEASE,
    LEASE_WITHOUT_LINK,
    MAX_FAILURES,
    Claimed,
    Job,
    JobId,
    JobLostError,
    JobNotEndedError,
    JobNotFoundError,
    JobState,
    JobsWaiting,
    delay_before_retry,
)

log = structlog.get_logger()

MAX_ERROR_CHARS = 500
DIED = "The worker that did it died."

Question: TypeAlias = Callable[[Kit, Job, JsonObject], Awaitable[JsonObject]]
Telling: TypeAlias = Callable[[Kit, Transaction, Job, JsonObject], Awaitable[JsonObject]]
Failing: TypeAlias = Callable[[Kit, Transaction, Job, str], Awaitable[None]]


async def _nothing(_kit: Kit, _tx: Transaction, _job: Job, _data: JsonObject) -> JsonObject:
    return {}


async def _no_answer(_kit: Kit, _job: Job, _data: JsonObject) -> JsonObject:
    return {}


async def _no_mourning(_kit: Kit, _tx: Transaction, _job: Job, _error: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Kind:
    """What a feature does, in the control plane, with what the workers say about its jobs.

    `on_tell` and `on_done` run in the transaction that checks the fence, so what they write stands with it or not at
    all. A worker whose link broke tells again, so `on_tell` must take the same thing twice.
    """

    name: str
    on_ask: Question = _no_answer
    on_tell: Telling = _nothing
    on_done: Telling = _nothing
    on_failed: Failing = _no_mourning
    # Enqueued by the control plane itself, once for each such span of time; None: only on request.
    every: timedelta | None = None


async def enqueue(
    kit: Kit,
    tx: Transaction,
    kind: str,
    payload: JsonObject,
    *,
    key: str,
    subject: str | None = None,
    priority: int = 0,
    run_at: datetime | None = None,
) -> bool:
    """One more job, with the caller's transaction; False when there is one of that key, whatever became of it."""
    now = kit.clock.now()
    new_id = JobId(kit.ids.new("jb"))
    job = Job(new_id, kind, key, subject, payload, JobState.WAITING, priority, run_at or now, now)
    is_new = await store.insert_job(tx, job)
    if is_new:
        tx.publish(JobsWaiting())
    return is_new


async def enqueue_scheduled(kit: Kit, kinds: Collection[Kind]) -> None:
    """What is to be done every so often: the span that has begun is part of the key, so each has one job."""
    now = kit.clock.now()
    async with kit.db.write() as tx:
        for kind in kinds:
            if kind.every is not None:
                span = int(now.timestamp() // kind.every.total_seconds())
                await enqueue(kit, tx, kind.name, {}, key=f"{kind.name}@{span}")


async def claim(kit: Kit, owner: str, wanted: Mapping[str, int]) -> list[Claimed]:
    """At most so many jobs of each kind, leased to this worker."""
    now = kit.clock.now()
    claimed: list[Claimed] = []
    async with kit.db.write() as tx:
        for kind, limit in wanted.items():
            for job in await store.claimable(tx, kind, now, limit):
                failures = job.failures + (job.state is JobState.RUNNING)
                values = {
                    "state": JobState.RUNNING.value,
                    "attempt": job.attempt + 1,
                    "failures": failures,
                    "lease_owner": owner,
                    "lease_until": now + LEASE,
                }
                await store.update_job(tx, job.id, **values)
                leased = await store.job_for_update(tx, job.id)
                if leased is not None:
                    claimed.append(Claimed(leased, await store.steps_of(tx, job.id)))
    return claimed


async def bury_deadly(kit: Kit, kinds: Mapping[str, Kind]) -> None:
    """A job whose worker dies of it each time is not tried for ever."""
    async with kit.db.write() as tx:
        for job in await store.deadly(tx, kit.clock.now()):
            await _bury(kit, tx, kinds, job, job.error or DIED)


async def renew(kit: Kit, owner: str, held: Sequence[tuple[str, int, float]]) -> list[str]:
    """(id, attempt, progress) of what the worker holds; the answer is what it has lost."""
    until = kit.clock.now() + LEASE
    async with kit.db.write() as tx:
        return [
            job_id
            for job_id, attempt, progress in held
            if not await store.renew(tx, owner, job_id, attempt, until, min(max(progress, 0.0), 1.0))
        ]


async def keep_step(kit: Kit, job_id: str, attempt: int, name: str, result: JsonObject) -> JsonObject:
    """The result that stands for this step, for this and every later attempt."""
    async with kit.db.write() as tx:
        job = await _held(tx, job_id, attempt)
        await store.update_job(tx, job.id, failures=0)
        return await store.insert_step(tx, job.id, name, result)


async def ask(kit: Kit, kinds: Mapping[str, Kind], job_id: str, attempt: int, question: JsonObject) -> JsonObject:
    async with kit.db.write() as tx:
        job = await _held(tx, job_id, attempt)
    return await kinds[job.kind].on_ask(kit, job, question)


async def tell(kit: Kit, kinds: Mapping[str, Kind], job_id: str, attempt: int, data: JsonObject) -> JsonObject:
    """Something was achieved; it takes effect now, and the count of failures begins anew."""
    async with kit.db.write() as tx:
        job = await _held(tx, job_id, attempt)
        await store.update_job(tx, job.id, failures=0)
        return await kinds[job.kind].on_tell(kit, tx, job, data)


async def finish(kit: Kit, kinds: Mapping[str, Kind], job_id: str, attempt: int, result: JsonObject) -> None:
    """Its effect and its end are one transaction. To say it twice is no fault: the first answer may have been lost."""
    now = kit.clock.now()
    async with kit.db.write() as tx:
        job = await store.job_for_update(tx, job_id)
        if job is not None and job.state is JobState.DONE and job.attempt == attempt:
            return
        job = await _held(tx, job_id, attempt)
        await store.update_job(
            tx, job.id, state=JobState.DONE.value, finished_at=now, lease_until=None, progress=1.0, error=None
        )
        await kinds[job.kind].on_done(kit, tx, job, result)


async def fail(
    kit: Kit, kinds: Mapping[str, Kind], job_id: str, attempt: int, error: str, *, is_final: bool = False
) -> None:
    """Tried again later, or, when it is of no use or was tried often enough, a dead letter."""
    now = kit.clock.now()
    error = error[:MAX_ERROR_CHARS]
    async with kit.db.write() as tx:
        job = await _held(tx, job_id, attempt)
        failures = job.failures + 1
        if is_final or failures > MAX_FAILURES:
            await _bury(kit, tx, kinds, job, error)
            return
        await store.update_job(
            tx,
            job.id,
            state=JobState.WAITING.value,
            failures=failures,
            error=error,
            run_at=now + delay_before_retry(failures),
            lease_until=None,
        )


async def release(kit: Kit, job_id: str, attempt: int) -> None:
    """A worker that stops in peace gives it back; nothing failed."""
    async with kit.db.write() as tx:
        job = await _held(tx, job_id, attempt)
        await store.update_job(tx, job.id, state=JobState.WAITING.value, lease_until=None, run_at=kit.clock.now())
        tx.publish(JobsWaiting())


async def worker_lost(kit: Kit, owner: str) -> None:
    async with kit.db.write() as tx:
        await store.shorten_leases(tx, owner, kit.clock.now() + LEASE_WITHOUT_LINK)


async def retry(kit: Kit, tx: Transaction, job_id: str) -> Job:
    """A dead letter, or what was canceled, once more; the steps it finished stay finished."""
    job = await store.job_for_update(tx, job_id)
    if job is None:
        raise JobNotFoundError
    if job.state not in {JobState.FAILED, JobState.CANCELED}:
        raise JobNotEndedError
    return await _revive(kit, tx, job)


async def enqueue_again(
    kit: Kit, tx: Transaction, kind: str, payload: JsonObject, *, key: str, subject: str | None = None
) -> None:
    """As `enqueue`, and one of that key that has ended, in whatever way, is done anew from its beginning."""
    if await enqueue(kit, tx, kind, payload, key=key, subject=subject):
        return
    job = await store.job_by_key(tx, key)
    if job is not None and not job.state.is_open:
        await store.delete_steps(tx, job.id)
        await _revive(kit, tx, job)


async def cancel_about(kit: Kit, tx: Transaction, subject: str) -> None:
    """All that is open about a thing that is going away; whoever works on it hears so at the next word."""
    await store.cancel_about(tx, subject, kit.clock.now())


async def prune(kit: Kit) -> None:
    now = kit.clock.now()
    async with kit.db.write() as tx:
        await store.delete_finished(tx, (JobState.DONE, JobState.CANCELED), now - KEEP_FINISHED)
        await store.delete_finished(tx, (JobState.FAILED,), now - KEEP_FAILED)


async def find_by_key(kit: Kit, key: str) -> Job | None:
    async with kit.db.read() as view:
        return await store.job_by_key(view, key)


async def list_jobs(kit: Kit, states: Sequence[JobState], after: tuple[datetime, str] | None, limit: int) -> list[Job]:
    async with kit.db.read() as view:
        return await store.list_jobs(view, states, after, limit)


async def counts(kit: Kit) -> dict[JobState, int]:
    async with kit.db.read() as view:
        return await store.count_by_state(view)


async def _held(tx: Transaction, job_id: str, attempt: int) -> Job:
    """The job, if this attempt is the newest and still under way; a lease that is over does not matter by itself."""
    job = await store.job_for_update(tx, job_id)
    if job is None or job.state is not JobState.RUNNING or job.attempt != attempt:
        raise JobLostError
    return job


async def _bury(kit: Kit, tx: Transaction, kinds: Mapping[str, Kind], job: Job, error: str) -> None:
    await store.update_job(
        tx, job.id, state=JobState.FAILED.value, error=error, finished_at=kit.clock.now(), lease_until=None
    )
    log.error("job_failed", job=job.id, kind=job.kind, subject=job.subject, reason=error)
    if kind := kinds.get(job.kind):
        await kind.on_failed(kit, tx, job, error)


async def _revive(kit: Kit, tx: Transaction, job: Job) -> Job:
    values = {"state": JobState.WAITING.value, "run_at": kit.clock.now(), "failures": 0, "progress": 0.0}
    await store.update_job(tx, job.id, **values, error=None, finished_at=None)
    tx.publish(JobsWaiting())
    revived = await store.job_for_update(tx, job.id)
    if revived is None:
        raise JobNotFoundError
    return revived
