"""Reading and turning the operator's switches, and asking them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from voxhall.accounts import store as people
from voxhall.accounts.admission import store
from voxhall.accounts.admission.model import (
    AudioStoppedError,
    MayNotHostError,
    OperatorSettings,
    SettingsChanged,
    reasons_not_to_host,
)
from voxhall.accounts.admission.store import Connection, Entry
from voxhall.accounts.model import User, UserId
from voxhall.errors import InvalidError, JsonObject
from voxhall.kit import Kit
from voxhall.kit.db import Transaction


async def current_settings(kit: Kit) -> OperatorSettings:
    async with kit.db.read() as conn:
        return await store.load(conn)


async def settings_in(conn: Connection) -> OperatorSettings:
    """For the features above, in the transaction or view they already have."""
    return await store.load(conn)


async def change_settings(kit: Kit, actor_id: UserId | None, wanted: Mapping[str, Any]) -> OperatorSettings:
    """In force when this returns; the log says what was before and what is now. Nobody: from the command line."""
    async with kit.db.write() as tx:
        await tx.lock("operator_settings")
        before = await store.load(tx)
        after = replace(before, **{name: value for name, value in wanted.items() if name != "hosting_list"})
        if "hosting_list" in wanted:
            after = replace(after, hosting_list=await _ids(tx, wanted["hosting_list"]))
        if after == before:
            return before
        await store.save(tx, after)
        old, new = asdict(before), asdict(after)
        changes: JsonObject = {name: [old[name], new[name]] for name in new if new[name] != old[name]}
        await note(kit, tx, actor_id, "settings_changed", changes)
        tx.publish(SettingsChanged(before, after))
    return after


async def note(kit: Kit, tx: Transaction, actor_id: UserId | None, action: str, data: JsonObject) -> None:
    """A line in the audit log, in the transaction of what it tells of."""
    await store.log(tx, Entry(kit.ids.new("au"), kit.clock.now(), actor_id, action, data))


async def audit_log(kit: Kit, after: int | None, limit: int) -> Sequence[Entry]:
    async with kit.db.read() as conn:
        return await store.logged(conn, after, limit)


async def require_may_host(kit: Kit, conn: Connection, user: User) -> None:
    reasons = reasons_not_to_host(user, await store.load(conn), kit.clock.now())
    if reasons:
        raise MayNotHostError(details=list(reasons))


async def require_live_audio(kit: Kit) -> None:
    if not (await current_settings(kit)).live_audio:
        raise AudioStoppedError(headers={"retry-after": "60"})


async def listed_hosts(kit: Kit, settings: OperatorSettings) -> list[str]:
    """The handles of the operator's list; who is gone from the server is gone from it."""
    async with kit.db.read() as conn:
        found = await people.users_by_id(conn, settings.hosting_list)
    return sorted(user.handle for user in found.values())


async def _ids(tx: Transaction, handles: Sequence[str]) -> tuple[UserId, ...]:
    found = await people.users_by_handle(tx, {handle.lower() for handle in handles})
    missing = {handle.lower() for handle in handles} - found.keys()
    if missing:
        raise InvalidError.of("hosting_list", "One of these handles is nobody's.")
    return tuple(sorted(user.id for user in found.values()))
