"""When the jobs of a recording begin: as it happens, and at the start for what a crash left behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from voxhall.kit import Kit
from voxhall.recordings.downloads import jobs as downloads
from voxhall.recordings.transcript import jobs as transcript
from voxhall.spaces.actions import SpaceChanged
from voxhall.tape import taped_spaces


@asynccontextmanager
async def open_recordings(kit: Kit) -> AsyncIterator[None]:
    async def on_change(changed: SpaceChanged) -> None:
        await transcript.on_change(kit, changed)
        await downloads.on_change(kit, changed)

    unsubscribe = kit.events.subscribe(SpaceChanged, on_change, key=lambda changed: changed.space_id)
    await begin_forgotten(kit)
    try:
        yield
    finally:
        unsubscribe()


async def begin_forgotten(kit: Kit) -> None:
    space_ids = await asyncio.to_thread(taped_spaces, kit.settings.data)
    await transcript.begin_forgotten(kit, space_ids)
    await downloads.begin_forgotten(kit, space_ids)
