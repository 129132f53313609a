"""The tables of follows and blocks."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Select, String, Table, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.follows.model import Listed, Ties
from voxhall.accounts.model import UserId
from voxhall.accounts.store import USER_COLUMNS, user_of_row, users
from voxhall.kit.db import Transaction, UtcDateTime, insert_for, metadata

Connection = Transaction | AsyncConnection


def _person(name: str) -> Column[str]:
    return Column(name, String(40), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)


follows = Table(
    "follows",
    metadata,
    _person("follower_id"),
    _person("followed_id"),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_follows_follower_id", "follower_id", "created_at"),
    Index("ix_follows_followed_id", "followed_id", "created_at"),
    # A hundred thousand followers are told of something in the order of their ids, a stretch at a time.
    Index("ix_follows_followed_id_follower_id", "followed_id", "follower_id"),
)
blocks = Table(
    "blocks",
    metadata,
    _person("blocker_id"),
    _person("blocked_id"),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_blocks_blocked_id", "blocked_id"),
)

# Whose spaces one does not want to be shown. Nobody is told, and nothing else changes.
mutes = Table(
    "mutes", metadata, _person("muter_id"), _person("muted_id"), Column("created_at", UtcDateTime, nullable=False)
)


class Side(Enum):
    """Which list of somebody is read: (whose it is, who is in it)."""

    FOLLOWERS = (follows.c.followed_id, follows.c.follower_id)
    FOLLOWING = (follows.c.follower_id, follows.c.followed_id)
    BLOCKED = (blocks.c.blocker_id, blocks.c.blocked_id)
    MUTED = (mutes.c.muter_id, mutes.c.muted_id)


async def add_follow(tx: Transaction, follower_id: UserId, followed_id: UserId, at: datetime) -> bool:
    """Whether it is new."""
    row = {"follower_id": follower_id, "followed_id": followed_id, "created_at": at}
    added = await tx.execute(
        insert_for(tx, follows).values(row).on_conflict_do_nothing().returning(follows.c.follower_id)
    )
    if is_new := added.first() is not None:
        await _count(tx, follower_id, followed_id, by=1)
    return is_new


async def remove_follow(tx: Transaction, follower_id: UserId, followed_id: UserId) -> bool:
    f = follows.c
    removed = await tx.execute(
        delete(follows).where(f.follower_id == follower_id, f.followed_id == followed_id).returning(f.follower_id)
    )
    if was_there := removed.first() is not None:
        await _count(tx, follower_id, followed_id, by=-1)
    return was_there


async def _count(tx: Transaction, follower_id: UserId, followed_id: UserId, *, by: int) -> None:
    # In one order, so that two people who follow each other at the same moment do not wait for each other.
    for user_id in sorted({follower_id, followed_id}):
        column = users.c.follower_count if user_id == followed_id else users.c.following_count
        await tx.execute(update(users).where(users.c.id == user_id).values({column: column + by}))


async def add_block(tx: Transaction, blocker_id: UserId, blocked_id: UserId, at: datetime) -> bool:
    row = {"blocker_id": blocker_id, "blocked_id": blocked_id, "created_at": at}
    added = await tx.execute(insert_for(tx, blocks).values(row).on_conflict_do_nothing().returning(blocks.c.blocker_id))
    return added.first() is not None


async def remove_block(tx: Transaction, blocker_id: UserId, blocked_id: UserId) -> None:
    await tx.execute(delete(blocks).where(blocks.c.blocker_id == blocker_id, blocks.c.blocked_id == blocked_id))


async def uncount(tx: Transaction, user_id: UserId) -> None:
    """Takes somebody who goes out of the counts of all whom they follow, and who follow them."""
    u = users.c
    followed, followers = ids_followed_by(user_id), ids_following(user_id)
    await tx.execute(update(users).where(u.id.in_(followed)).values(follower_count=u.follower_count - 1))
    await tx.execute(update(users).where(u.id.in_(followers)).values(following_count=u.following_count - 1))


async def add_mute(tx: Transaction, muter_id: UserId, muted_id: UserId, at: datetime) -> None:
    row = {"muter_id": muter_id, "muted_id": muted_id, "created_at": at}
    await tx.execute(insert_for(tx, mutes).values(row).on_conflict_do_nothing())


async def remove_mute(tx: Transaction, muter_id: UserId, muted_id: UserId) -> None:
    await tx.execute(delete(mutes).where(mutes.c.muter_id == muter_id, mutes.c.muted_id == muted_id))


async def mute_count(conn: Connection, muter_id: UserId) -> int:
    query = select(func.count()).select_from(mutes).where(mutes.c.muter_id == muter_id)
    return int((await conn.execute(query)).scalar_one())


async def block_count(conn: Connection, blocker_id: UserId) -> int:
    return int(
        (
            await conn.execute(select(func.count()).select_from(blocks).where(blocks.c.blocker_id == blocker_id))
        ).scalar_one()
    )


async def ties(conn: Connection, mine: UserId, other: UserId) -> Ties:
    f, b = follows.c, blocks.c
    asked = select(
        exists().where(f.follower_id == mine, f.followed_id == other),
        exists().where(f.follower_id == other, f.followed_id == mine),
        exists().where(b.blocker_id == mine, b.blocked_id == other),
        exists().where(b.blocker_id == other, b.blocked_id == mine),
        exists().where(mutes.c.muter_id == mine, mutes.c.muted_id == other),
    )
    return Ties(*map(bool, (await conn.execute(asked)).one()))


async def is_blocked_by_any(conn: Connection, user_id: UserId, others: Collection[str]) -> bool:
    b = blocks.c
    found = await conn.execute(select(b.blocker_id).where(b.blocked_id == user_id, b.blocker_id.in_(others)).limit(1))
    return found.first() is not None


async def followed_among(conn: Connection, follower_id: UserId, ids: Collection[str]) -> frozenset[UserId]:
    f = follows.c
    found = await conn.execute(select(f.followed_id).where(f.follower_id == follower_id, f.followed_id.in_(ids)))
    return frozenset(UserId(row.followed_id) for row in found)


async def listed(
    conn: Connection, user_id: UserId, side: Side, after: tuple[datetime, str] | None, limit: int
) -> Sequence[Listed]:
    """The latest first."""
    whose, who = side.value
    since = whose.table.c.created_at
    query: Select[Any] = (
        select(*USER_COLUMNS, since.label("since")).join(whose.table, who == users.c.id).where(whose == user_id)
    )
    if after is not None:
        query = query.where(or_(since < after[0], and_(since == after[0], users.c.id < after[1])))
    rows = await conn.execute(query.order_by(since.desc(), users.c.id.desc()).limit(limit))
    return [Listed(user_of_row(row), row.since) for row in rows]


def ids_followed_by(user_id: UserId) -> Select[tuple[str]]:
    return select(follows.c.followed_id).where(follows.c.follower_id == user_id)


def ids_following(user_id: UserId) -> Select[tuple[str]]:
    return select(follows.c.follower_id).where(follows.c.followed_id == user_id)


def ids_blocking(user_id: UserId) -> Select[tuple[str]]:
    return select(blocks.c.blocker_id).where(blocks.c.blocked_id == user_id)


def ids_blocked_by(user_id: UserId) -> Select[tuple[str]]:
    return ids_blocked_by_any([user_id])


def ids_blocked_by_any(user_ids: Collection[str]) -> Select[tuple[str]]:
    return select(blocks.c.blocked_id).where(blocks.c.blocker_id.in_(user_ids))


def ids_muted_by(user_id: UserId) -> Select[tuple[str]]:
    return select(mutes.c.muted_id).where(mutes.c.muter_id == user_id)
