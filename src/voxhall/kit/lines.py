"""A connection as lines, each handed on at the moment it is complete: a stream's reader wakes a task for each, which
costs several times what is done with it.
"""

import asyncio
from collections.abc import Callable
from typing import cast

Take = Callable[[bytearray], None]


class Lines(asyncio.Protocol):
    """Lines wait until there is somebody who takes them; little more than one read of the system then waits here."""

    def __init__(self, max_bytes: int) -> None:
        """A line of more than `max_bytes` ends it."""
        self.transport: asyncio.Transport
        # What it ended with; None where one of the sides closed it.
        self.ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._max_bytes = max_bytes
        self._take: Take | None = None
        self._received = bytearray()
        self._is_paused = False

    async def first(self) -> bytearray:
        """The first line; those behind it wait. ConnectionError where none comes any more."""
        found: asyncio.Future[bytearray] = asyncio.get_running_loop().create_future()

        def keep(line: bytearray) -> None:
            self._take = None
            found.set_result(line)

        self.take(keep)
        await asyncio.wait((found, self.ended), return_when=asyncio.FIRST_COMPLETED)
        if not found.done():
            raise ConnectionError("it ended before its first line")
        return found.result()

    def take(self, take: Take) -> None:
        """Each line goes there from now on, without its end, and first those that wait."""
        self._take = take
        self._hand_over()
        self._pause_or_go_on()

    def end(self, error: Exception | None = None) -> None:
        """Nothing is handed on any more."""
        self._take = None
        if not self.ended.done():
            self.ended.set_result(error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._hand_over()
        self._pause_or_go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(exc)

    def _hand_over(self) -> None:
        while self._take is not None:
            end = self._received.find(b"\n")
            if end < 0:
                if len(self._received) > self._max_bytes:
                    self.end(ValueError("a line without an end"))
                return
            line = self._received[:end]
            del self._received[: end + 1]
            self._take(line)

    def _pause_or_go_on(self) -> None:
        """What nobody takes yet is left to the system."""
        pause = self._take is None
        if pause is self._is_paused or self.transport.is_closing():
            return
        self._is_paused = pause
        if pause:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()
