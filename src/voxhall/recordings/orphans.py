"""Tapes and recordings that lost each other: taken up again at the start where that is safe, else told to the operator.

Nothing is deleted here. A tape that no space knows may be the only copy of what was said, as after the restore of an
older backup.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import structlog

from voxhall.errors import JsonObject
from voxhall.kit import Kit
from voxhall.recordings import store
from voxhall.recordings.store import RecordingState, StoredRecording
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import SpaceId, SpaceState
from voxhall.tape import tape_folder
from voxhall.tape.folders import taped_spaces
from voxhall.tape.log import NAME as LOG_NAME

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Orphans:
    """Names of spaces. `unknown`: a tape of no space; `missing`: a recording without its tape; `undeleted`: its host
    deleted it, and the disk did not let it go."""

    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    undeleted: tuple[str, ...] = ()

    def as_json(self) -> JsonObject:
        """For the doctor."""
        return {"unknown": list(self.unknown), "missing": list(self.missing), "undeleted": list(self.undeleted)}


async def find_orphans(kit: Kit) -> Orphans:
    taped = set(await asyncio.to_thread(taped_spaces, kit.settings.data))
    async with kit.db.read() as conn:
        known = await store.all_ids(conn)
        finished = {one.space_id for one in await store.in_state(conn, RecordingState.FINISHED)}
        deleting = {one.space_id for one in await store.in_state(conn, RecordingState.DELETING)}
    unknown = [one for one in sorted(taped - known) if not await _may_be_taken_up(kit, SpaceId(one))]
    return Orphans(tuple(unknown), tuple(sorted(finished - taped)), tuple(sorted(deleting)))


async def take_up(kit: Kit) -> None:
    """At the start: the control plane died between the first page of a tape and the note that there is one."""
    taped = await asyncio.to_thread(taped_spaces, kit.settings.data)
    async with kit.db.read() as conn:
        known = await store.all_ids(conn)
    for space_id in (SpaceId(one) for one in taped if one not in known):
        if await _may_be_taken_up(kit, space_id):
            log.warning("tape_taken_up", space=space_id)
            async with kit.db.write() as tx:
                await store.insert(tx, StoredRecording(space_id, RecordingState.OPEN, kit.clock.now()))
    orphans = await find_orphans(kit)
    if orphans != Orphans():
        log.warning("tapes_orphaned", unknown=orphans.unknown, missing=orphans.missing, undeleted=orphans.undeleted)


async def _may_be_taken_up(kit: Kit, space_id: SpaceId) -> bool:
    """What a host deleted leaves the table after its files: a folder whose space was live is no leftover of that."""
    space = await spaces.find_space(kit, space_id)
    if space is None or space.state not in {SpaceState.LIVE, SpaceState.ENDED}:
        return False
    return await asyncio.to_thread(_has_log, tape_folder(kit.settings.data, space_id))


def _has_log(folder: Path) -> bool:
    return (folder / LOG_NAME).is_file()
