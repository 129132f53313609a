"""Going live before a hundred thousand followers: how soon all have it in the app, how fast pushes leave, and what a
page costs meanwhile.

The control plane runs here over real HTTP. A worker of its own process sends to a push service in a third, which counts
and does not decrypt: its cost is not ours. FOLLOWERS and DEVICES may be given as arguments; with VOXHALL_DATABASE_URL
on PostgreSQL, in a database that is empty.
"""

import asyncio
import hashlib
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import func, select

from benchmarks.report import report
from tests.notifications.push_service import PushService, push_service
from tests.world import Person, World, open_world
from voxhall.accounts.follows.store import follows
from voxhall.accounts.store import users
from voxhall.config import Settings
from voxhall.kit.jobs.worker import Skill, Worker
from voxhall.kit.link_ends import LinkClient
from voxhall.notifications.device_store import push_devices
from voxhall.notifications.sending import Sending
from voxhall.notifications.store import notifications

AT_ONCE = 5_000
PAGE_EVERY_S = 0.05


class Counting(PushService):
    """Takes what comes."""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        del path, headers, body
        self.received += 1
        return 201


def serve_pushes(address: Any, stop: Event) -> None:
    async def run() -> None:
        async with push_service(Counting("")) as service:
            address.put(service.address)
            while not stop.is_set():  # noqa: ASYNC110 - another process says so
                await asyncio.sleep(0.1)

    asyncio.run(run())


def work(socket: str, stop: Event, cpu: Any) -> None:
    async def run() -> None:
        sending = Sending(Settings())
        worker = Worker([Skill("notify", sending.notify, at_once=8)])
        async with LinkClient(Path(socket), {"role": "worker", "name": "wo_bench"}, worker):
            running = asyncio.create_task(worker.run())
            while not stop.is_set():  # noqa: ASYNC110 - another process says so
                await asyncio.sleep(0.1)
            running.cancel()
        cpu.put(time.process_time())

    asyncio.run(run())


async def fill(world: World, host: Person, follower_count: int, device_count: int, service: str) -> None:
    key = PushService(service).browser("all").subscription["keys"]
    now = world.clock.now()
    for begin in range(0, follower_count, AT_ONCE):
        ids = [f"us_{number:026}" for number in range(begin, min(begin + AT_ONCE, follower_count))]
        async with world.kit.db.write() as tx:
            await tx.execute(users.insert(), [_user(one, now) for one in ids])
            await tx.execute(
                follows.insert(),
                [{"follower_id": one, "followed_id": host.user.id, "created_at": now} for one in ids],
            )
            if begin < device_count:
                await tx.execute(push_devices.insert(), [_device(one, service, key, now) for one in ids])
    async with world.kit.db.write() as tx:
        await tx.execute(users.update().where(users.c.id == host.user.id).values(follower_count=follower_count))


def _user(user_id: str, now: Any) -> dict[str, Any]:
    handle = f"f{user_id[-8:]}"
    plain = {"bio": "", "links": [], "is_administrator": False, "created_at": now, "pronouns": ""}
    return {"id": user_id, "handle": handle, "display_name": handle, **plain}


def _device(user_id: str, service: str, key: dict[str, str], now: Any) -> dict[str, Any]:
    endpoint = f"{service}/push/{user_id}"
    return {
        "id": f"pd_{user_id}",
        "user_id": user_id,
        "endpoint": endpoint,
        "endpoint_hash": hashlib.sha256(endpoint.encode()).digest(),
        **key,
        "language": "en",
        "name": "",
        "created_at": now,
        "failures": 0,
    }


async def pages(client: httpx2.AsyncClient, until: asyncio.Event) -> list[float]:
    """What a visitor's home page takes, over and over."""
    took: list[float] = []
    while not until.is_set():
        began = time.perf_counter()
        assert (await client.get("/api/v1/home")).status_code == 200
        took.append((time.perf_counter() - began) * 1_000)
        await asyncio.sleep(PAGE_EVERY_S)
    return took


async def count(world: World, query: Any) -> int:
    async with world.kit.db.read() as conn:
        return int((await conn.execute(query)).scalar_one())


async def measure(world: World, service: str, follower_count: int, device_count: int) -> dict[str, Any]:
    host = await world.person("host")
    await fill(world, host, follower_count, device_count, service)
    visitor = await world.browser()
    calm = asyncio.Event()
    asyncio.get_running_loop().call_later(5, calm.set)
    before = await pages(visitor, calm)
    told = select(func.count()).select_from(notifications)
    pushed = told.where(notifications.c.pushed_at.is_not(None))
    over = asyncio.Event()
    looking = asyncio.create_task(pages(visitor, over))
    began = time.perf_counter()
    assert (await host.http.post("/api/v1/spaces", json={"title": "Live"})).status_code == 201
    answered_s = time.perf_counter() - began
    while await count(world, told) < follower_count:  # noqa: ASYNC110 - looked at from outside
        await asyncio.sleep(0.05)
    in_app_s = time.perf_counter() - began
    while await count(world, pushed) < device_count:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    pushed_s = time.perf_counter() - began
    over.set()
    during = await looking
    return {
        "followers": follower_count,
        "devices": device_count,
        "host_answered_ms": round(answered_s * 1_000),
        "all_in_app_s": round(in_app_s, 2),
        "pushes_per_s": round(device_count / (pushed_s - in_app_s)),
        "home_ms_before": _spread(before),
        "home_ms_meanwhile": _spread(during),
    }


def _spread(took: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(took, n=20)
    return {"p50": round(cuts[9], 1), "p95": round(cuts[18], 1), "most": round(max(took), 1)}


async def main(follower_count: int, device_count: int) -> None:
    spawn = multiprocessing.get_context("spawn")
    stop, addresses, cpu = spawn.Event(), spawn.Queue(), spawn.Queue()
    children = [spawn.Process(target=serve_pushes, args=(addresses, stop))]
    children[0].start()
    service = await asyncio.to_thread(addresses.get)
    with tempfile.TemporaryDirectory() as folder:
        wishes: dict[str, Any] = {"push_services": (service,), "speech_model": "off"}
        url = os.environ.get("VOXHALL_DATABASE_URL")
        async with open_world(Path(folder) / "data", url, **wishes) as world:
            children.append(spawn.Process(target=work, args=(str(world.kit.settings.link_socket), stop, cpu)))
            children[1].start()
            results = await measure(world, service, follower_count, device_count)
            stop.set()
            worker_s = await asyncio.to_thread(cpu.get)
            results["database"] = "postgresql" if url else "sqlite"
            results["worker_cpu_us_per_push"] = round(worker_s * 1e6 / device_count)
    for child in children:
        child.join()
    print(json.dumps(report("going_live", results)))


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    asyncio.run(main(*(given or [100_000, 20_000])))
