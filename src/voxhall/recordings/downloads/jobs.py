"""The control plane's half: the job that makes a recording's files, and when they are there."""

from collections.abc import Collection

from voxhall.errors import InvalidError, JsonObject
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.model import Job
from voxhall.kit.jobs.queue import Kind
from voxhall.recordings.downloads import store
from voxhall.recordings.downloads.folders import NAMES
from voxhall.recordings.downloads.store import DownloadFile
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import SpaceId
from voxhall.spaces.model.refusals import SpaceNotFoundError

KIND = "downloads"


async def begin(kit: Kit, tx: Transaction, space_id: str) -> None:
    await queue.enqueue(kit, tx, KIND, {}, key=f"{KIND}:{space_id}", subject=space_id)


async def begin_forgotten(kit: Kit, finished: Collection[str]) -> None:
    """At the start of the server: of the recordings that are finished, the ones without files or a job for them."""
    async with kit.db.read() as view:
        have_files = await store.spaces_with_files(view)
    async with kit.db.write() as tx:
        for space_id in sorted(set(finished) - have_files):
            await begin(kit, tx, space_id)


async def files_of(kit: Kit, space_id: str) -> dict[str, DownloadFile]:
    async with kit.db.read() as view:
        return await store.files_of(view, space_id)


async def forget(tx: Transaction, space_id: str) -> None:
    """The rows; the folder goes with the tape's."""
    await store.delete_files(tx, space_id)


async def _answer(kit: Kit, job: Job, _question: JsonObject) -> JsonObject:
    """What the files' tags say."""
    space = await spaces.find_space(kit, SpaceId(str(job.subject)))
    if space is None:
        raise SpaceNotFoundError
    host = (await spaces.hosts_of(kit, [space]))[space.id].display_name
    began_at = space.started_at or space.created_at
    tags = {"title": space.title, "host": host, "album": f"Spaces of {host}", "date": began_at.date().isoformat()}
    return {**tags, "site": kit.settings.site_name}


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
