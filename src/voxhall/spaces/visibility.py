"""`model.access` in SQL: which spaces a list may show to whom, and the table of the people whom a host chose."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, assert_never

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    and_,
    delete,
    false,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.follows import actions as follows
from voxhall.accounts.model import Promotion, User, UserId
from voxhall.kit.db import Transaction, insert_for, metadata
from voxhall.spaces import lineup
from voxhall.spaces.model import Role, Space, SpaceId, SpaceState, WhoMayListen
from voxhall.spaces.tables import participants, spaces

invited_listeners = Table(
    "invited_listeners",
    metadata,
    Column("space_id", String(40), ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_invited_listeners_user_id", "user_id"),
)

Connection = Transaction | AsyncConnection


@dataclass(frozen=True, slots=True)
class Candidate:
    """A space as far as its place in a list depends on it: of hundreds a dozen are shown, and only those are loaded."""

    id: SpaceId
    host_id: UserId
    language: str | None
    started_at: datetime | None
    listener_count: int
    promotion: Promotion


@dataclass(frozen=True, slots=True)
class ListenerUninvited:
    """Published after the commit."""

    user_id: UserId


def listed_for(user: User | None) -> ColumnElement[bool]:
    """Whether a list shows the space to this person; what only the link opens is in no list but its host's."""
    if user is None:
        return spaces.c.who_may_listen == WhoMayListen.EVERYONE.value
    return _listed_for(user.id, is_administrator=user.is_administrator)


# A page asks it for each of its lists, and building it costs more than asking. Raised, it holds more of memory.
@lru_cache(maxsize=32)
def _listed_for(user_id: UserId, *, is_administrator: bool) -> ColumnElement[bool]:
    s = spaces.c
    is_public = s.who_may_listen == WhoMayListen.EVERYONE.value
    followed = follows.ids_followed_by(user_id)
    chosen = select(invited_listeners.c.space_id).where(invited_listeners.c.user_id == user_id)
    is_admitted = or_(
        is_public,
        and_(s.who_may_listen == WhoMayListen.FOLLOWERS.value, s.host_id.in_(followed)),
        and_(s.who_may_listen == WhoMayListen.INVITED.value, s.id.in_(chosen)),
    )
    mine = s.host_id == user_id
    if is_administrator:
        return or_(mine, is_admitted, _on_stage_of(user_id), lineup.is_expected(user_id))
    by_host = s.host_id.in_(follows.ids_blocking(user_id))
    return or_(
        mine,
        and_(~by_host, or_(_on_stage_of(user_id), lineup.is_expected(user_id))),
        and_(~by_host, ~_spoken_in_by_who_blocked(user_id), is_admitted),
    )


def may_know(user: User) -> Select[tuple[str]]:
    """As `ids_listed_for`, with what the link opens: whoever was told of it once knows the link."""
    by_link = and_(
        spaces.c.who_may_listen == WhoMayListen.LINK.value, ~spaces.c.host_id.in_(follows.ids_blocking(user.id))
    )
    return select(spaces.c.id).where(or_(listed_for(user), by_link))


def admits(space: Space, user_id: ColumnElement[str], *, knows_link: bool) -> ColumnElement[bool]:
    """The same of one space for a crowd: whether somebody of that id may be told of it."""
    stage = {space.host_id, *(one.person.id for one in space.stage)}
    is_blocked = user_id.in_(follows.ids_blocked_by_any(stage))
    is_expected = user_id.in_(lineup.ids_expected_in(space.id))
    match space.who_may_listen:
        case WhoMayListen.EVERYONE:
            is_admitted: ColumnElement[bool] = true()
        case WhoMayListen.LINK:
            is_admitted = true() if knows_link else false()
        case WhoMayListen.FOLLOWERS:
            is_admitted = user_id.in_(follows.ids_following(UserId(space.host_id)))
        case WhoMayListen.INVITED:
            invited_here = invited_listeners.c.space_id == space.id
            is_admitted = user_id.in_(select(invited_listeners.c.user_id).where(invited_here))
        case _:
            assert_never(space.who_may_listen)
    return or_(user_id == space.host_id, and_(~is_blocked, or_(is_admitted, is_expected)))


def _on_stage_of(user_id: UserId) -> ColumnElement[bool]:
    p = participants.c
    here = select(p.space_id).where(p.person_id == user_id, p.role != Role.LISTENER.value)
    return and_(spaces.c.state == SpaceState.LIVE.value, spaces.c.id.in_(here))


def _spoken_in_by_who_blocked(user_id: UserId) -> ColumnElement[bool]:
    p = participants.c
    theirs = p.person_id.in_(follows.ids_blocking(user_id))
    speaks = select(p.space_id).where(theirs, p.role != Role.LISTENER.value)
    spoke = select(p.space_id).where(theirs, p.was_on_stage)
    is_over = spaces.c.state == SpaceState.ENDED.value
    return or_(spaces.c.id.in_(speaks), and_(is_over, spaces.c.id.in_(spoke)))


async def is_invited(conn: Connection, space_id: SpaceId, user_id: UserId) -> bool:
    i = invited_listeners.c
    found = await conn.execute(select(i.user_id).where(i.space_id == space_id, i.user_id == user_id))
    return found.first() is not None


async def invited(conn: Connection, space_id: SpaceId) -> list[UserId]:
    i = invited_listeners.c
    found = await conn.execute(select(i.user_id).where(i.space_id == space_id))
    return [UserId(row.user_id) for row in found]


async def invite(tx: Transaction, space_id: SpaceId, user_ids: Collection[UserId]) -> None:
    rows = [{"space_id": space_id, "user_id": user_id} for user_id in user_ids]
    await tx.execute(insert_for(tx, invited_listeners).on_conflict_do_nothing(), rows)


async def uninvite(tx: Transaction, space_id: SpaceId, user_id: UserId) -> bool:
    i = invited_listeners.c
    gone = await tx.execute(
        delete(invited_listeners).where(i.space_id == space_id, i.user_id == user_id).returning(i.user_id)
    )
    return gone.first() is not None


async def people_blocked_by(conn: Connection, space_id: SpaceId, blocker_id: UserId) -> list[str]:
    p = participants.c
    found = await conn.execute(
        select(p.person_id).where(p.space_id == space_id, p.person_id.in_(follows.ids_blocked_by(blocker_id)))
    )
    return [row.person_id for row in found]


async def listed(
    conn: AsyncConnection,
    user: User | None,
    state: SpaceState,
    where: Collection[ColumnElement[bool]],
    order: Collection[ColumnElement[Any]],
    limit: int,
) -> list[Candidate]:
    """Those that a list may show to this person."""
    s = spaces.c
    query = select(s.id, s.host_id, s.language, s.started_at, s.listener_count, s.promotion)
    query = query.where(listed_for(user), s.state == state.value, *where).order_by(*order, s.id).limit(limit)
    return [
        Candidate(SpaceId(space_id), UserId(host_id), language, started_at, listeners, Promotion(promotion))
        for space_id, host_id, language, started_at, listeners, promotion in await conn.execute(query)
    ]


def with_anybody_on_stage(ids: Select[tuple[str]]) -> ColumnElement[bool]:
    """Whether one of these people stands on the space's stage, or hosts it."""
    p = participants.c
    here = select(p.space_id).where(p.role != Role.LISTENER.value, p.person_id.in_(ids))
    return or_(spaces.c.host_id.in_(ids), spaces.c.id.in_(here))


def by(person_id: str) -> ColumnElement[bool]:
    """Hosted by this person, or with them on the stage, now or then."""
    p = participants.c
    there = select(p.space_id).where(p.person_id == person_id, p.was_on_stage)
    return or_(spaces.c.host_id == person_id, spaces.c.id.in_(there))


def ids_listed_for(user: User | None) -> Select[tuple[str]]:
    return select(spaces.c.id).where(listed_for(user))
