"""What people do with notifications: read them, wish for reminders, say how they want to be told."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from voxhall.accounts import actions as people
from voxhall.accounts.devices.model import device_name
from voxhall.accounts.follows import actions as follows
from voxhall.accounts.identity import Actor
from voxhall.accounts.model import Scope, User
from voxhall.errors import ConflictError, InvalidError
from voxhall.kit import Kit
from voxhall.notifications import device_store, store, wish_store
from voxhall.notifications.model import (
    MAX_DEVICES,
    MAX_PUSHES_A_DAY,
    Level,
    NewsKind,
    Notification,
    Notified,
    PushDevice,
    PushDeviceNotFoundError,
    Reminders,
    TooManyPushDevicesError,
    UnsubscribeError,
    Way,
    Wishes,
)
from voxhall.notifications.push import PushKey, check_device_keys, check_endpoint
from voxhall.notifications.words import language_of
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import SpaceId, SpaceState

# "99+" is all that a page shows.
MOST_UNREAD = 100


class NotToComeError(ConflictError):
    code = "space_not_to_come"
    message = "Only of a space that has not begun can one be reminded."


@dataclass(frozen=True, slots=True)
class NewDevice:
    endpoint: str
    p256dh: str
    auth: str
    language: str
    user_agent: str


async def list_mine(kit: Kit, user: User, after: tuple[datetime, str] | None, limit: int) -> list[Notification]:
    async with kit.db.read() as conn:
        return await store.list_of(conn, user.id, spaces.ids_known_to(user), after, limit)


async def unread_count(kit: Kit, user_id: str) -> int:
    async with kit.db.read() as conn:
        return await store.unread_count(conn, user_id, MOST_UNREAD)


async def mark_read(kit: Kit, user: User, ids: list[str] | None) -> None:
    """Here and on this person's other pages."""
    async with kit.db.write() as tx:
        if await store.mark_read(tx, user.id, ids, kit.clock.now()):
            tx.publish(Notified(frozenset({user.id})))


async def reminders(kit: Kit, actor: Actor, space_id: SpaceId) -> Reminders:
    space = await spaces.get_space(kit, space_id, actor)
    async with kit.db.read() as conn:
        count = await store.reminder_count(conn, space.id, space.series_id)
        if actor.user is None:
            return Reminders(is_set=False, of_series=False, count=count)
        is_set = await store.has_reminder(conn, space.id, actor.user.id)
        of_series = space.series_id is not None and await store.is_reminded_of(conn, space.series_id, actor.user.id)
        return Reminders(is_set, of_series, count)


async def remind(kit: Kit, actor: Actor, space_id: SpaceId) -> None:
    """Again changes nothing."""
    user = actor.require_user(Scope.ACCOUNT)
    space = await spaces.get_space(kit, space_id, actor)
    if space.state is not SpaceState.SCHEDULED:
        raise NotToComeError
    async with kit.db.write() as tx:
        await store.add_reminder(tx, space.id, user.id, kit.clock.now())


async def do_not_remind(kit: Kit, actor: Actor, space_id: SpaceId) -> None:
    user = actor.require_user(Scope.ACCOUNT)
    async with kit.db.write() as tx:
        await store.remove_reminder(tx, space_id, user.id)


async def wishes_of(kit: Kit, user: User) -> Wishes:
    async with kit.db.read() as conn:
        return (await wish_store.wishes_of(conn, [user.id])).get(user.id, Wishes())


async def save_wishes(kit: Kit, user: User, wishes: Wishes) -> None:
    if not 0 <= wishes.pushes_a_day <= MAX_PUSHES_A_DAY:
        raise InvalidError.of("pushes_a_day", f"0 to {MAX_PUSHES_A_DAY}.")
    async with kit.db.write() as tx:
        await wish_store.save_wishes(tx, user.id, wishes)


def check_time_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, KeyError):
        raise InvalidError.of("quiet.time_zone", "This is not a time zone such as Europe/Berlin.") from None


async def level_of(kit: Kit, user: User, handle: str) -> Level | None:
    other = await people.user_by_handle(kit, handle)
    async with kit.db.read() as conn:
        return await wish_store.level_of(conn, user.id, other.id)


async def save_level(kit: Kit, user: User, handle: str, level: Level | None) -> None:
    """For somebody who is followed; kept for a later follow, too, but never for more people than one can follow."""
    other = await people.user_by_handle(kit, handle)
    if level is not None and not (await follows.ties_between(kit, user.id, other.id)).follows:
        raise NotFollowedError
    async with kit.db.write() as tx:
        await wish_store.save_level(tx, user.id, other.id, level)


class NotFollowedError(ConflictError):
    code = "not_followed"
    message = "You do not follow this person."


async def add_device(kit: Kit, user: User, new: NewDevice) -> PushDevice:
    endpoint = check_endpoint(new.endpoint, kit.settings.push_services)
    check_device_keys(new.p256dh, new.auth)
    name, language = device_name(new.user_agent), language_of(new.language)
    new_id, now = kit.ids.new("pd"), kit.clock.now()
    device = PushDevice(new_id, user.id, endpoint, new.p256dh, new.auth, language, name, now)
    async with kit.db.write() as tx:
        await tx.lock(f"user:{user.id}")
        others = [one for one in await device_store.devices_of(tx, [user.id]) if one.endpoint != endpoint]
        if len(others) >= MAX_DEVICES:
            raise TooManyPushDevicesError
        kept_id = await device_store.save_device(tx, device, hashlib.sha256(endpoint.encode()).digest())
        mine = await device_store.devices_of(tx, [user.id])
    return next(one for one in mine if one.id == kept_id)


async def devices_of(kit: Kit, user: User) -> list[PushDevice]:
    async with kit.db.read() as conn:
        return await device_store.devices_of(conn, [user.id])


async def remove_device(kit: Kit, user: User, device_id: str) -> None:
    async with kit.db.write() as tx:
        if not await device_store.remove_device(tx, user.id, device_id):
            raise PushDeviceNotFoundError


async def unsubscribe(kit: Kit, key: PushKey, token: str) -> tuple[NewsKind, Way]:
    """By a link or a button in a message, without signing in: this kind comes that way no more."""
    found = key.read_unsubscribe_token(token)
    if found is None:
        raise UnsubscribeError
    user_id, kind, way = found
    async with kit.db.write() as tx:
        await tx.lock(f"user:{user_id}")
        if await people.user_by_id(tx, user_id) is None:
            raise UnsubscribeError
        wishes = (await wish_store.wishes_of(tx, [user_id])).get(user_id, Wishes())
        await wish_store.save_wishes(tx, user_id, without(wishes, kind, way))
    return kind, way


def without(wishes: Wishes, kind: NewsKind, way: Way) -> Wishes:
    if way is Way.MAIL:
        return replace(wishes, mail=wishes.mail - {kind})
    return replace(wishes, push=wishes.push - {kind})
