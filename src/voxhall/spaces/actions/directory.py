"""Spaces in lists for people: live ones, coming ones, replays, somebody's; for each reader what they may know of."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts import actions as people
from voxhall.accounts.follows import actions as follows
from voxhall.accounts.model import Promotion, User
from voxhall.spaces import visibility
from voxhall.spaces.model import Role, Space, SpaceId, SpaceState
from voxhall.spaces.store import load_spaces
from voxhall.spaces.tables import participants, space_of_row, spaces
from voxhall.spaces.visibility import Candidate as Candidate

Where = Collection[ColumnElement[bool]]


async def live(conn: AsyncConnection, user: User | None, limit: int, where: Where = ()) -> list[Candidate]:
    """The most heard first: what a ranking may choose from."""
    return await visibility.listed(conn, user, SpaceState.LIVE, where, [spaces.c.listener_count.desc()], limit)


async def live_with_followed(conn: AsyncConnection, user: User, limit: int) -> list[Candidate]:
    """With somebody on the stage whom this person follows."""
    return await live(conn, user, limit, [visibility.with_anybody_on_stage(follows.ids_followed_by(user.id))])


async def upcoming(conn: AsyncConnection, user: User | None, limit: int, where: Where = ()) -> list[Candidate]:
    """The next first; of a series, only its next."""
    found = [is_next_of_its_series(), *where]
    return await visibility.listed(conn, user, SpaceState.SCHEDULED, found, [spaces.c.scheduled_start], limit)


async def upcoming_of_followed(conn: AsyncConnection, user: User, limit: int) -> list[Candidate]:
    return await upcoming(conn, user, limit, [spaces.c.host_id.in_(follows.ids_followed_by(user.id))])


async def replays(conn: AsyncConnection, user: User | None, limit: int, where: Where = ()) -> list[Candidate]:
    """The latest first."""
    found = [spaces.c.replay_ms > 0, *where]
    return await visibility.listed(conn, user, SpaceState.ENDED, found, [spaces.c.ended_at.desc()], limit)


async def ids_to_hear(conn: AsyncConnection, user: User | None, ids: Collection[str]) -> set[str]:
    """Of these, the live ones and those with a replay, as far as this person may know of them."""
    can_be_heard = or_(spaces.c.state == SpaceState.LIVE.value, spaces.c.replay_ms > 0)
    query = select(spaces.c.id).where(spaces.c.id.in_(ids), can_be_heard, visibility.listed_for(user), not_hidden())
    return set((await conn.scalars(query)).all()) if ids else set()


async def whole(conn: AsyncConnection, ids: Collection[SpaceId]) -> dict[SpaceId, Space]:
    """Each with its stage. Of ids that a list of this view of the database holds: the door is not asked again."""
    return await load_spaces(conn, ids)


async def people_on_stages(conn: AsyncConnection, ids: Collection[SpaceId]) -> list[tuple[SpaceId, str]]:
    """The ids of who stands on these stages."""
    p = participants.c
    query = select(p.space_id, p.person_id).where(p.space_id.in_(ids), p.role != Role.LISTENER.value)
    return [(SpaceId(space_id), person_id) for space_id, person_id in await conn.execute(query)] if ids else []


def not_hidden() -> ColumnElement[bool]:
    """For whoever looks around; who has the address, or goes to the host's page, finds it all the same."""
    hidden = spaces.c.host_id.in_(people.ids_hidden())
    return and_(spaces.c.promotion != Promotion.HIDDEN.value, ~hidden)


def not_muted_by(user: User) -> ColumnElement[bool]:
    return spaces.c.host_id.not_in(follows.ids_muted_by(user.id))


def in_language(tag: str) -> ColumnElement[bool]:
    """By the primary tag: en is en-GB, too."""
    primary = func.lower(spaces.c.language)
    return or_(primary == tag, primary.like(f"{tag}-%"))


async def on_stage(conn: AsyncConnection, user: User | None, handles: Collection[str]) -> dict[str, str]:
    """Of these people, who stands on a live stage that this reader may know of, and on which."""
    p = participants.c
    found = await conn.execute(
        select(p.handle, p.space_id)
        .join(spaces, spaces.c.id == p.space_id)
        .where(p.handle.in_(handles), p.role != Role.LISTENER.value, spaces.c.state == SpaceState.LIVE.value)
        .where(visibility.listed_for(user))
        .order_by(spaces.c.started_at, p.space_id)
    )
    return {row.handle: row.space_id for row in found}


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


def is_next_of_its_series() -> ColumnElement[bool]:
    """Of many to come of one series the first; and whatever is of none."""
    other = spaces.alias()
    first = (
        select(func.min(other.c.scheduled_start))
        .where(other.c.series_id == spaces.c.series_id, other.c.state == SpaceState.SCHEDULED.value)
        .scalar_subquery()
    )
    return or_(spaces.c.series_id.is_(None), spaces.c.scheduled_start == first)


def hosted_by(person_id: str) -> ColumnElement[bool]:
    return spaces.c.host_id == person_id


def hosted_or_spoken_in_by(person_id: str) -> ColumnElement[bool]:
    return visibility.by(person_id)


def among(refs: Select[tuple[str]] | Collection[str]) -> ColumnElement[bool]:
    return spaces.c.id.in_(refs)
