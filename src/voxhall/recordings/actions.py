"""What becomes of recordings: begun, finished with their space, found again after every kind of death, deleted."""

import asyncio
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import structlog

from voxhall.accounts.identity import Actor
from voxhall.accounts.model import Scope
from voxhall.errors import ConflictError, NotFoundError
from voxhall.kit import Kit
from voxhall.kit.jobs import queue
from voxhall.recordings import store
from voxhall.recordings.downloads import jobs as downloads
from voxhall.recordings.downloads.folders import download_folder
from voxhall.recordings.library import Library
from voxhall.recordings.store import RecordingState, StoredRecording
from voxhall.recordings.transcript import jobs as transcript
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import Space, SpaceId, SpaceState
from voxhall.spaces.model.refusals import OnlyHostError
from voxhall.tape import tape_folder
from voxhall.tape.news import TapeDamaged, TapeFinished, TapeStarted

log = structlog.get_logger()

# A node closes a tape within a second of the end. One that does not say so in this time is gone, and the tape is taken
# as it stands: complete up to its last page.
CLOSING = timedelta(seconds=5)


class NoRecordingError(NotFoundError):
    code = "no_recording"
    message = "There is no recording of this space."


class StillLiveError(ConflictError):
    code = "space_still_live"
    message = "The space is live; its recording can be deleted when it is over."


@dataclass(frozen=True, slots=True)
class RecordingFinished:
    """The space is over and its tape complete: everything that is made of it can be made now."""

    space_id: SpaceId
    duration_ms: int


@dataclass(frozen=True, slots=True)
class RecordingDeleted:
    """The sound and the log are gone; whatever was made of them goes too."""

    space_id: SpaceId


@dataclass(frozen=True, slots=True)
class Recordings:
    kit: Kit
    library: Library


async def find(recordings: Recordings, actor: Actor, space_id: SpaceId) -> tuple[Space, StoredRecording]:
    """For whoever may see the space; the one place where that is decided is `spaces.actions.access`."""
    space = await spaces.get_space(recordings.kit, space_id, actor)
    async with recordings.kit.db.read() as conn:
        found = await store.find(conn, space_id)
    if found is None or found.state in {RecordingState.DELETING, RecordingState.LOST}:
        raise NoRecordingError
    return space, found


async def begun(recordings: Recordings, started: TapeStarted) -> None:
    kit, space_id = recordings.kit, SpaceId(started.space_id)
    async with kit.db.write() as tx:
        await tx.lock(_lock_name(space_id))
        if await store.find(tx, space_id) is None:
            await store.insert(tx, StoredRecording(space_id, RecordingState.OPEN, kit.clock.now()))


async def damaged(recordings: Recordings, news: TapeDamaged) -> None:
    space_id = SpaceId(news.space_id)
    async with recordings.kit.db.write() as tx:
        await tx.lock(_lock_name(space_id))
        if (found := await store.find(tx, space_id)) is not None:
            await store.save(tx, replace(found, damages=(*found.damages, news.reason)))


async def closed(recordings: Recordings, finished: TapeFinished) -> None:
    """In a live space recording was stopped, and may begin again: then nothing is finished yet."""
    space = await spaces.find_space(recordings.kit, SpaceId(finished.space_id))
    if space is not None and space.state is SpaceState.ENDED:
        await settle(recordings, space.id)


async def settle_what_is_over(recordings: Recordings) -> None:
    """Of every recording that is open though its space is over: whoever should have closed it is given a moment."""
    kit = recordings.kit
    async with kit.db.read() as conn:
        still_open = await store.in_state(conn, RecordingState.OPEN)
    for one in still_open:
        space = await spaces.find_space(kit, one.space_id)
        if space is None or space.state is not SpaceState.ENDED:
            continue
        is_late = space.ended_at is None or kit.clock.now() - space.ended_at >= CLOSING
        if is_late or await asyncio.to_thread(_is_closed, recordings, one.space_id):
            await settle(recordings, one.space_id)


async def settle(recordings: Recordings, space_id: SpaceId) -> None:
    """The tape as it stands is the recording; nothing is added to it any more."""
    kit = recordings.kit
    duration_ms = await asyncio.to_thread(_measure, recordings, space_id)
    async with kit.db.write() as tx:
        await tx.lock(_lock_name(space_id))
        found = await store.find(tx, space_id)
        if found is None or found.state is not RecordingState.OPEN:
            return
        state = RecordingState.LOST if duration_ms is None else RecordingState.FINISHED
        length_ms = duration_ms or 0
        await store.save(tx, replace(found, state=state, duration_ms=length_ms, finished_at=kit.clock.now()))
        await spaces.set_replay(tx, space_id, duration_ms)
        if state is RecordingState.FINISHED:
            await downloads.begin(kit, tx, space_id)
            tx.publish(RecordingFinished(space_id, length_ms))
        else:
            log.error("recording_lost", space=space_id)


async def delete(recordings: Recordings, actor: Actor, space_id: SpaceId) -> None:
    """By the host, for good. From the first line on nobody is served it; a restart in the middle finishes it."""
    kit = recordings.kit
    actor.require_user(Scope.HOST)
    space, _ = await find(recordings, actor, space_id)
    if actor.person_id != space.host_id:
        raise OnlyHostError
    if space.state is not SpaceState.ENDED:
        raise StillLiveError
    async with kit.db.write() as tx:
        await tx.lock(_lock_name(space_id))
        found = await store.find(tx, space_id)
        if found is None:
            raise NoRecordingError
        await store.save(tx, replace(found, state=RecordingState.DELETING))
        await queue.cancel_about(kit, tx, space_id)
        await spaces.set_replay(tx, space_id, None)
    await _delete_files(recordings, space_id)


async def finish_deletions(recordings: Recordings) -> None:
    async with recordings.kit.db.read() as conn:
        begun_before = await store.in_state(conn, RecordingState.DELETING)
    for one in begun_before:
        await _delete_files(recordings, one.space_id)


async def _delete_files(recordings: Recordings, space_id: SpaceId) -> None:
    kit = recordings.kit
    recordings.library.forget(space_id)
    folders = (tape_folder(kit.settings.data, space_id), download_folder(kit.settings.data, space_id))
    if not await asyncio.to_thread(_are_gone, folders):
        # Stays marked: the next start tries again, and until then the doctor tells.
        log.error("recording_not_deleted", space=space_id)
        return
    async with kit.db.write() as tx:
        await downloads.forget(tx, space_id)
        await transcript.forget(tx, space_id)
        await store.remove(tx, space_id)
        tx.publish(RecordingDeleted(space_id))


def _are_gone(folders: Iterable[Path]) -> bool:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return not any(folder.exists() for folder in folders)


def _is_closed(recordings: Recordings, space_id: SpaceId) -> bool:
    with recordings.library.open(space_id, is_complete=False) as tape:
        return tape.is_finished


def _measure(recordings: Recordings, space_id: SpaceId) -> int | None:
    with recordings.library.open(space_id, is_complete=True) as tape:
        return tape.duration_ms if tape.exists else None


def _lock_name(space_id: SpaceId) -> str:
    return f"recording:{space_id}"
