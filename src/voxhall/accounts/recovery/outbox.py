"""Letters on their way: nobody waits for a mail server, and how long one takes tells no stranger who has an account."""

import asyncio

import structlog

from voxhall.errors import CapacityError
from voxhall.kit import Kit
from voxhall.kit.mail import Letter, MailNotSentError, send

log = structlog.get_logger()

# A mail server that hangs for 20 s each must not collect tasks without end.
MOST_WAITING = 200


class Outbox:
    def __init__(self) -> None:
        self._on_the_way: set[asyncio.Task[None]] = set()

    def hand_in(self, kit: Kit, letter: Letter) -> None:
        if len(self._on_the_way) >= MOST_WAITING:
            raise CapacityError(headers={"retry-after": "60"})
        task = asyncio.create_task(self._send(kit, letter))
        self._on_the_way.add(task)
        task.add_done_callback(self._on_the_way.discard)

    async def settled(self) -> None:
        await asyncio.gather(*self._on_the_way)

    async def _send(self, kit: Kit, letter: Letter) -> None:
        try:
            await send(kit.settings, letter, kit.clock.now(), kit.ids.new("ml"))
        except MailNotSentError as error:
            # Not to whom: addresses are in no log.
            log.warning("letter_not_sent", is_final=error.is_final)
