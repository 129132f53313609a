"""A worker that is killed, at every point of a job, and twice over: one effect, the same bytes."""

import asyncio
import hashlib
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.jobs.office import Office
from tests.jobs.writer import POINTS
from tests.running import eventually
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.model import LEASE, LEASE_WITHOUT_LINK, MAX_FAILURES, JobState

LINES = 1000
SHA256 = hashlib.sha256("".join(f"{number} bottles\n" for number in range(LINES)).encode()).hexdigest()


@asynccontextmanager
async def writer(office: Office, folder: Path, point: str) -> AsyncIterator[Process]:
    socket = office.kit.settings.link_socket
    command = [sys.executable, "-m", "tests.jobs.writer", str(socket), str(folder), point]
    process = await asyncio.create_subprocess_exec(*command)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def killed_at(office: Office, folder: Path, point: str) -> None:
    """Returns when the control plane has noticed, and the grace for its coming back is over."""
    async with writer(office, folder, point) as process:
        assert await asyncio.wait_for(process.wait(), 20) == -9
    grace_is_over_at = office.clock.now() + LEASE_WITHOUT_LINK

    async def noticed() -> bool:
        lease_until = (await office.job("letter")).lease_until
        return lease_until is not None and lease_until <= grace_is_over_at

    await eventually(noticed)
    office.clock.advance(LEASE_WITHOUT_LINK.total_seconds() + 0.1)


async def test_killed_at_every_point_a_job_has_one_effect(office: Office, tmp_path: Path) -> None:
    await office.enqueue("write", "letter", lines=LINES)
    for point in POINTS:
        await killed_at(office, tmp_path, point)
        assert office.done == []
    async with writer(office, tmp_path, "never"):
        job = await office.until("letter", JobState.DONE)
    assert job.attempt == len(POINTS) + 1
    assert office.done == [{"sha256": SHA256}]
    assert hashlib.sha256((tmp_path / "sp_1.txt").read_bytes()).hexdigest() == SHA256
    # Each attempt that came so far told it: to be told again must be harmless, and is documented to happen.
    assert {str(told) for told in office.told} == {"{'published': 'sp_1.txt'}"}


async def test_a_job_that_kills_its_worker_each_time_is_given_up_on(office: Office) -> None:
    await office.enqueue("write", "letter")
    for _ in range(MAX_FAILURES + 1):
        [_] = await queue.claim(office.kit, "wo_1", {"write": 1})
        office.clock.advance(LEASE.total_seconds() + 1)
    assert await queue.claim(office.kit, "wo_1", {"write": 1}) == []
    await queue.bury_deadly(office.kit, office.kinds)
    job = await office.job("letter")
    assert (job.state, job.error) == (JobState.FAILED, queue.DIED)
    assert office.failed == [queue.DIED]
