"""What `voxhall admin` asks about spaces: which there are, and ending one as its host would."""

from voxhall.accounts.actions import users_by_id
from voxhall.accounts.identity import Actor
from voxhall.accounts.model import ALL_SCOPES, UserId
from voxhall.errors import InvalidError, JsonObject
from voxhall.kit import Kit
from voxhall.kit.clock import to_wire
from voxhall.spaces import store
from voxhall.spaces.actions.change import carry_out
from voxhall.spaces.actions.views import find_space, hosts_of
from voxhall.spaces.model import Space, SpaceId, SpaceState
from voxhall.spaces.model.commands import End
from voxhall.spaces.model.refusals import SpaceNotFoundError

# A screen of a terminal and some; whoever needs more asks the API, which has pages.
MOST = 200


async def perform(kit: Kit, name: str, args: JsonObject) -> JsonObject | None:
    """None: not a command of this feature."""
    match name, args:
        case "spaces", {"state": (str() | None) as state}:
            async with kit.db.read() as conn:
                found = await store.newest_spaces(conn, _state(state), MOST)
            hosts = await hosts_of(kit, found)
            return {"items": [_as_json(space, hosts[space.id].handle) for space in found]}
        case "end_space", {"id": str(space_id)}:
            space = await _end(kit, SpaceId(space_id))
            return _as_json(space, (await hosts_of(kit, [space]))[space.id].handle)
    return None


async def _end(kit: Kit, space_id: SpaceId) -> Space:
    """With the host's own rights, so that everybody is told as if the host had ended it."""
    space = await find_space(kit, space_id)
    if space is None:
        raise SpaceNotFoundError
    async with kit.db.read() as conn:
        host = (await users_by_id(conn, {UserId(space.host_id)})).get(UserId(space.host_id))
    if host is None:
        raise SpaceNotFoundError
    return await carry_out(kit, Actor(host, scopes=ALL_SCOPES), space_id, End())


def _state(name: str | None) -> SpaceState | None:
    if name is None:
        return None
    if name not in set(SpaceState):
        raise InvalidError(f"The states are {', '.join(SpaceState)}.")
    return SpaceState(name)


def _as_json(space: Space, host: str | None) -> JsonObject:
    return {
        "id": space.id,
        "title": space.title,
        "state": space.state.value,
        "host": host,
        "recording": space.recording.value,
        "created_at": to_wire(space.created_at),
        "started_at": to_wire(space.started_at) if space.started_at else None,
        "ended_at": to_wire(space.ended_at) if space.ended_at else None,
    }
