"""The control plane's end: what a worker says over the internal link, and the upkeep that needs no worker."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import structlog

from voxhall.errors import BadRequestError, JsonObject, JsonValue, NotFoundError
from voxhall.kit import Kit
from voxhall.kit.beat import beat
from voxhall.kit.clock import to_wire
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.model import Job, JobsWaiting
from voxhall.kit.jobs.queue import Kind
from voxhall.kit.link import Link, LinkHandler

log = structlog.get_logger()

ROLE = "worker"
UPKEEP_EVERY_S = 30.0
MAX_CLAIMED_AT_ONCE = 100


@asynccontextmanager
async def open_desk(kit: Kit, kinds: Sequence[Kind]) -> AsyncIterator[None]:
    """Workers may connect from here on, and are woken when there is something for them."""
    by_name = {kind.name: kind for kind in kinds}
    kit.link.accept(ROLE, lambda _link: Desk(kit, by_name))
    unsubscribe = kit.events.subscribe(JobsWaiting, lambda _event: wake_workers(kit))
    try:
        async with beat(lambda: keep_up(kit, by_name), UPKEEP_EVERY_S, "jobs"):
            yield
    finally:
        unsubscribe()


def wake_workers(kit: Kit) -> None:
    for link in kit.link.links(ROLE):
        link.send_event("jobs_waiting", {})


async def keep_up(kit: Kit, kinds: Mapping[str, Kind]) -> None:
    await queue.enqueue_scheduled(kit, list(kinds.values()))
    await queue.bury_deadly(kit, kinds)
    await queue.prune(kit)


class Desk(LinkHandler):
    """Where one worker is served."""

    def __init__(self, kit: Kit, kinds: Mapping[str, Kind]) -> None:
        self._kit, self._kinds = kit, kinds

    async def lost(self, link: Link) -> None:
        await queue.worker_lost(self._kit, _name_of(link))

    async def call(self, link: Link, name: str, args: JsonObject) -> JsonObject:
        kit, kinds = self._kit, self._kinds
        match name, args:
            case "jobs_claim", {"kinds": dict(wanted)}:
                limits = {
                    kind: min(limit, MAX_CLAIMED_AT_ONCE)
                    for kind, limit in wanted.items()
                    if kind in kinds and isinstance(limit, int)
                }
                claimed = await queue.claim(kit, _name_of(link), limits)
                return {"jobs": [{**_as_claimed(one.job), "steps": {**one.steps}} for one in claimed]}
            case "jobs_renew", {"jobs": list(held)}:
                lost = await queue.renew(kit, _name_of(link), _held(held))
                return {"lost": [*lost]}
            case "jobs_step", {"id": str(job_id), "attempt": int(attempt), "step": str(step), "result": dict(result)}:
                return {"result": await queue.keep_step(kit, job_id, attempt, step, result)}
            case "jobs_ask", {"id": str(job_id), "attempt": int(attempt), "data": dict(data)}:
                return await queue.ask(kit, kinds, job_id, attempt, data)
            case "jobs_tell", {"id": str(job_id), "attempt": int(attempt), "data": dict(data)}:
                return await queue.tell(kit, kinds, job_id, attempt, data)
            case "jobs_finish", {"id": str(job_id), "attempt": int(attempt), "data": dict(data)}:
                await queue.finish(kit, kinds, job_id, attempt, data)
            case "jobs_fail", {"id": str(job_id), "attempt": int(attempt), "error": str(error), "final": bool(final)}:
                await queue.fail(kit, kinds, job_id, attempt, error, is_final=final)
            case "jobs_release", {"id": str(job_id), "attempt": int(attempt)}:
                await queue.release(kit, job_id, attempt)
            case _:
                raise NotFoundError("This server does not know that word of a worker; is it an older version?")
        return {}


def job_as_json(job: Job) -> JsonObject:
    """As an operator sees it."""
    return {
        "id": job.id,
        "kind": job.kind,
        "subject": job.subject,
        "state": job.state.value,
        "attempt": job.attempt,
        "failures": job.failures,
        "progress": job.progress,
        "error": job.error,
        "run_at": to_wire(job.run_at),
        "created_at": to_wire(job.created_at),
        "finished_at": to_wire(job.finished_at) if job.finished_at else None,
    }


def _as_claimed(job: Job) -> JsonObject:
    return {"id": job.id, "kind": job.kind, "subject": job.subject, "attempt": job.attempt, "payload": job.payload}


def _name_of(link: Link) -> str:
    return str(link.hello.get("name", ""))[:80]


def _held(rows: list[JsonValue]) -> list[tuple[str, int, float]]:
    found: list[tuple[str, int, float]] = []
    for row in rows:
        match row:
            case [str(job_id), int(attempt), (int() | float()) as progress]:
                found.append((job_id, attempt, float(progress)))
            case _:
                raise BadRequestError
    return found
