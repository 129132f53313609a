"""A control plane with nothing but jobs: a database, a link, a clock moved by hand, and kinds that write down what
took effect. Workers connect to it for real, in this process or in one of their own.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.running import eventually
from tests.world import HandClock
from voxhall.config import Settings
from voxhall.errors import JsonObject
from voxhall.kit import Kit
from voxhall.kit.db import Database, Transaction, database_url
from voxhall.kit.events import Events
from voxhall.kit.ids import Ids
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.desk import open_desk
from voxhall.kit.jobs.model import Job, JobState
from voxhall.kit.jobs.queue import Kind
from voxhall.kit.jobs.worker import POLL_S, Skill, Worker
from voxhall.kit.link_ends import LinkClient, LinkServer
from voxhall.kit.migrate import migrate


@dataclass
class Office:
    kit: Kit
    clock: HandClock
    kinds: dict[str, Kind]
    told: list[JsonObject] = field(default_factory=list)
    done: list[JsonObject] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    async def enqueue(self, kind: str, key: str, **payload: object) -> bool:
        async with self.kit.db.write() as tx:
            return await queue.enqueue(self.kit, tx, kind, dict(payload), key=key, subject="sp_1")  # type: ignore[arg-type]

    async def job(self, key: str) -> Job:
        found = await queue.list_jobs(self.kit, [], None, 100)
        return next(job for job in found if job.key == key)

    async def until(self, key: str, *states: JobState) -> Job:
        async def look() -> Job | None:
            return job if (job := await self.job(key)).state in states else None

        return await eventually(look)

    @asynccontextmanager
    async def worker(self, *skills: Skill, name: str = "wo_1", poll_s: float = POLL_S) -> AsyncIterator[Worker]:
        worker = Worker(list(skills), poll_s)
        async with LinkClient(self.kit.settings.link_socket, {"role": "worker", "name": name}, worker):
            running = asyncio.create_task(worker.run())
            try:
                yield worker
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running


@asynccontextmanager
async def open_office(folder: Path, url: str | None) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        settings = Settings(data=folder, database_url=url)
        events = Events()
        db = Database(database_url(settings), events)
        stack.push_async_callback(db.close)
        await migrate(db)
        clock = HandClock()
        kit = Kit(settings, db, clock, Ids(), events, LinkServer(settings.link_socket))
        office = Office(kit, clock, {})

        async def on_tell(_kit: Kit, _tx: Transaction, _job: Job, data: JsonObject) -> JsonObject:
            office.told.append(data)
            return {"heard": len(office.told)}

        async def on_done(_kit: Kit, _tx: Transaction, _job: Job, result: JsonObject) -> JsonObject:
            office.done.append(result)
            return {}

        async def on_failed(_kit: Kit, _tx: Transaction, _job: Job, error: str) -> None:
            office.failed.append(error)

        office.kinds["write"] = Kind("write", on_tell=on_tell, on_done=on_done, on_failed=on_failed)
        await stack.enter_async_context(open_desk(kit, list(office.kinds.values())))
        await kit.link.start()
        stack.push_async_callback(kit.link.close)
        yield office
