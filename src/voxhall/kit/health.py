"""Whether this server is alive, and whether it can host: what orchestrators, proxies and `make run` wait for."""

import asyncio
import shutil
from collections.abc import Callable

from fastapi import APIRouter, Response
from pydantic import BaseModel

from voxhall.config import Settings
from voxhall.errors import DatabaseDownError
from voxhall.kit import Kit
from voxhall.kit.disk import recording_problem
from voxhall.kit.web import KitDep

# A database that needs longer to answer "1" cannot carry a space.
DATABASE_TIMEOUT_S = 2.0


class Readiness(BaseModel):
    ready: bool
    missing: list[str]
    parts: dict[str, str]


def router(is_media_ready: Callable[[], bool]) -> APIRouter:
    health = APIRouter(tags=["operation"])

    @health.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @health.get("/readyz", responses={503: {"model": Readiness}})
    async def readyz(kit: KitDep, response: Response) -> Readiness:
        needed = {
            "database": await _database(kit),
            "media": "ok" if is_media_ready() else "no media node is connected",
            "disk": disk_problem(kit.settings) or "ok",
        }
        missing = [name for name, state in needed.items() if state != "ok"]
        response.status_code = 503 if missing else 200
        response.headers["cache-control"] = "no-store"
        # Spaces go on without a worker, whose work can wait, and on a disk that takes no more recordings.
        worker = "ok" if kit.link.links("worker") else "not connected"
        more = {"worker": worker, "recording": recording_problem(kit.settings.data) or "ok"}
        return Readiness(ready=not missing, missing=missing, parts=needed | more)

    return health


async def _database(kit: Kit) -> str:
    try:
        async with asyncio.timeout(DATABASE_TIMEOUT_S):
            await kit.db.ping()
    except (DatabaseDownError, TimeoutError):
        return "does not answer"
    return "ok"


def disk_problem(settings: Settings) -> str | None:
    free_bytes = shutil.disk_usage(settings.data).free
    return f"only {free_bytes // 1024**2} MiB are free" if free_bytes < settings.free_disk_bytes else None
