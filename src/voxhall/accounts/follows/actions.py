"""Following and blocking: one function for each."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime

from voxhall.accounts import store as people
from voxhall.accounts.follows import store
from voxhall.accounts.follows.model import (
    MAX_BLOCKED,
    MAX_FOLLOWED,
    Blocked,
    BlockedError,
    Followed,
    Listed,
    Ties,
    TooManyFollowedError,
    Unfollowed,
    YourselfError,
)
from voxhall.accounts.follows.store import Connection
from voxhall.accounts.follows.store import Side as Side
from voxhall.accounts.follows.store import followed_among as followed_among
from voxhall.accounts.follows.store import ids_blocked_by as ids_blocked_by
from voxhall.accounts.follows.store import ids_blocked_by_any as ids_blocked_by_any
from voxhall.accounts.follows.store import ids_blocking as ids_blocking
from voxhall.accounts.follows.store import ids_followed_by as ids_followed_by
from voxhall.accounts.follows.store import ids_following as ids_following
from voxhall.accounts.follows.store import ids_muted_by as ids_muted_by
from voxhall.accounts.follows.store import is_blocked_by_any as is_blocked_by_any
from voxhall.accounts.model import User, UserId
from voxhall.errors import UserNotFoundError
from voxhall.kit import Kit
from voxhall.kit.db import Transaction

# Of a list that somebody brings along, followed in one transaction: more keeps other writers waiting.
FOLLOWED_AT_ONCE = 100


async def follow(kit: Kit, me: User, handle: str) -> None:
    """Again changes nothing."""
    async with kit.db.write() as tx:
        other = await _other(tx, me, handle)
        await _lock(tx, me.id, other.id)
        await _follow(kit, tx, me, other)


async def unfollow(kit: Kit, me: User, handle: str) -> None:
    async with kit.db.write() as tx:
        other = await _other(tx, me, handle)
        await _lock(tx, me.id, other.id)
        if await store.remove_follow(tx, me.id, other.id):
            tx.publish(Unfollowed(me.id, other.id))


async def block(kit: Kit, me: User, handle: str) -> None:
    """Ends the follows between the two. Returns when the blocked one hears nothing more of this person."""
    async with kit.db.write() as tx:
        other = await _other(tx, me, handle)
        await _lock(tx, me.id, other.id)
        if await store.block_count(tx, me.id) >= MAX_BLOCKED:
            raise TooManyFollowedError
        if not await store.add_block(tx, me.id, other.id, kit.clock.now()):
            return
        for follower, followed in ((me.id, other.id), (other.id, me.id)):
            if await store.remove_follow(tx, follower, followed):
                tx.publish(Unfollowed(follower, followed))
        tx.publish(Blocked(me.id, other.id))


async def unblock(kit: Kit, me: User, handle: str) -> None:
    async with kit.db.write() as tx:
        other = await _other(tx, me, handle)
        await store.remove_block(tx, me.id, other.id)


async def mute(kit: Kit, me: User, handle: str) -> None:
    """Their spaces are not shown to this person any more, unless looked for. They are not told."""
    async with kit.db.write() as tx:
        other = await _other(tx, me, handle)
        await _lock(tx, me.id)
        if await store.mute_count(tx, me.id) >= MAX_BLOCKED:
            raise TooManyFollowedError
        await store.add_mute(tx, me.id, other.id, kit.clock.now())


async def unmute(kit: Kit, me: User, handle: str) -> None:
    async with kit.db.write() as tx:
        other = await _other(tx, me, handle)
        await store.remove_mute(tx, me.id, other.id)


async def follow_all(kit: Kit, me: User, handles: Sequence[str]) -> tuple[list[str], list[str]]:
    """Who is followed now, and the handles that are nobody's here, or not to be followed."""
    followed: list[str] = []
    for at in range(0, len(handles), FOLLOWED_AT_ONCE):
        async with kit.db.write() as tx:
            found = await people.users_by_handle(tx, handles[at : at + FOLLOWED_AT_ONCE])
            found.pop(me.handle, None)
            await _lock(tx, me.id, *(other.id for other in found.values()))
            for handle, other in found.items():
                with suppress(BlockedError):
                    await _follow(kit, tx, me, other)
                    followed.append(handle)
    return followed, sorted(set(handles) - set(followed))


async def ties_between(kit: Kit, mine: UserId, other: UserId) -> Ties:
    async with kit.db.read() as conn:
        return await store.ties(conn, mine, other)


async def ties(conn: Connection, mine: UserId, other: UserId) -> Ties:
    """For the features above, in the transaction or view they already have."""
    return await store.ties(conn, mine, other)


async def listed(
    kit: Kit, user_id: UserId, side: Side, after: tuple[datetime, str] | None, limit: int
) -> Sequence[Listed]:
    async with kit.db.read() as conn:
        return await store.listed(conn, user_id, side, after, limit)


async def follows_any(kit: Kit, follower_id: UserId, ids: Collection[str]) -> frozenset[UserId]:
    """Those of `ids` whom this person follows."""
    async with kit.db.read() as conn:
        return await store.followed_among(conn, follower_id, ids)


async def _follow(kit: Kit, tx: Transaction, me: User, other: User) -> None:
    ties = await store.ties(tx, me.id, other.id)
    if ties.has_blocked or ties.is_blocked_by:
        raise BlockedError
    current = await people.user_by_id(tx, me.id)
    if not ties.follows and current is not None and current.following_count >= MAX_FOLLOWED:
        raise TooManyFollowedError
    if await store.add_follow(tx, me.id, other.id, kit.clock.now()):
        tx.publish(Followed(me.id, other.id))


async def _other(tx: Transaction, me: User, handle: str) -> User:
    other = await people.user_by_handle(tx, handle.lower())
    if other is None:
        raise UserNotFoundError
    if other.id == me.id:
        raise YourselfError
    return other


async def _lock(tx: Transaction, *ids: UserId) -> None:
    for user_id in sorted(ids):
        await tx.lock(f"user:{user_id}")
