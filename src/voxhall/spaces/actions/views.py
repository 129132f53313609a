"""Reading: one space, a list of them, the missed events, the people present."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.actions import user_by_handle, users_by_id
from voxhall.accounts.identity import Actor
from voxhall.accounts.model import User, UserId
from voxhall.kit import Kit
from voxhall.spaces import store, visibility
from voxhall.spaces.actions.access import access
from voxhall.spaces.model import Participant, ParticipantId, Person, Space, SpaceId, SpaceState, StoredEvent

# An account that is gone leaves its spaces behind.
NOBODY = Person("", None, "Somebody who left")


async def find_space(kit: Kit, space_id: SpaceId) -> Space | None:
    """For the server itself: what is shown to somebody comes from `get_space`."""
    async with kit.db.read() as conn:
        return await store.load_space(conn, space_id)


async def get_space(kit: Kit, space_id: SpaceId, actor: Actor) -> Space:
    """With its stage and requests, and with this person if they are in it; SpaceNotFoundError for whom it is hidden."""
    async with kit.db.read() as conn:
        return await access(conn, space_id, actor)


async def list_spaces(
    kit: Kit,
    actor: Actor,
    state: SpaceState | None,
    after: tuple[datetime, str] | None,
    limit: int,
    *,
    host: str | None = None,
) -> list[Space]:
    """`host` is a handle; UserNotFoundError where it is nobody's."""
    host_id = (await user_by_handle(kit, host)).id if host is not None else None
    async with kit.db.read() as conn:
        return await store.list_spaces(conn, visibility.listed_for(actor.user), state, host_id, after, limit)


def ids_listed_for(user: User | None) -> Select[tuple[str]]:
    """For other queries: the ids of the spaces that a list may show to this person."""
    return visibility.ids_listed_for(user)


def ids_of_people_in(space_id: SpaceId) -> Select[tuple[str]]:
    """For other queries: everybody with an account who is or was there."""
    return store.ids_of_people_in(space_id)


def ids_known_to(user: User) -> Select[tuple[str]]:
    """And of those that this person may be told of, who may have had the link."""
    return visibility.may_know(user)


async def hosts_of(kit: Kit, spaces: Collection[Space]) -> Mapping[SpaceId, Person]:
    async with kit.db.read() as conn:
        users = await users_by_id(conn, {UserId(space.host_id) for space in spaces})
    people = {user.id: Person(user.id, user.handle, user.display_name, user.picture) for user in users.values()}
    return {space.id: people.get(UserId(space.host_id), NOBODY) for space in spaces}


async def speakers_of(kit: Kit, spaces: Collection[Space]) -> Mapping[SpaceId, list[Person]]:
    """Who is on stage in those that are live, the host among them."""
    live = {space.id for space in spaces if space.state is SpaceState.LIVE}
    async with kit.db.read() as conn:
        stages = await store.stages_of(conn, live)
    return {space.id: [one.person for one in stages.get(space.id, [])] for space in spaces}


async def missed_events(kit: Kit, space_id: SpaceId, after: int, up_to: int) -> list[StoredEvent]:
    async with kit.db.read() as conn:
        return await store.events_after(conn, space_id, after, up_to)


async def hidden_in(kit: Kit, space_id: SpaceId) -> set[ParticipantId]:
    """The listeners who want to be in no list."""
    async with kit.db.read() as conn:
        return await store.hidden_in(conn, space_id)


async def participants_by_id(kit: Kit, ids: Collection[ParticipantId]) -> list[Participant]:
    async with kit.db.read() as conn:
        return await store.participants_by_id(conn, ids)


async def participants_in(conn: AsyncConnection, ids: Collection[ParticipantId]) -> list[Participant]:
    """For the features above, in the view they already have."""
    return await store.participants_by_id(conn, ids) if ids else []


async def people_once_on_stage(kit: Kit, space_id: SpaceId) -> list[Participant]:
    async with kit.db.read() as conn:
        return await store.once_on_stage(conn, space_id)


async def find_participant(kit: Kit, space_id: SpaceId, participant_id: ParticipantId) -> Participant | None:
    async with kit.db.read() as conn:
        return await store.find_participant(conn, space_id, participant_id)


async def starting_between(kit: Kit, after: datetime, before: datetime) -> list[Space]:
    """Scheduled ones, without their people."""
    async with kit.db.read() as conn:
        ids = await store.scheduled_space_ids(conn, after=after, before=before)
        found = [await store.load_space(conn, space_id) for space_id in ids]
    return [space for space in found if space is not None]


async def live_spaces(kit: Kit) -> list[Space]:
    """All that are live, with their stages: what has to be put together again after a restart."""
    async with kit.db.read() as conn:
        ids = await store.live_space_ids(conn)
        found = [await store.load_space(conn, space_id) for space_id in ids]
    return [space for space in found if space is not None]
