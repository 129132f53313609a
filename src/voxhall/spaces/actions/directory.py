"""Spaces in lists for people: live ones, coming ones, replays, somebody's; for each reader what they may know of."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.follows import actions as follows
from voxhall.accounts.model import User
from voxhall.spaces import visibility
from voxhall.spaces.model import Space, SpaceState
from voxhall.spaces.store import space_of_row, spaces

Where = Collection[ColumnElement[bool]]


async def live(conn: AsyncConnection, user: User | None, limit: int, where: Where = ()) -> list[Space]:
    """The most heard first: what a ranking may choose from."""
    return await visibility.listed(conn, user, SpaceState.LIVE, where, [spaces.c.listener_count.desc()], limit)


async def live_with_followed(conn: AsyncConnection, user: User, limit: int) -> list[Space]:
    """With somebody on the stage whom this person follows."""
    return await live(conn, user, limit, [visibility.with_anybody_on_stage(follows.ids_followed_by(user.id))])


async def upcoming(conn: AsyncConnection, user: User | None, limit: int, where: Where = ()) -> list[Space]:
    """The next first."""
    return await visibility.listed(conn, user, SpaceState.SCHEDULED, where, [spaces.c.scheduled_start], limit)


async def upcoming_of_followed(conn: AsyncConnection, user: User, limit: int) -> list[Space]:
    return await upcoming(conn, user, limit, [spaces.c.host_id.in_(follows.ids_followed_by(user.id))])


async def replays(conn: AsyncConnection, user: User | None, limit: int, where: Where = ()) -> list[Space]:
    """The latest first."""
    found = [spaces.c.replay_ms > 0, *where]
    return await visibility.listed(conn, user, SpaceState.ENDED, found, [spaces.c.ended_at.desc()], limit)


async def heard_or_to_hear(conn: AsyncConnection, user: User | None, ids: Collection[str]) -> list[Space]:
    """Of these, the live ones and those with a replay, as far as this person may know of them."""
    if not ids:
        return []
    where = [spaces.c.id.in_(ids)]
    return [*await live(conn, user, len(ids), where), *await replays(conn, user, len(ids), where)]


def in_language(tag: str) -> ColumnElement[bool]:
    """By the primary tag: en is en-GB, too."""
    primary = func.lower(spaces.c.language)
    return or_(primary == tag, primary.like(f"{tag}-%"))


async def planned_since(conn: AsyncConnection, host_id: str, after: datetime, limit: int) -> list[Space]:
    """Of this host, for everybody, whatever became of it; the latest plans first."""
    s = spaces.c
    found = await conn.execute(
        select(spaces)
        .where(visibility.listed_for(None), s.host_id == host_id, s.scheduled_start > after)
        .order_by(s.scheduled_start.desc(), s.id)
        .limit(limit)
    )
    return [space_of_row(row) for row in found]


def hosted_by(person_id: str) -> ColumnElement[bool]:
    return spaces.c.host_id == person_id


def hosted_or_spoken_in_by(person_id: str) -> ColumnElement[bool]:
    return visibility.by(person_id)


def among(refs: Select[tuple[str]]) -> ColumnElement[bool]:
    return spaces.c.id.in_(refs)
