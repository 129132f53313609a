"""What is made of recordings begins as they do, and at the start of the server for those that a crash left without."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from voxhall.kit import Kit
from voxhall.recordings import store
from voxhall.recordings.downloads import jobs as downloads
from voxhall.recordings.downloads.folders import FOLDER
from voxhall.recordings.store import RecordingState
from voxhall.recordings.transcript import jobs as transcript
from voxhall.spaces.actions import SpaceChanged


@asynccontextmanager
async def open_afterwards(kit: Kit) -> AsyncIterator[None]:
    async def on_change(changed: SpaceChanged) -> None:
        await transcript.on_change(kit, changed)

    unsubscribe = kit.events.subscribe(SpaceChanged, on_change, key=lambda changed: changed.space_id)
    await begin_forgotten(kit)
    try:
        yield
    finally:
        unsubscribe()


async def begin_forgotten(kit: Kit) -> None:
    async with kit.db.read() as view:
        open_ones = {one.space_id for one in await store.in_state(view, RecordingState.OPEN)}
        finished = {one.space_id for one in await store.in_state(view, RecordingState.FINISHED)}
    await transcript.begin_forgotten(kit, open_ones | finished)
    await downloads.begin_forgotten(kit, finished)
    await asyncio.to_thread(_sweep, kit.settings.data / FOLDER, open_ones | finished)


def _sweep(folder: Path, known: set[str]) -> None:
    """A worker may have been at work on a recording in the very moment in which it was deleted."""
    for one in folder.iterdir() if folder.is_dir() else ():
        if one.name not in known:
            shutil.rmtree(one, ignore_errors=True)
