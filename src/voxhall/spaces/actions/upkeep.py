"""What the server does by itself: forgotten spaces end, and the lists know how many listen."""

from collections.abc import Mapping
from dataclasses import dataclass

from voxhall.accounts.admission import actions as admission
from voxhall.accounts.model import Promotion, User
from voxhall.errors import JsonObject
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.spaces import store
from voxhall.spaces.actions.change import carry_out_for_server
from voxhall.spaces.model import SpaceId
from voxhall.spaces.model.commands import CancelOverdue, EndQuiet
from voxhall.spaces.model.lifecycle import QUIET_LIMIT, START_LIMIT
from voxhall.spaces.model.refusals import SpaceNotFoundError


@dataclass(frozen=True, slots=True)
class ReplayReady:
    """Published after the commit, as is the other: there is something to hear again, and to read."""

    space_id: SpaceId


@dataclass(frozen=True, slots=True)
class TranscriptReady:
    space_id: SpaceId


async def end_quiet_spaces(kit: Kit) -> None:
    async with kit.db.read() as conn:
        quiet = await store.live_space_ids(conn, quiet_before=kit.clock.now() - QUIET_LIMIT)
    for space_id in quiet:
        await carry_out_for_server(kit, space_id, EndQuiet())


async def cancel_overdue_spaces(kit: Kit) -> None:
    """Nobody waits for ever for a host who does not come."""
    async with kit.db.read() as conn:
        overdue = await store.scheduled_space_ids(conn, before=kit.clock.now() - START_LIMIT)
    for space_id in overdue:
        await carry_out_for_server(kit, space_id, CancelOverdue())


async def set_replay(tx: Transaction, space_id: SpaceId, duration_ms: int | None) -> None:
    """From now on lists say that it can be heard again, and how long it is; None: it cannot."""
    await store.save_replay(tx, space_id, duration_ms)
    if duration_ms:
        tx.publish(ReplayReady(space_id))


async def promote(kit: Kit, administrator: User, space_id: SpaceId, promotion: Promotion) -> None:
    """In force with the next list that anybody asks for."""
    async with kit.db.write() as tx:
        if not await store.save_promotion(tx, space_id, promotion):
            raise SpaceNotFoundError
        data: JsonObject = {"space": space_id, "after": promotion.value}
        await admission.note(kit, tx, administrator.id, "space_promoted", data)


async def show_picture(tx: Transaction, person_id: str, picture: str | None) -> None:
    """Wherever this person is or was, in the transaction in which the picture changes."""
    await store.save_picture(tx, person_id, picture)


async def save_listener_counts(kit: Kit, counts: Mapping[SpaceId, int]) -> None:
    async with kit.db.write() as tx:
        for space_id, count in sorted(counts.items()):
            await store.save_listener_count(tx, space_id, count)
