"""The control plane's half: the job that makes a recording's files, and when they are there."""

import shutil
from collections.abc import Collection
from pathlib import Path

from voxhall.errors import InvalidError, JsonObject
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.model import Job
from voxhall.kit.jobs.queue import Kind
from voxhall.recordings.downloads import store
from voxhall.recordings.downloads.folders import NAMES, download_folder
from voxhall.recordings.downloads.store import DownloadFile
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import SpaceId, SpaceState
from voxhall.spaces.model.refusals import SpaceNotFoundError
from voxhall.tape import tape_folder

KIND = "downloads"


async def begin(kit: Kit, tx: Transaction, space_id: str) -> None:
    await queue.enqueue(kit, tx, KIND, {}, key=f"{KIND}:{space_id}", subject=space_id)


async def on_change(kit: Kit, changed: spaces.SpaceChanged) -> None:
    """Once a space is over; what it left on tape does not change any more."""
    is_over = changed.before.state is SpaceState.LIVE and changed.space.state is SpaceState.ENDED
    if is_over and tape_folder(kit.settings.data, changed.space_id).is_dir():
        async with kit.db.write() as tx:
            await begin(kit, tx, changed.space_id)


async def begin_forgotten(kit: Kit, space_ids: Collection[str]) -> None:
    """At the start of the server: of those that are over and have a tape, the ones without files or a job for them."""
    for space_id in space_ids:
        space = await spaces.find_space(kit, SpaceId(space_id))
        if space is None or space.state is not SpaceState.ENDED:
            continue
        async with kit.db.write() as tx:
            if not await store.files_of(tx, space_id):
                await begin(kit, tx, space_id)


async def files_of(kit: Kit, space_id: str) -> dict[str, DownloadFile]:
    async with kit.db.read() as view:
        return await store.files_of(view, space_id)


async def forget(kit: Kit, tx: Transaction, space_id: str) -> Path:
    """The rows go with the transaction; the folder is the caller's to remove after it."""
    await store.delete_files(tx, space_id)
    return download_folder(kit.settings.data, space_id)


def remove_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


async def _answer(kit: Kit, job: Job, _question: JsonObject) -> JsonObject:
    """What the files' tags say."""
    space = await spaces.find_space(kit, SpaceId(str(job.subject)))
    if space is None:
        raise SpaceNotFoundError
    host = (await spaces.hosts_of(kit, [space]))[space.id].display_name
    began_at = space.started_at or space.created_at
    return {"title": space.title, "host": host, "album": f"Spaces of {host}", "date": began_at.date().isoformat()}


async def _have_files(kit: Kit, tx: Transaction, job: Job, result: JsonObject) -> JsonObject:
    files = result.get("files")
    if not isinstance(files, dict):
        raise InvalidError("These are no files of a recording.")
    found: list[DownloadFile] = []
    for name, described in files.items():
        match described:
            case {"size_bytes": int(size_bytes), "sha256": str(sha256)} if name in NAMES:
                found.append(DownloadFile(name, size_bytes, sha256))
            case _:
                raise InvalidError("These are no files of a recording.")
    await store.replace_files(tx, str(job.subject), found, kit.clock.now())
    return {}


DOWNLOADS = Kind(KIND, on_ask=_answer, on_done=_have_files)
