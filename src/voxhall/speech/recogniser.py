"""One engine for all that this worker listens to: one chunk at a time, what was said last first.

So when there is more speech than processor, the spaces that are heard now have their words soon, and what has fallen
behind is caught up with when they are silent or over.
"""

import asyncio
import itertools
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from voxhall.speech.chunks import Chunk
from voxhall.speech.engine import Engine, Word
from voxhall.speech.track import Voice

# Below everything else on the machine, the rest of the worker too: people are told of a space, and files are made,
# before the next words.
LOWEST_PRIORITY = 19


@dataclass(order=True)
class _Waiting:
    # The heap gives the least: the newest has the greatest time.
    minus_said_at_s: float
    number: int
    voice: Voice = field(compare=False)
    chunk: Chunk = field(compare=False)
    answer: "asyncio.Future[tuple[str, list[tuple[Word, int, int]]]]" = field(compare=False)


class Recogniser:
    """`make_engine` is run in the engine's thread when the first chunk comes: a worker without speech loads none."""

    def __init__(self, make_engine: Callable[[], Engine]) -> None:
        self._make_engine = make_engine
        self._engine: Engine | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="voxhall-speech", initializer=_give_way)
        self._waiting: asyncio.PriorityQueue[_Waiting] = asyncio.PriorityQueue()
        self._numbers = itertools.count()

    async def understand(self, voice: Voice, chunk: Chunk, said_at_s: float) -> tuple[str, list[tuple[Word, int, int]]]:
        """The language, and each word with its begin and end on the track; `said_at_s` in any one clock."""
        answer: asyncio.Future[tuple[str, list[tuple[Word, int, int]]]] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(_Waiting(-said_at_s, next(self._numbers), voice, chunk, answer))
        return await answer

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                one = await self._waiting.get()
                if one.answer.cancelled():
                    continue
                found = loop.run_in_executor(self._thread, self._understand, one.voice, one.chunk)
                await asyncio.wait([found])
                if one.answer.cancelled():
                    continue
                if error := found.exception():
                    one.answer.set_exception(error)
                else:
                    one.answer.set_result(found.result())
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _understand(self, voice: Voice, chunk: Chunk) -> tuple[str, list[tuple[Word, int, int]]]:
        if self._engine is None:
            self._engine = self._make_engine()
        return voice.understand(self._engine, chunk)


def _give_way() -> None:
    """This thread alone, and those that the engine starts in it: only Linux gives each thread its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
