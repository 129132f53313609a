"""The media node's process: hosts the Rust core and connects it to the control plane's internal link.

It outlives the control plane: while the link is down the sound goes on, and when it is up again the node reports what
it holds, because it is the truth about who is really connected.
"""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from voxhall.errors import JsonObject, RemoteError
from voxhall.media import _core, opening

# These wait for a disk. The others are answered within a tick, and must not wait behind one that is slow.
DISK_CALLS = frozenset({"record", "note"})
# What happened to tapes while nobody was at the other end of the link; no report says it again.
MAX_KEPT_EVENTS = 1000


class Link(Protocol):
    """What the node needs of its connection to the control plane."""

    def send_event(self, name: str, data: JsonObject) -> None: ...
    def pass_on(self, event: str) -> None: ...


LinkClientFactory: TypeAlias = Callable[[Mapping[str, Any], Any], AbstractAsyncContextManager[Any]]


class MediaHost:
    """Answers the control plane's calls from the core and sends it the core's events."""

    def __init__(self, node: _core.Node) -> None:
        self._node = node
        self._link: Link | None = None
        self._kept: deque[str] = deque(maxlen=MAX_KEPT_EVENTS)
        self._disk = asyncio.Lock()

    async def connected(self, link: Link) -> None:
        self._link = link
        self._send_report(link)
        while self._kept:
            link.pass_on(self._kept.popleft())

    async def lost(self, link: Link) -> None:
        if self._link is link:
            self._link = None

    async def call(self, link: Link, name: str, args: JsonObject) -> str:
        del link
        try:
            if name in DISK_CALLS:
                async with self._disk:
                    return await asyncio.to_thread(self._node.call, name, json.dumps(args))
            return self._node.call(name, json.dumps(args))
        except _core.RefusedError as refused:
            code, status, message = refused.args
            raise RemoteError(code, message, status=status) from None

    async def event(self, link: Link, name: str, data: JsonObject) -> None:
        """The control plane only calls; it sends a node no events."""

    def forward_all(self) -> None:
        """What the core has to say by now."""
        while (event := self._node.next_event()) is not None:
            self._forward(event)

    def _forward(self, event: str) -> None:
        """Passes an event of the core on.

        Without a link what happened to a tape is kept; the rest is dropped, for the next report says the same and more.
        """
        link = self._link
        if link is None:
            if json.loads(event)["event"].startswith("tape_"):
                self._kept.append(event)
            return
        if self._node.take_events_lost():
            self._send_report(link)
        link.pass_on(event)

    def _send_report(self, link: Link) -> None:
        link.send_event("report", json.loads(self._node.call("report", "{}")))


async def run_media_node(
    *,
    port: int,
    advertised: list[str],
    max_peers: int,
    frame_ms: int | None,
    send_threads: int | None,
    data: Path,
    connect: LinkClientFactory,
) -> None:
    """Runs until cancelled. The tapes are in `data`; packets to listeners carry `frame_ms`, None: by its load.

    `send_threads` send them beside the media thread, None: as many as there are cores for.

    `connect(hello, handler)` gives the client of the internal link, which comes and goes by itself.
    """
    node = opening.take() or _core.Node(port, advertised, max_peers, frame_ms, data, send_threads=send_threads)
    host = MediaHost(node)
    loop = asyncio.get_running_loop()
    # A node whose media thread has died is of no use: the process ends with it, and the supervisor starts another.
    broken: asyncio.Future[None] = loop.create_future()

    def on_events() -> None:
        try:
            host.forward_all()
        except RuntimeError as error:
            loop.remove_reader(node.event_signal)
            broken.set_exception(error)

    loop.add_reader(node.event_signal, on_events)
    try:
        async with connect({"role": "media", "name": f"no_{secrets.token_hex(8)}", "port": node.port}, host):
            await broken
    finally:
        loop.remove_reader(node.event_signal)
        await asyncio.to_thread(node.stop)
