"""uvicorn's HTTP protocol with an end to its patience: a request's head is at most 64 KiB and arrives within 20 s.

Without it one connection could send header lines until the memory is full, and a thousand could stand open unused.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from voxhall.kit.doors import BODY_IS_HERE, Scope

MAX_HEAD_BYTES = 64 * 1024


class BoundedHttp(HttpToolsProtocol):
    head_timeout_s = 20.0
    _head_bytes = 0
    _awaits_head = True
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._be_patient()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_patience()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._awaits_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large.")
            elif self._patience is None:
                self._be_patient()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        # Most heads are complete with the bytes that they begin in, and need no timer.
        self._awaits_head, self._head_bytes = True, 0

    def on_message_complete(self) -> None:
        super().on_message_complete()
        cast(Scope, self.scope)[BODY_IS_HERE] = True

    def on_headers_complete(self) -> Any:
        self._awaits_head = False
        self._end_patience()
        return super().on_headers_complete()

    def _be_patient(self) -> None:
        self._patience = asyncio.get_running_loop().call_later(self.head_timeout_s, self.transport.close)

    def _end_patience(self) -> None:
        if self._patience:
            self._patience.cancel()
            self._patience = None
