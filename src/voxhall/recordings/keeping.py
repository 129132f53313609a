"""Recordings follow their tapes: begun, damaged, finished, as the media node tells; and what no node tells any more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from voxhall.kit import Kit
from voxhall.kit.beat import beat
from voxhall.recordings import actions
from voxhall.recordings.actions import Recordings as Recordings
from voxhall.recordings.library import Library
from voxhall.recordings.orphans import take_up
from voxhall.tape.news import TapeDamaged, TapeFinished, TapeStarted

# A replay is ready this long after the node has closed its tape, at most.
LOOK_EVERY_S = 1.0


@asynccontextmanager
async def keep_recordings(kit: Kit) -> AsyncIterator[Recordings]:
    """First whatever a death left half done is brought to its end."""
    recordings = Recordings(kit, Library(kit.settings.data))
    await actions.finish_deletions(recordings)
    await take_up(kit)

    async def on_started(news: TapeStarted) -> None:
        await actions.begun(recordings, news)

    async def on_damaged(news: TapeDamaged) -> None:
        await actions.damaged(recordings, news)

    async def on_finished(news: TapeFinished) -> None:
        await actions.closed(recordings, news)

    unsubscribe = (
        kit.events.subscribe(TapeStarted, on_started, key=lambda one: one.space_id),
        kit.events.subscribe(TapeDamaged, on_damaged, key=lambda one: one.space_id),
        kit.events.subscribe(TapeFinished, on_finished, key=lambda one: one.space_id),
    )
    try:
        async with beat(lambda: actions.settle_what_is_over(recordings), LOOK_EVERY_S, "recordings"):
            yield recordings
    finally:
        for one in unsubscribe:
            one()
