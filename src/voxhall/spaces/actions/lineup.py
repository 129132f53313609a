"""Who is expected on the stage: invited beforehand, told, and let up without asking."""

from collections.abc import Collection
from dataclasses import dataclass

from voxhall.accounts import actions as people
from voxhall.accounts.follows import actions as follows
from voxhall.accounts.identity import Actor
from voxhall.accounts.model import Scope, User, UserId
from voxhall.errors import InvalidError
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.spaces import lineup
from voxhall.spaces.actions.access import access, only_host
from voxhall.spaces.model import Role, Space, SpaceId, SpaceState
from voxhall.spaces.model.refusals import SpaceEndedError
from voxhall.spaces.model.space import STAGE_LIMIT


@dataclass(frozen=True, slots=True)
class InvitedToStage:
    """Published after the commit."""

    space_id: SpaceId
    user_id: UserId
    role: Role


async def invite_to_stage(
    tx: Transaction,
    space: Space,
    handles: Collection[str],
    role: Role,
    *,
    field: str = "speakers",
    is_told: bool = True,
) -> None:
    """Whoever is invited is told, and steps up without asking. Who has blocked the host is nobody here."""
    if not handles:
        return
    found = await people.users_by_handle(tx, handles)
    guests = {user.id: user for user in found.values() if user.id != space.host_id}
    for user_id in guests:
        if (await follows.ties(tx, user_id, UserId(space.host_id))).has_blocked:
            raise InvalidError.of(field, "One of these handles is nobody's.")
    if len(found) < len({handle.lower() for handle in handles}):
        raise InvalidError.of(field, "One of these handles is nobody's.")
    before = await lineup.of_space(tx, space.id)
    if len(before.keys() | guests.keys()) > STAGE_LIMIT - 1:
        raise InvalidError.of(field, f"The stage holds {STAGE_LIMIT - 1} people besides the host.")
    if guests:
        await lineup.invite(tx, space.id, list(guests), role)
    if is_told:
        tx.publish(*(InvitedToStage(space.id, user_id, role) for user_id in guests if before.get(user_id) is not role))


async def change_lineup(kit: Kit, actor: Actor, space_id: SpaceId, handle: str, role: Role | None) -> None:
    """Invite somebody to the stage of a space that is to come or live, as this; or, with None, no longer."""
    actor.require_user(Scope.HOST)
    async with kit.db.write() as tx:
        await tx.lock(f"space:{space_id}")
        space = await access(tx, space_id, actor)
        only_host(space, actor)
        if space.state in {SpaceState.ENDED, SpaceState.CANCELED}:
            raise SpaceEndedError
        if role is not None:
            await invite_to_stage(tx, space, [handle], role, field="handle")
            return
        user = (await people.users_by_handle(tx, [handle])).get(handle.lower())
        if user is not None:
            await lineup.uninvite(tx, space_id, user.id)


async def expected_on_stage(kit: Kit, actor: Actor, space_id: SpaceId) -> list[tuple[User, Role]]:
    """Whoever may know of the space may know who will speak."""
    async with kit.db.read() as conn:
        space = await access(conn, space_id, actor)
        roles = await lineup.of_space(conn, space.id)
        users = await people.users_by_id(conn, roles.keys())
    shown = [(user, roles[user.id]) for user in users.values() if not user.is_suspended]
    return sorted(shown, key=lambda one: (one[1] is not Role.COHOST, one[0].handle))
