"""The job that tells an announcement: to its people a stretch at a time, then to their devices, then by letters. This
half decides.

Every stretch is a transaction of its own that says how far the telling has come, so a worker that dies tells nobody
twice in the app. A device that was reached in the moment of a death may be reached again; its browser shows one.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache

from voxhall.accounts.recovery import actions as recovery
from voxhall.errors import InvalidError, JsonObject, JsonValue
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.kit.jobs.model import Job
from voxhall.kit.jobs.queue import Kind
from voxhall.kit.mail import sends_mail
from voxhall.notifications import device_store, store, wish_store, words
from voxhall.notifications.audience import parts_of
from voxhall.notifications.letters import due
from voxhall.notifications.model import Announcement, NewsKind, Notified, PushDevice, Wishes, may_push
from voxhall.notifications.push import PushKey
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import Space, SpaceId

KIND = "notify"
# Told in one transaction: a quarter of a second in which other writers wait.
STRETCH = 5_000
# People whose devices a worker is handed at once.
BATCH = 500
DAY = timedelta(days=1)
# Announcements in a row for which a device was out of reach.
MOST_FAILURES = 20


async def tell_all(kit: Kit, tx: Transaction, news: Announcement, space: Space | None) -> None:
    """At once, for few."""
    while not await _tell_stretch(kit, tx, news, space):
        pass


async def _tell_stretch(kit: Kit, tx: Transaction, news: Announcement, space: Space | None) -> bool:
    """The next stretch of the audience; whether it was the last."""
    found = await store.announcement(tx, news.id)
    if found is None:
        return True
    _, number, after = found
    parts = parts_of(news, space)
    if number >= len(parts):
        return True
    part = parts[number]
    user_ids = await store.stretch_of(tx, part.people, after, STRETCH)
    if user_ids:
        with_mail = recovery.ids_with_mail() if sends_mail(kit.settings) else None
        await store.give(tx, news, part.kind, part.topic, part.people, with_mail, after, user_ids[-1])
        tx.publish(Notified(frozenset(user_ids)))
    is_whole = len(user_ids) < STRETCH
    await store.told(tx, news.id, number + is_whole, "" if is_whole else user_ids[-1])
    return is_whole and number + 1 == len(parts)


def kind_of_job(key: PushKey) -> Kind:
    async def on_tell(kit: Kit, tx: Transaction, job: Job, told: JsonObject) -> JsonObject:
        found = await store.announcement(tx, str(job.subject))
        if found is None:
            return {"done": True, "pushes": []}
        news = found[0]
        match told:
            case {"what": "people"}:
                space = await _space_of(kit, news)
                return {"done": await _tell_stretch(kit, tx, news, space)}
            case {"what": "devices", "after": str(after), "reached": dict(reached)}:
                await _take_reached(kit, tx, news, reached)
                return await _next_pushes(kit, tx, key, news, after)
            case {"what": "letters", "after": str(after), "reached": dict(reached)}:
                await due.take_reached(kit, tx, news, reached)
                return await due.next_letters(kit, tx, key, news, after)
        raise InvalidError("This is no word of a telling.")

    return Kind(KIND, on_tell=on_tell)


async def _space_of(kit: Kit, news: Announcement) -> Space | None:
    return await spaces.find_space(kit, SpaceId(news.space_id)) if news.space_id is not None else None


async def _take_reached(kit: Kit, tx: Transaction, news: Announcement, reached: JsonObject) -> None:
    sent, gone, failed = (_ids(reached.get(name)) for name in ("sent", "gone", "failed"))
    if sent:
        await store.settle_pushes(tx, news.id, await device_store.forget_failures(tx, sent), kit.clock.now())
    if gone:
        await device_store.remove_devices(tx, gone)
    if failed:
        await device_store.count_failures(tx, failed, MOST_FAILURES)


async def _next_pushes(kit: Kit, tx: Transaction, key: PushKey, news: Announcement, after: str) -> JsonObject:
    now = kit.clock.now()
    user_ids = await store.due_for_push(tx, news.id, after, BATCH)
    if not user_ids:
        return {"pushes": [], "after": after}
    told = await store.notifications_for(tx, news.id, user_ids)
    wishes = await wish_store.wishes_of(tx, user_ids)
    today = await store.pushed_since(tx, user_ids, now - DAY)
    reachable = {
        user_id
        for user_id, (kind, _) in told.items()
        if now - news.created_at < kind.lasts
        and may_push(wishes.get(user_id, Wishes()), kind, now, today.get(user_id, 0))
    }
    devices = await device_store.devices_of(tx, reachable)
    held = set(user_ids) - {device.user_id for device in devices}
    if held:
        await store.settle_pushes(tx, news.id, held, None)

    @cache
    def say(kind: NewsKind, language: str) -> JsonObject:
        """Thousands are told the same: only what is for one alone is put together for each."""
        return _said(news, kind, language)

    pushes: list[JsonValue] = []
    for device in devices:
        kind, topic = told[device.user_id]
        pushes.append(_push(key, news, device, say(kind, device.language), kind, topic, now))
    return {"pushes": pushes, "after": user_ids[-1]}


def _said(news: Announcement, kind: NewsKind, language: str) -> JsonObject:
    said = words.say(news, kind, language)
    return {
        "id": news.id,
        "kind": kind.value,
        "title": said.title,
        "body": said.body,
        "path": said.path,
        "language": language,
        "stop": words.sentences(language)["stop"],
    }


def _push(
    key: PushKey, news: Announcement, device: PushDevice, said: JsonObject, kind: NewsKind, topic: str, now: datetime
) -> JsonObject:
    message: JsonObject = {**said, "tag": topic, "unsubscribe": key.unsubscribe_token(device.user_id, kind)}
    return {
        "device": device.id,
        "endpoint": device.endpoint,
        "p256dh": device.p256dh,
        "auth": device.auth,
        "message": message,
        "authorization": key.authorization(device.endpoint, now),
        "ttl_s": max(60, int((kind.lasts - (now - news.created_at)).total_seconds())),
        "urgency": "high" if kind.is_wished or kind is NewsKind.WENT_LIVE else "normal",
        # RFC 8030 §5.4: one that waits for a browser that is off is replaced by the next of this name.
        "topic": news.id[-26:],
    }


def _ids(told: JsonValue) -> Collection[str]:
    return [str(one) for one in told] if isinstance(told, list) else []
