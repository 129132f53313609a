"""Opening a series, keeping its next spaces ready, and looking at it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Select, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts import actions as people
from voxhall.accounts.admission import actions as admission
from voxhall.accounts.identity import Actor
from voxhall.accounts.model import Scope, UserId
from voxhall.errors import InvalidError
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.spaces.actions import NewSpace, SpaceScheduled, person_of
from voxhall.spaces.actions import access as access_to_space
from voxhall.spaces.actions.change import new_participant
from voxhall.spaces.actions.entry import add_space, new_space
from voxhall.spaces.model import Person, SeriesId, Space, SpaceId, SpaceState, WhoMayListen
from voxhall.spaces.model.refusals import SpaceNotFoundError
from voxhall.spaces.series import store
from voxhall.spaces.series.model import AHEAD, Series, clean_rule, clean_zone, next_of
from voxhall.spaces.series.store import Part
from voxhall.spaces.store import insert_space
from voxhall.spaces.tables import spaces
from voxhall.spaces.visibility import listed_for

Connection = Transaction | AsyncConnection


@dataclass(frozen=True, slots=True)
class Repeats:
    """As somebody asks for it; without a rule that of the series goes on."""

    rule: str | None
    time_zone: str


async def create(kit: Kit, actor: Actor, wanted: NewSpace, repeats: Repeats) -> Space:
    """The first space of it; the next ones stand beside it at once. Followers and guests are told of the first."""
    user = actor.require_user(Scope.HOST)
    host, at = person_of(actor), kit.clock.now()
    if wanted.scheduled_start is None:
        raise InvalidError.of("scheduled_start", "A series begins at a set time.")
    # The rule counts in seconds.
    start = wanted.scheduled_start.replace(microsecond=0)
    first = new_space(kit, host, replace(wanted, scheduled_start=start), at)
    zone = clean_zone(repeats.time_zone)
    series = Series(
        id=SeriesId(kit.ids.new("se")),
        host_id=host.id,
        rule=clean_rule(repeats.rule or "", start, zone),
        start=start,
        time_zone=zone,
        title=first.title,
        topics=first.topics,
        language=first.language,
        who_may_speak=first.who_may_speak,
        who_may_listen=first.who_may_listen,
        recording=first.recording,
        delay=first.delay,
        created_at=at,
        planned_up_to=start,
    )
    async with kit.db.write() as tx:
        await admission.require_may_host(kit, tx, user)
        await store.save(tx, series)
        first = await add_space(kit, tx, replace(first, series_id=series.id, series_start=start), host, wanted)
        await store.keep_people(tx, series.id, first.id)
        await plan(kit, tx, series)
        tx.publish(SpaceScheduled(first))
        return first


async def plan_ahead(kit: Kit) -> None:
    """Called once a minute: the next spaces of each series stand ready."""
    async with kit.db.read() as conn:
        waiting = [series_id for series_id in await store.ids_to_plan(conn) if await _has_more(kit, conn, series_id)]
    for series_id in waiting:
        async with kit.db.write() as tx:
            await tx.lock(lock_name(series_id))
            series = await store.load(tx, series_id)
            if series is not None and not series.is_over:
                await plan(kit, tx, series)


async def plan(kit: Kit, tx: Transaction, series: Series) -> Series:
    """In the transaction of whoever holds the series."""
    host = (await people.users_by_id(tx, [UserId(series.host_id)])).get(UserId(series.host_id))
    if host is not None and host.is_suspended:
        return series
    now = kit.clock.now()
    how_many = AHEAD - await store.count_scheduled(tx, series.id) if host is not None else 0
    starts, is_over = next_of(series, how_many, now)
    for start in starts if host is not None else ():
        space = Space(
            id=SpaceId(kit.ids.new("sp")),
            title=series.title,
            state=SpaceState.SCHEDULED,
            host_id=series.host_id,
            topics=series.topics,
            language=series.language,
            who_may_speak=series.who_may_speak,
            who_may_listen=series.who_may_listen,
            recording=series.recording,
            delay=series.delay,
            created_at=now,
            scheduled_start=start,
            series_id=series.id,
            series_start=start,
        )
        await insert_space(tx, space)
        await store.invite_people(tx, series.id, space.id)
        if host is not None:
            person = Person(host.id, host.handle, host.display_name, host.picture)
            await new_participant(kit, tx, space.id, person)
    planned = replace(
        series, planned_up_to=starts[-1] if starts else series.planned_up_to, is_over=is_over or host is None
    )
    await store.save(tx, planned)
    return planned


async def access(conn: Connection, series_id: SeriesId, actor: Actor) -> Series:
    """By the one door: whoever may know of its latest space may know of it."""
    series = await store.load(conn, series_id)
    latest = await store.latest_space(conn, series_id)
    if series is None or latest is None:
        raise SpaceNotFoundError
    await access_to_space(conn, latest, actor)
    return series


async def look(kit: Kit, actor: Actor, series_id: SeriesId) -> tuple[Series, Sequence[Space]]:
    """The series, and those of its spaces that are live or to come, the next first."""
    s = spaces.c
    async with kit.db.read() as conn:
        series = await access(conn, series_id, actor)
        is_open = s.state.in_([SpaceState.LIVE.value, SpaceState.SCHEDULED.value])
        is_known = or_(listed_for(actor.user), s.who_may_listen == WhoMayListen.LINK.value)
        return series, await store.spaces_of(conn, series_id, where=[is_open, is_known])


async def with_all_spaces(kit: Kit, actor: Actor, series_id: SeriesId) -> tuple[Series, Sequence[Space]]:
    """For a calendar: what was moved and called off is told, too."""
    async with kit.db.read() as conn:
        series = await access(conn, series_id, actor)
        return series, await store.spaces_of(conn, series_id)


async def public_of_host(conn: AsyncConnection, host_id: str) -> list[tuple[Series, Sequence[Space]]]:
    """Those that anybody may know of, each with its spaces."""
    open_ones = [one for one in await store.of_host(conn, host_id) if one.who_may_listen is WhoMayListen.EVERYONE]
    return [(one, await store.spaces_of(conn, one.id)) for one in open_ones]


async def remind(kit: Kit, actor: Actor, series_id: SeriesId, *, is_set: bool) -> None:
    """Of every space of it, those to come later among them."""
    user = actor.require_user(Scope.ACCOUNT)
    async with kit.db.write() as tx:
        await access(tx, series_id, actor)
        await store.set_part(tx, series_id, user.id, Part.REMINDED, is_set=is_set)


def ids_reminded(series_id: SeriesId) -> Select[tuple[str]]:
    """For other queries."""
    return store.ids_reminded(series_id)


async def end_all_of(kit: Kit, host_id: str) -> None:
    """Nothing more is planned of this host; what is planned already is somebody else's to call off."""
    async with kit.db.write() as tx:
        await store.end_all_of(tx, host_id)


def lock_name(series_id: SeriesId) -> str:
    return f"series:{series_id}"


async def _has_more(kit: Kit, conn: AsyncConnection, series_id: SeriesId) -> bool:
    series = await store.load(conn, series_id)
    if series is None:
        return False
    starts, is_over = next_of(series, AHEAD - await store.count_scheduled(conn, series_id), kit.clock.now())
    return bool(starts) or is_over
