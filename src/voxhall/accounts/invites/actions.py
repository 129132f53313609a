"""Giving, taking back and using invitations; waiting for one; the tree."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from voxhall.accounts import store as people
from voxhall.accounts.admission import actions as admission
from voxhall.accounts.admission.model import (
    InviteNeededError,
    OperatorSettings,
    Registration,
    RegistrationClosedError,
    invite_allowance,
)
from voxhall.accounts.invites import store
from voxhall.accounts.invites.model import (
    WAITING_MAX,
    Invite,
    InviteNotValidError,
    NoInvitesLeftError,
    NoWaitingListError,
    Suspended,
    Waiting,
    WaitingListFullError,
    below,
    check_waiting,
)
from voxhall.accounts.model import User, UserId
from voxhall.errors import NotFoundError, UserNotFoundError
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.kit.ids import hash_token


async def invite(kit: Kit, member: User) -> tuple[Invite, str]:
    """The invitation and its code, which is not kept."""
    async with kit.db.write() as tx:
        return await _invite(kit, tx, member)


async def take_back(kit: Kit, member: User, invite_id: str) -> None:
    """Only while nobody has used it."""
    async with kit.db.write() as tx:
        if not await store.remove_open(tx, member.id, invite_id):
            raise NotFoundError


async def invites_of(
    kit: Kit, member: User, after: tuple[datetime, str] | None, limit: int
) -> tuple[Sequence[Invite], int]:
    """And how many more can be given out."""
    async with kit.db.read() as conn:
        allowance = invite_allowance(member, await admission.settings_in(conn))
        given = await store.given_out(conn, member.id, kit.clock.now())
        return await store.invites_of(conn, member.id, after, limit), max(0, allowance - given)


async def come_in(kit: Kit, tx: Transaction, user_id: UserId, code: str | None) -> None:
    """Whether the door lets this new account in; in the transaction that makes it."""
    registration = (await admission.settings_in(tx)).registration
    if registration is Registration.CLOSED:
        raise RegistrationClosedError
    if code is None and registration is Registration.INVITE:
        raise InviteNeededError
    inviter_id = await store.take(tx, hash_token(code), user_id, kit.clock.now()) if code is not None else None
    if inviter_id is not None:
        await store.note_inviter(tx, user_id, inviter_id)
    elif registration is Registration.INVITE:
        raise InviteNotValidError


async def inviter_of_code(kit: Kit, code: str) -> User:
    """For the page on which somebody signs up with it."""
    async with kit.db.read() as conn:
        inviter_id = await store.inviter_of(conn, hash_token(code), kit.clock.now())
        inviter = await people.user_by_id(conn, inviter_id) if inviter_id is not None else None
    if inviter is None:
        raise InviteNotValidError
    return inviter


async def wait(kit: Kit, name: str, note: str) -> str:
    """The ticket that proves whose place in the list it is."""
    name, note = check_waiting(name, note)
    ticket = kit.ids.path_secret()
    async with kit.db.write() as tx:
        if (await admission.settings_in(tx)).registration is not Registration.INVITE:
            raise NoWaitingListError
        if await store.waiting_count(tx) >= WAITING_MAX:
            raise WaitingListFullError
        await store.add_waiting(tx, Waiting(kit.ids.new("wa"), name, note, kit.clock.now()), hash_token(ticket))
    return ticket


async def waiting_people(kit: Kit, after: tuple[datetime, str] | None, limit: int) -> Sequence[Waiting]:
    async with kit.db.read() as conn:
        return await store.waiting(conn, after, limit)


async def let_in(kit: Kit, member: User, waiting_id: str) -> None:
    """The member's invitation is made when the person comes with their ticket."""
    async with kit.db.write() as tx:
        await _require_invite_left(kit, tx, member)
        if not await store.let_in(tx, waiting_id, member.id):
            raise NotFoundError


async def collect(kit: Kit, ticket: str) -> str | None:
    """The code for whoever was let in, once; None while they wait."""
    async with kit.db.write() as tx:
        is_known, member_id = await store.take_ticket(tx, hash_token(ticket))
        if not is_known:
            raise NotFoundError
        member = await people.user_by_id(tx, member_id) if member_id is not None else None
        return (await _invite(kit, tx, member))[1] if member is not None else None


async def everybody(kit: Kit) -> Mapping[UserId, User]:
    async with kit.db.read() as conn:
        return await store.tree(conn)


async def suspend_branch(kit: Kit, actor_id: UserId | None, handle: str, *, is_suspended: bool) -> list[str]:
    """This person and everybody who came by them; administrators stay. The handles; in force when this returns."""
    async with kit.db.write() as tx:
        root = await people.user_by_handle(tx, handle.lower())
        if root is None:
            raise UserNotFoundError
        tree = await store.tree(tx)
        concerned = [one for one in below(tree, root.id) if not tree[one].is_administrator]
        await store.suspend(tx, concerned, kit.clock.now() if is_suspended else None)
        handles = [tree[one].handle for one in concerned]
        action = "branch_suspended" if is_suspended else "branch_restored"
        await admission.note(kit, tx, actor_id, action, {"root": root.handle, "handles": [*handles]})
        if is_suspended:
            tx.publish(*(Suspended(one) for one in concerned))
    return handles


async def _invite(kit: Kit, tx: Transaction, member: User) -> tuple[Invite, str]:
    settings = await _require_invite_left(kit, tx, member)
    code, at = kit.ids.path_secret(), kit.clock.now()
    made = Invite(kit.ids.new("in"), member.id, at, at + timedelta(days=settings.invite_days))
    await store.add(tx, made, hash_token(code))
    return made, code


async def _require_invite_left(kit: Kit, tx: Transaction, member: User) -> OperatorSettings:
    await tx.lock(f"user:{member.id}")
    settings = await admission.settings_in(tx)
    if settings.registration is Registration.CLOSED:
        raise RegistrationClosedError
    if await store.given_out(tx, member.id, kit.clock.now()) >= invite_allowance(member, settings):
        raise NoInvitesLeftError
    return settings
