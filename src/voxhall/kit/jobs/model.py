"""What a job is, and when it is tried again. Pure: no clock, no database."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from voxhall.errors import ConflictError, JsonObject, NotFoundError

JobId = NewType("JobId", str)

# A worker renews at a third of it. Longer delays the next attempt after a worker that hangs; shorter takes jobs away
# from a worker that a busy machine held up.
LEASE = timedelta(seconds=45)
# What is left of the leases of a worker whose link broke: it comes back by itself within two seconds, or is dead.
LEASE_WITHOUT_LINK = timedelta(seconds=6)
# In a row, without anything achieved between them; the next makes the job a dead letter that waits for a person.
MAX_FAILURES = 5
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)
# Finished jobs are kept for whoever asks what happened, dead letters for whoever comes back from a holiday.
KEEP_FINISHED = timedelta(days=7)
KEEP_FAILED = timedelta(days=90)


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_open(self) -> bool:
        return self in {JobState.WAITING, JobState.RUNNING}


@dataclass(frozen=True, slots=True)
class Job:
    """`key` is unique among all jobs that are kept; `subject` is what the job is about, as in `sp_…`."""

    id: JobId
    kind: str
    key: str
    subject: str | None
    payload: JsonObject
    state: JobState
    priority: int
    run_at: datetime
    created_at: datetime
    # Counts the claims, and so fences them: only who holds the newest may say anything about the job.
    attempt: int = 0
    # Since something was last achieved.
    failures: int = 0
    lease_owner: str | None = None
    lease_until: datetime | None = None
    progress: float = 0.0
    error: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job in a worker's hands, with the results of the steps that an earlier attempt finished."""

    job: Job
    steps: dict[str, JsonObject] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobsWaiting:
    """Published after the commit: there is something to claim."""


class JobLostError(ConflictError):
    code = "job_lost"
    message = "The job was given to somebody else, finished or canceled."


class JobNotFoundError(NotFoundError):
    code = "job_not_found"
    message = "There is no such job."


class JobNotEndedError(ConflictError):
    code = "job_not_ended"
    message = "Only a job that failed or was canceled can be tried again."


def delay_before_retry(failures: int) -> timedelta:
    """5 s, 20 s, 80 s, … up to an hour."""
    return min(LONGEST_DELAY, FIRST_DELAY * float(4 ** (failures - 1)))
