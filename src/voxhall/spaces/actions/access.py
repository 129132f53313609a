"""The one door to a space. Whatever shows, plays or changes one goes through `access`."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts import actions as people
from voxhall.accounts.follows import actions as follows
from voxhall.accounts.identity import Actor
from voxhall.accounts.model import Scope, User, UserId
from voxhall.errors import InvalidError
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.spaces import lineup, store, visibility
from voxhall.spaces.model import ParticipantId, Space, SpaceId, SpaceState
from voxhall.spaces.model.access import Viewer, may_see
from voxhall.spaces.model.refusals import OnlyHostError, SpaceNotFoundError
from voxhall.spaces.visibility import ListenerUninvited as ListenerUninvited

# The people of a private evening; a larger circle follows the host.
MAX_INVITED = 500
# Whose id begins otherwise has, or had, an account.
GUEST_PREFIX = "gu_"

Connection = Transaction | AsyncConnection


async def access(
    conn: Connection, space_id: SpaceId, actor: Actor, *, participant_id: ParticipantId | None = None
) -> Space:
    """The space with its stage, its requests, whoever asks and whoever is named.

    SpaceNotFoundError when there is none and, in the same words, when this person may not know of it.
    """
    space = await store.load_space(conn, space_id, person_id=actor.person_id, participant_id=participant_id)
    if space is None:
        raise SpaceNotFoundError
    return await _checked(conn, space, actor.user, actor.person_id)


async def may_access(kit: Kit, space_id: SpaceId, person_id: str) -> bool:
    """Whether somebody who was let in may stay."""
    async with kit.db.read() as conn:
        user = (await people.users_by_id(conn, [UserId(person_id)])).get(UserId(person_id))
        space = await store.load_space(conn, space_id, person_id=person_id)
        is_gone = user is None and not person_id.startswith(GUEST_PREFIX)
        if space is None or is_gone or (user is not None and user.is_suspended):
            return False
        try:
            await _checked(conn, space, user, person_id)
        except SpaceNotFoundError:
            return False
        return True


async def _checked(conn: Connection, space: Space, user: User | None, person_id: str | None) -> Space:
    if user is None or user.id == space.host_id:
        if not may_see(space, Viewer(person_id)):
            raise SpaceNotFoundError
        return space
    ties = await follows.ties(conn, user.id, UserId(space.host_id))
    invited_as = await lineup.role_of(conn, space.id, user.id)
    viewer = Viewer(
        user.id,
        is_administrator=user.is_administrator,
        follows_host=ties.follows,
        is_invited=not space.who_may_listen.is_open and await visibility.is_invited(conn, space.id, user.id),
        is_expected=invited_as is not None,
        is_blocked_by_host=ties.is_blocked_by,
        is_blocked_by_speaker=await follows.is_blocked_by_any(conn, user.id, await _speakers(conn, space)),
    )
    if not may_see(space, viewer):
        raise SpaceNotFoundError
    return replace(
        space,
        followed_by_host=frozenset({user.id}) if ties.is_followed_by else frozenset(),
        invited_as={user.id: invited_as} if invited_as is not None else {},
    )


async def _speakers(conn: Connection, space: Space) -> Collection[str]:
    if space.state is SpaceState.ENDED:
        return [one.person.id for one in await store.once_on_stage(conn, space.id)]
    return [one.person.id for one in space.stage]


async def no_longer_admitted(kit: Kit, person_id: str) -> list[tuple[SpaceId, ParticipantId]]:
    """Where this person is, and may not be any more."""
    async with kit.db.read() as conn:
        places = await store.places_of(conn, person_id)
    return [place for place in places if not await may_access(kit, place[0], person_id)]


async def stages_of(kit: Kit, person_id: str) -> list[tuple[SpaceId, ParticipantId]]:
    """The live stages on which this person stands."""
    async with kit.db.read() as conn:
        return await store.places_of(conn, person_id, on_stage=True)


async def blocked_in(kit: Kit, space_id: SpaceId, blocker_id: str) -> list[str]:
    """The people in this space whom somebody there has blocked."""
    async with kit.db.read() as conn:
        return await visibility.people_blocked_by(conn, space_id, UserId(blocker_id))


async def invite_listener(kit: Kit, actor: Actor, space_id: SpaceId, handle: str) -> None:
    actor.require_user(Scope.HOST)
    async with kit.db.write() as tx:
        space = await access(tx, space_id, actor)
        only_host(space, actor)
        await invite_listeners(tx, space, [handle])


async def uninvite_listener(kit: Kit, actor: Actor, space_id: SpaceId, handle: str) -> str | None:
    """Whom it was; whoever lets people in and out then looks whether they may stay."""
    actor.require_user(Scope.HOST)
    async with kit.db.write() as tx:
        space = await access(tx, space_id, actor)
        only_host(space, actor)
        user = (await people.users_by_handle(tx, [handle])).get(handle.lower())
        if user is None or not await visibility.uninvite(tx, space_id, user.id):
            return None
        tx.publish(ListenerUninvited(user.id))
        return user.id


async def invited_listeners(kit: Kit, actor: Actor, space_id: SpaceId) -> list[User]:
    async with kit.db.read() as conn:
        space = await access(conn, space_id, actor)
        only_host(space, actor)
        return sorted(
            (await people.users_by_id(conn, await visibility.invited(conn, space_id))).values(),
            key=lambda user: user.handle,
        )


async def invite_listeners(tx: Transaction, space: Space, handles: Collection[str]) -> None:
    if not handles:
        return
    found = await people.users_by_handle(tx, handles)
    if len(found) < len({handle.lower() for handle in handles}):
        raise InvalidError.of("invited", "One of these handles is nobody's.")
    if len(await visibility.invited(tx, space.id)) + len(found) > MAX_INVITED:
        raise InvalidError.of("invited", f"At most {MAX_INVITED} people.")
    await visibility.invite(tx, space.id, [user.id for user in found.values()])


def only_host(space: Space, actor: Actor) -> None:
    if actor.person_id != space.host_id:
        raise OnlyHostError
