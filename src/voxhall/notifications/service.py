"""Notifications while the server runs: its key for pushes, who listens to what happens, and what the time brings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from starlette.requests import HTTPConnection

from voxhall.kit import Kit
from voxhall.kit.beat import beat
from voxhall.notifications import announcing, device_store, store
from voxhall.notifications.hub import Hub
from voxhall.notifications.model import KEEP, Notified
from voxhall.notifications.push import PushKey
from voxhall.spaces.actions import InvitedToStage, ReplayReady, SpaceChanged, SpaceScheduled, TranscriptReady
from voxhall.tips.model import TipJarChanged

# "In a quarter of an hour" may be a few seconds off.
LOOK_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Notifications:
    kit: Kit
    hub: Hub
    key: PushKey

    async def look(self) -> None:
        """What is due by the clock; a test calls it by hand."""
        await announcing.tell_soon(self.kit)
        async with self.kit.db.write() as tx:
            await store.prune(tx, self.kit.clock.now() - KEEP)


async def notifications_of(connection: HTTPConnection) -> Notifications:
    return cast(Notifications, connection.app.state.notifications)


async def push_key(kit: Kit) -> PushKey:
    """The same for ever: with another, every device would have to be asked for its permission again."""
    async with kit.db.write() as tx:
        private_key = await device_store.keep_push_key(tx, PushKey.new_private_key())
    contact = kit.settings.mail_from
    address = f"mailto:{contact.rpartition('<')[2].rstrip('>')}" if contact else kit.settings.address
    return PushKey(private_key, address)


@asynccontextmanager
async def open_notifications(kit: Kit, key: PushKey) -> AsyncIterator[Notifications]:
    notifications = Notifications(kit, Hub(), key)
    unsubscribe = _listen(kit, notifications)
    await announcing.announce_forgotten(kit)
    try:
        async with beat(notifications.look, LOOK_EVERY_S, "notifications"):
            yield notifications
    finally:
        for one in unsubscribe:
            one()


def _listen(kit: Kit, notifications: Notifications) -> list[announcing.Unsubscribe]:
    async def on_changed(changed: SpaceChanged) -> None:
        await announcing.on_changed(kit, changed)

    async def on_scheduled(news: SpaceScheduled) -> None:
        await announcing.scheduled(kit, news.space)

    async def on_invited(invited: InvitedToStage) -> None:
        await announcing.on_invited(kit, invited)

    async def on_replay(ready: ReplayReady) -> None:
        await announcing.on_replay(kit, ready)

    async def on_transcript(ready: TranscriptReady) -> None:
        await announcing.on_transcript(kit, ready)

    async def on_tip_jar(changed: TipJarChanged) -> None:
        await announcing.on_tip_jar(kit, changed)

    events = kit.events
    return [
        events.subscribe(Notified, notifications.hub.tell),
        events.subscribe(SpaceChanged, on_changed, key=lambda one: one.space_id),
        events.subscribe(SpaceScheduled, on_scheduled, key=lambda one: one.space.id),
        events.subscribe(InvitedToStage, on_invited, key=lambda one: one.user_id),
        events.subscribe(ReplayReady, on_replay, key=lambda one: one.space_id),
        events.subscribe(TranscriptReady, on_transcript, key=lambda one: one.space_id),
        events.subscribe(TipJarChanged, on_tip_jar, key=lambda one: one.user_id),
    ]
