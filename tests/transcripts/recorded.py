"""A space that was recorded and is over, and a worker that is at work on it: both as the server has them, in this
process, with the small model.
"""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.journeys.speech import MODEL
from tests.running import eventually
from tests.transcripts.tapes import Samples, write_tape
from tests.world import Person, World
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.model import LEASE_WITHOUT_LINK, Job, JobState
from voxhall.kit.jobs.worker import Skill, Worker
from voxhall.kit.link_ends import LinkClient
from voxhall.recordings.downloads.making import Making
from voxhall.recordings.transcript.hearing import Hearing
from voxhall.speech.engine import Engine
from voxhall.speech.recogniser import Recogniser
from voxhall.speech.whisper import Whisper
from voxhall.tape import tape_folder
from voxhall.tape.news import TapeStarted


@cache
def tiny() -> Whisper:
    return Whisper(MODEL, threads=2)


@dataclass(frozen=True)
class Recorded:
    """`participants` are the speakers' ids by handle."""

    space_id: str
    host: Person
    participants: Mapping[str, str]

    @property
    def path(self) -> str:
        return f"/api/v1/spaces/{self.space_id}/recording"


async def record(world: World, voices: Mapping[str, tuple[float, Samples]], **wishes: Any) -> Recorded:
    """The first who speaks is the host. The space is still live."""
    people = [await world.person(handle) for handle in voices]
    wishes = {"title": "Évening radio: a <test>", "who_may_speak": "everyone", "recording": "on", **wishes}
    created = await people[0].http.post("/api/v1/spaces", json=wishes)
    assert created.status_code == 201, created.text
    space_id = created.json()["id"]
    ids = {}
    for person in people:
        stepped = await person.http.post(f"/api/v1/spaces/{space_id}/requests")
        assert stepped.status_code == 200, stepped.text
        ids[person.handle] = stepped.json()["id"]
    folder = tape_folder(world.kit.settings.data, space_id)
    await world.kit.events.publish(TapeStarted(space_id))
    await asyncio.to_thread(write_tape, folder, {ids[handle]: voice for handle, voice in voices.items()})
    return Recorded(space_id, people[0], ids)


async def end(recorded: Recorded) -> None:
    ended = await recorded.host.http.post(f"/api/v1/spaces/{recorded.space_id}/end")
    assert ended.status_code == 200, ended.text


@asynccontextmanager
async def worker(world: World, make_engine: Callable[[], Engine] = tiny) -> AsyncIterator[Worker]:
    recogniser = Recogniser(make_engine)
    hearing = Hearing(world.kit.settings.data, recogniser, asyncio.get_running_loop().time)
    making = Making(world.kit.settings.data)
    working = Worker([Skill("transcribe", hearing.transcribe, at_once=10), Skill("downloads", making.make)])
    async with LinkClient(world.kit.settings.link_socket, {"role": "worker", "name": "wo_test"}, working):
        tasks = [asyncio.create_task(working.run()), asyncio.create_task(recogniser.run())]
        try:
            yield working
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            hearing.close()
            making.close()


@asynccontextmanager
async def worker_process(world: World) -> AsyncIterator[Process]:
    """A worker as the supervisor starts it; killed with -9 at the end, and then not waited for any more."""
    data = str(world.kit.settings.data)
    command = [sys.executable, "-m", "voxhall", "serve", "--role", "worker", "--data", data]
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | {"VOXHALL_SPEECH_MODEL": "tiny.en"})
    try:
        yield process
    finally:
        process.kill()
        await process.wait()
    grace_is_over_at = world.clock.now() + LEASE_WITHOUT_LINK

    async def noticed() -> bool:
        running = await _running(world)
        return all(job.lease_until is not None and job.lease_until <= grace_is_over_at for job in running)

    await eventually(noticed)
    world.clock.advance(LEASE_WITHOUT_LINK.total_seconds() + 0.1)


async def _running(world: World) -> Sequence[Job]:
    return await queue.list_jobs(world.kit, [JobState.RUNNING], None, 100)
