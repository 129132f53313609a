"""The socket to everybody in a space, who is present, and the sound's way in and out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from voxhall.kit import Kit
from voxhall.kit.beat import beat
from voxhall.live import protocol
from voxhall.live.service import TICK_S
from voxhall.live.service import Live as Live

# Browsers come back by themselves; nobody is waited for longer than a message needs.
CLOSING_S = 5.0


@asynccontextmanager
async def open_live(kit: Kit) -> AsyncIterator[Live]:
    """From before the first connection until after the last."""
    live = Live(kit)
    await live.restore()
    try:
        async with beat(live.tick, TICK_S, "live"):
            yield live
    finally:
        # Sockets that close now are not people who go.
        live.close()
        await close_sockets(live)


async def close_sockets(live: Live) -> None:
    """The server goes: everybody is told to come back."""
    live.hub.close_all(protocol.CLOSE_RESTARTING, "The server restarts.")
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSING_S):
            await live.hub.wait_until_empty()
