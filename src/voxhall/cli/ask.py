"""How an operator's command reaches the installation: over the socket of the running server, or in this process when
none runs. Only one process opens the database.
"""

import asyncio
from typing import TYPE_CHECKING

from voxhall.errors import JsonObject, VoxhallError

if TYPE_CHECKING:
    from voxhall.config import Settings

# Hashing a password on a busy small machine takes a second or two.
ANSWER_TIMEOUT_S = 30.0


def ask(settings: "Settings", name: str, args: JsonObject, timeout_s: float = ANSWER_TIMEOUT_S) -> JsonObject:
    """The answer to an operator's command. VoxhallError as the server refuses it."""
    return asyncio.run(_ask_someone(settings, name, args, timeout_s))


def ask_running(settings: "Settings", name: str, args: JsonObject) -> JsonObject | None:
    """The answer of the server that runs; None when none does."""
    return asyncio.run(_ask_server(settings, name, args, ANSWER_TIMEOUT_S))


async def _ask_someone(settings: "Settings", name: str, args: JsonObject, timeout_s: float) -> JsonObject:
    from voxhall.kit.lockfile import LockedError

    if (answer := await _ask_server(settings, name, args, timeout_s)) is not None:
        return answer
    try:
        return await _do_it_here(settings, name, args)
    except LockedError:
        pass
    # It has the database, so it is starting or stopping: its socket was not there a moment ago.
    for _ in range(40):
        await asyncio.sleep(0.25)
        if (answer := await _ask_server(settings, name, args, timeout_s)) is not None:
            return answer
    raise VoxhallError("A server has this data folder open but does not answer; try again in a moment.")


async def _ask_server(settings: "Settings", name: str, args: JsonObject, timeout_s: float) -> JsonObject | None:
    """None when no server listens."""
    from voxhall.kit.link import LinkHandler
    from voxhall.kit.link_ends import connect

    try:
        link = await connect(settings.link_socket, {"role": "admin", "name": "admin"})
    except OSError:
        return None
    serving = asyncio.create_task(link.serve(LinkHandler()))
    try:
        return await link.call(name, args, timeout_s=timeout_s)
    finally:
        link.close()
        await serving


async def _do_it_here(settings: "Settings", name: str, args: JsonObject) -> JsonObject:
    from voxhall.app import open_accounts, perform

    async with open_accounts(settings) as (kit, accounts):
        return await perform(kit, accounts, name, args)
