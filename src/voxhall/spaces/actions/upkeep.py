"""What the server does by itself: forgotten spaces end, and the lists know how many listen."""

from collections.abc import Mapping

from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.spaces import store
from voxhall.spaces.actions.change import carry_out_for_server
from voxhall.spaces.model import SpaceId
from voxhall.spaces.model.commands import EndQuiet
from voxhall.spaces.model.lifecycle import QUIET_LIMIT


async def end_quiet_spaces(kit: Kit) -> None:
    async with kit.db.read() as conn:
        quiet = await store.live_space_ids(conn, quiet_before=kit.clock.now() - QUIET_LIMIT)
    for space_id in quiet:
        await carry_out_for_server(kit, space_id, EndQuiet())


async def set_replay(tx: Transaction, space_id: SpaceId, duration_ms: int | None) -> None:
    """From now on lists say that it can be heard again, and how long it is; None: it cannot."""
    await store.save_replay(tx, space_id, duration_ms)


async def show_picture(tx: Transaction, person_id: str, picture: str | None) -> None:
    """Wherever this person is or was, in the transaction in which the picture changes."""
    await store.save_picture(tx, person_id, picture)


async def save_listener_counts(kit: Kit, counts: Mapping[SpaceId, int]) -> None:
    async with kit.db.write() as tx:
        for space_id, count in sorted(counts.items()):
            await store.save_listener_count(tx, space_id, count)
