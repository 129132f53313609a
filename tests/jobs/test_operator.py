"""Who looks after the jobs: administrators over HTTP, and whoever has the machine by `voxhall admin`."""

import asyncio
import json
import sys

from tests.world import World
from voxhall.kit.jobs import queue


async def failed_job(world: World) -> str:
    async with world.kit.db.write() as tx:
        await queue.enqueue(world.kit, tx, "test", {"secret": "not shown"}, key="test", subject="sp_1")
    [claimed] = await queue.claim(world.kit, "wo_1", {"test": 1})
    await queue.fail(world.kit, {}, claimed.job.id, claimed.job.attempt, "The disk is full.", is_final=True)
    return claimed.job.id


async def admin(world: World, *command: str) -> tuple[int, str]:
    data = str(world.kit.settings.data)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voxhall", "admin", *command, "--data", data, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_an_administrator_sees_what_failed_and_has_it_done_once_more(world: World) -> None:
    job_id = await failed_job(world)
    root = await world.person("root_ana", administrator=True)
    answer = await root.http.get("/api/v1/admin/jobs?state=failed")
    assert answer.status_code == 200, answer.text
    [job] = answer.json()["items"]
    assert (job["id"], job["subject"], job["error"]) == (job_id, "sp_1", "The disk is full.")
    assert answer.json()["counts"]["failed"] == 1
    assert "secret" not in answer.text

    retried = await root.http.post(f"/api/v1/admin/jobs/{job_id}/retry")
    assert (retried.status_code, retried.json()["state"]) == (200, "waiting")
    again = await root.http.post(f"/api/v1/admin/jobs/{job_id}/retry")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "job_not_ended")
    assert (await root.http.post("/api/v1/admin/jobs/jb_x/retry")).status_code == 404


async def test_jobs_are_nobody_else_s_business(small_world: World) -> None:
    job_id = await failed_job(small_world)
    ana = await small_world.person("ana")
    nobody = await small_world.browser()
    for method, path in (("GET", "/api/v1/admin/jobs"), ("POST", f"/api/v1/admin/jobs/{job_id}/retry")):
        assert (await nobody.request(method, path)).status_code == 401
        assert (await ana.http.request(method, path)).status_code == 403


async def test_the_command_line_lists_jobs_and_retries_one(small_world: World) -> None:
    job_id = await failed_job(small_world)
    status, output = await admin(small_world, "jobs", "--state", "failed")
    assert status == 0
    assert json.loads(output)["id"] == job_id
    status, output = await admin(small_world, "retry-job", job_id)
    assert (status, json.loads(output)["state"]) == (0, "waiting")
    assert (await admin(small_world, "jobs", "--state", "wrong"))[0] == 1
