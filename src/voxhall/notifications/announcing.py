"""What happens becomes an announcement, right after it has happened; and at the start of the server, what a crash
between the two left untold.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

from voxhall.accounts import actions as people
from voxhall.accounts.model import UserId
from voxhall.errors import JsonObject
from voxhall.kit import Kit
from voxhall.kit.clock import to_wire
from voxhall.kit.db import Transaction
from voxhall.kit.jobs import queue
from voxhall.notifications import fan_out, store
from voxhall.notifications.model import Announcement, AnnouncementId, NewsKind
from voxhall.spaces import actions as spaces
from voxhall.spaces.actions import InvitedToStage, ReplayReady, SpaceChanged, TranscriptReady
from voxhall.spaces.model import Space, SpaceId, SpaceState, StoredEvent
from voxhall.tips.model import TipJarChanged

Unsubscribe: TypeAlias = Callable[[], None]
# Whoever is expected on a stage looks for a quiet place and a microphone.
SOON = timedelta(minutes=15)
# What was not told because the server died in that moment is told if it is not older than this.
FRESH = timedelta(minutes=30)


async def announce(
    kit: Kit,
    kind: NewsKind,
    *,
    key: str,
    space: Space | None = None,
    actor_id: str | None = None,
    data: JsonObject | None = None,
) -> None:
    """Once for each key. For one person it is told here and now; for many, and to devices, by a job."""
    async with kit.db.write() as tx:
        news = Announcement(
            AnnouncementId(kit.ids.new("an")),
            key,
            kind,
            space.id if space is not None else None,
            actor_id,
            {**({"title": space.title} if space is not None else {}), **await _who(tx, actor_id), **(data or {})},
            kit.clock.now(),
        )
        if not await store.insert_announcement(tx, news):
            return
        if "to" in news.data:
            await fan_out.tell_all(kit, tx, news, space)
        await queue.enqueue(kit, tx, fan_out.KIND, {}, key=f"{fan_out.KIND}:{news.id}", subject=news.id, priority=20)


async def _who(tx: Transaction, actor_id: str | None) -> JsonObject:
    if actor_id is None:
        return {}
    user = (await people.users_by_id(tx, [UserId(actor_id)])).get(UserId(actor_id))
    return {"name": user.display_name, "handle": user.handle} if user is not None else {}


async def on_changed(kit: Kit, changed: SpaceChanged) -> None:
    for event in changed.events:
        await _on_event(kit, changed, event)


async def _on_event(kit: Kit, changed: SpaceChanged, event: StoredEvent) -> None:
    space = changed.space
    match event.name:
        case "space_started":
            await went_live(kit, space)
        case "space_canceled":
            reason: JsonObject = {"reason": event.data["reason"]} if "reason" in event.data else {}
            await announce(
                kit,
                NewsKind.CANCELED,
                key=f"canceled:{space.id}",
                space=space,
                actor_id=None if reason else space.host_id,
                data={**await _host_of(kit, space), **reason, **_together(changed)},
            )
        case "space_edited" if changed.before.scheduled_start != space.scheduled_start:
            key = f"rescheduled:{space.id}:{event.seq}"
            data: JsonObject = {**_start_of(space), **_together(changed)}
            await announce(kit, NewsKind.RESCHEDULED, key=key, space=space, actor_id=space.host_id, data=data)
        case "speaker_added" if space.state is SpaceState.LIVE:
            await _on_stage(kit, changed, event)
        case "request_accepted":
            who = _person_of(changed, event)
            if who is not None:
                key = f"accepted:{space.id}:{event.seq}"
                data = {**await _host_of(kit, space), "to": who}
                await announce(kit, NewsKind.ACCEPTED, key=key, space=space, data=data)
        case _:
            pass


async def went_live(kit: Kit, space: Space) -> None:
    await announce(kit, NewsKind.WENT_LIVE, key=f"live:{space.id}", space=space, actor_id=space.host_id)


async def scheduled(kit: Kit, space: Space) -> None:
    key = f"scheduled:{space.id}"
    await announce(kit, NewsKind.SCHEDULED, key=key, space=space, actor_id=space.host_id, data=_start_of(space))


async def on_invited(kit: Kit, invited: InvitedToStage) -> None:
    space = await spaces.find_space(kit, invited.space_id)
    if space is None:
        return
    key = f"invited:{space.id}:{invited.user_id}:{invited.role.value}"
    data: JsonObject = {**_start_of(space), "to": invited.user_id, "role": invited.role.value}
    await announce(kit, NewsKind.INVITED, key=key, space=space, actor_id=space.host_id, data=data)


async def on_replay(kit: Kit, ready: ReplayReady) -> None:
    await _ready(kit, NewsKind.REPLAY_READY, ready.space_id)


async def on_transcript(kit: Kit, ready: TranscriptReady) -> None:
    await _ready(kit, NewsKind.TRANSCRIPT_READY, ready.space_id)


async def on_tip_jar(kit: Kit, changed: TipJarChanged) -> None:
    """To its owner, who may not have been the one who did it."""
    tips = [f"{tip.service} {tip.name}" for tip in changed.jar.tips]
    key = f"tips:{changed.user_id}:{kit.ids.derived('tj', *tips, to_wire(kit.clock.now()))}"
    await announce(kit, NewsKind.TIP_JAR_CHANGED, key=key, data={"to": changed.user_id})


async def tell_soon(kit: Kit) -> None:
    """Called every few seconds: what begins within a quarter of an hour."""
    now = kit.clock.now()
    for space in await spaces.starting_between(kit, now, now + SOON):
        start = space.scheduled_start
        if start is not None and start - space.created_at > SOON:
            key = f"soon:{space.id}:{int(start.timestamp())}"
            data = {**await _host_of(kit, space), **_start_of(space)}
            await announce(kit, NewsKind.STARTS_SOON, key=key, space=space, data=data)


async def announce_forgotten(kit: Kit) -> None:
    """At the start of the server; what was announced already is not announced again."""
    now = kit.clock.now()
    for space in await spaces.live_spaces(kit):
        if space.started_at is not None and now - space.started_at < FRESH:
            await went_live(kit, space)


async def _on_stage(kit: Kit, changed: SpaceChanged, event: StoredEvent) -> None:
    space = changed.space
    who = _person_of(changed, event)
    if who is None or who == space.host_id:
        return
    async with kit.db.read() as conn:
        user = (await people.users_by_id(conn, [UserId(who)])).get(UserId(who))
    if user is not None and user.follower_count:
        await announce(kit, NewsKind.ON_STAGE, key=f"stage:{space.id}:{who}", space=space, actor_id=who)


async def _ready(kit: Kit, kind: NewsKind, space_id: SpaceId) -> None:
    space = await spaces.find_space(kit, space_id)
    if space is not None:
        await announce(kit, kind, key=f"{kind.value}:{space.id}", space=space, data=await _host_of(kit, space))


async def _host_of(kit: Kit, space: Space) -> JsonObject:
    host = (await spaces.hosts_of(kit, [space]))[space.id]
    return {"name": host.display_name, "handle": host.handle}


def _person_of(changed: SpaceChanged, event: StoredEvent) -> str | None:
    """The account that an event is about; None for a guest."""
    participant = changed.space.people.get(event.participant_id) if event.participant_id is not None else None
    return None if participant is None or participant.person.is_guest else participant.person.id


def _together(changed: SpaceChanged) -> JsonObject:
    return {"together": changed.together} if changed.together is not None else {}


def _start_of(space: Space) -> JsonObject:
    return {"scheduled_start": to_wire(space.scheduled_start) if space.scheduled_start else None}
