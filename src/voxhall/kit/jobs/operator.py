"""What `voxhall admin` asks about jobs."""

from voxhall.errors import InvalidError, JsonObject, JsonValue
from voxhall.kit import Kit
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.desk import job_as_json
from voxhall.kit.jobs.model import JobState

# A screen of a terminal and some; whoever needs more asks the API, which has pages.
MOST = 200


async def perform(kit: Kit, name: str, args: JsonObject) -> JsonObject | None:
    """None: not a command about jobs."""
    match name, args:
        case "jobs", {"states": list(names)}:
            found = await queue.list_jobs(kit, _states(names), after=None, limit=MOST)
            return {"items": [job_as_json(job) for job in found]}
        case "retry_job", {"id": str(job_id)}:
            async with kit.db.write() as tx:
                return job_as_json(await queue.retry(kit, tx, job_id))
    return None


def _states(names: list[JsonValue]) -> list[JobState]:
    try:
        return [JobState(str(name)) for name in names]
    except ValueError:
        raise InvalidError(f"The states are {', '.join(JobState)}.") from None
