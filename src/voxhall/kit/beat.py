"""What is done again and again while the server runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

log = structlog.get_logger()


@asynccontextmanager
async def beat(work: Callable[[], Awaitable[None]], every_s: float, name: str) -> AsyncIterator[None]:
    """At once, and then `every_s` after it was done, until the block ends. What fails is logged and tried again."""
    beating = asyncio.create_task(_beat(work, every_s, name), name=name)
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _beat(work: Callable[[], Awaitable[None]], every_s: float, name: str) -> None:
    while True:
        try:
            await work()
        except Exception:
            log.exception("beat_failed", beat=name)
        await asyncio.sleep(every_s)
