"""A world with a media node, a worker that tells, and a push service: everything that a notification passes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.live.stage import Node, connected
from tests.notifications.push_service import Browser, PushService, push_service
from tests.running import eventually
from tests.world import Person, World, open_world
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.model import JobState, JobsWaiting
from voxhall.kit.jobs.worker import Skill, Worker
from voxhall.kit.link_ends import LinkClient
from voxhall.notifications.sending import Sending


@dataclass
class Square:
    world: World
    node: Node
    pushes: PushService
    people: dict[str, Person] = field(default_factory=dict)
    _running: list[AsyncExitStack] = field(default_factory=list)

    async def person(self, handle: str, *, follows: str | None = None, device: bool = False) -> Person:
        person = await self.world.person(handle)
        self.people[handle] = person
        if follows is not None:
            assert (await person.http.put(f"/api/v1/users/{follows}/follow")).status_code == 204
        if device:
            await self.subscribe(person)
        return person

    async def subscribe(self, person: Person, name: str = "") -> Browser:
        """A device of this person that takes pushes."""
        devices = (await person.http.get("/api/v1/me/push-devices")).json()
        self.pushes.application_key = devices["key"]
        browser = self.pushes.browser(name or person.handle)
        answer = await person.http.post("/api/v1/me/push-devices", json=browser.subscription)
        assert answer.status_code == 201, answer.text
        return browser

    def browser_of(self, handle: str) -> Browser:
        return self.pushes.browsers[f"/push/{handle}"]

    async def told(self) -> None:
        """Until everything that was announced has been told, but for what waits for another time."""
        kit = self.world.kit

        async def nothing_waits() -> bool:
            open_jobs = await queue.list_jobs(kit, [JobState.WAITING, JobState.RUNNING], None, 100)
            return not any(job.kind == "notify" and job.run_at <= kit.clock.now() for job in open_jobs)

        await kit.events.publish(JobsWaiting())
        await eventually(nothing_waits, within_s=30)

    async def kinds(self, handle: str) -> list[str]:
        """Of all that this person has, the newest first."""
        return [one["kind"] for one in (await self.list_of(handle))["items"]]

    async def list_of(self, handle: str, **params: str) -> dict[str, Any]:
        answer = await self.people[handle].http.get("/api/v1/me/notifications", params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@asynccontextmanager
async def open_square(data: Path, database_url: str | None, **more: Any) -> AsyncIterator[Square]:
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(push_service())
        # Transcripts are another worker's work.
        wishes: dict[str, Any] = {"push_services": (service.address,), "speech_model": "off", **more}
        world = await stack.enter_async_context(open_world(data, database_url, **wishes))
        node = await stack.enter_async_context(connected(world, Node()))
        await stack.enter_async_context(worker(world))
        yield Square(world, node, service)


@asynccontextmanager
async def worker(world: World) -> AsyncIterator[None]:
    sending = Sending(world.kit.settings)
    working = Worker([Skill("notify", sending.notify, at_once=8)])
    async with LinkClient(world.kit.settings.link_socket, {"role": "worker", "name": "wo_test"}, working):
        running = asyncio.create_task(working.run())
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await sending.close()
