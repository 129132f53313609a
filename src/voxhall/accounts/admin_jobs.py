"""What the server has to do beside the sound, for administrators: the list, and once more for what failed."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from voxhall.accounts.admission.api import require_administrator
from voxhall.accounts.identity import ActorDep
from voxhall.errors import JsonObject
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.desk import job_as_json
from voxhall.kit.jobs.model import JobState
from voxhall.kit.web import KitDep, PageDep, page_of

router = APIRouter(prefix="/api/v1/admin/jobs", tags=["operation"])


class JobAnswer(BaseModel):
    id: str
    kind: str
    subject: str | None
    state: JobState
    attempt: int
    failures: int
    progress: float
    error: str | None
    run_at: str
    created_at: str
    finished_at: str | None


class JobsAnswer(BaseModel):
    items: list[JobAnswer]
    next_cursor: str | None
    counts: dict[str, int]


@router.get("", response_model=JobsAnswer)
async def jobs(
    kit: KitDep, actor: ActorDep, page: PageDep, state: Annotated[list[JobState] | None, Query(max_length=5)] = None
) -> JsonObject:
    """Newest first."""
    require_administrator(actor)
    found = await queue.list_jobs(kit, state or [], page.after_time(), page.limit + 1)
    answer = page_of(found, page, job_as_json, lambda job: [job.created_at.isoformat(), job.id])
    return {**answer, "counts": {name.value: count for name, count in (await queue.counts(kit)).items()}}


@router.post("/{job_id}/retry", response_model=JobAnswer)
async def retry(kit: KitDep, actor: ActorDep, job_id: Annotated[str, Path(max_length=64)]) -> JsonObject:
    """Have a job that failed or was canceled done once more, from the step at which it stands."""
    require_administrator(actor)
    async with kit.db.write() as tx:
        return job_as_json(await queue.retry(kit, tx, job_id))
