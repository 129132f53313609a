"""The media node's process: hosts the Rust core and connects it to the control plane's internal link.

It outlives the control plane: while the link is down the sound goes on, and when it is up again the node reports what
it holds, because it is the truth about who is really connected.
"""

import asyncio
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias

from voxhall.errors import JsonObject, RemoteError
from voxhall.media import _core

# How long the event thread waits in Rust before it looks whether it is to end; higher delays a stop.
EVENT_WAIT_S = 0.25


class Link(Protocol):
    """What the node needs of its connection to the control plane."""

    def send_event(self, name: str, data: JsonObject) -> None: ...


LinkClientFactory: TypeAlias = Callable[[Mapping[str, Any], Any], AbstractAsyncContextManager[Any]]


class MediaHost:
    """Answers the control plane's calls from the core and sends it the core's events."""

    def __init__(self, node: _core.Node) -> None:
        self._node = node
        self._link: Link | None = None

    async def connected(self, link: Link) -> None:
        self._link = link
        self._send_report(link)

    async def lost(self, link: Link) -> None:
        if self._link is link:
            self._link = None

    async def call(self, link: Link, name: str, args: JsonObject) -> JsonObject:
        del link
        try:
            answer: JsonObject = json.loads(self._node.call(name, json.dumps(args)))
        except _core.RefusedError as refused:
            code, status, message = refused.args
            raise RemoteError(code, message, status=status) from None
        return answer

    async def event(self, link: Link, name: str, data: JsonObject) -> None:
        """The control plane only calls; it sends a node no events."""

    def forward(self, event: str) -> None:
        """Passes an event of the core on; without a link it is dropped, for the next report says the same and more."""
        link = self._link
        if link is None:
            return
        if self._node.take_events_lost():
            self._send_report(link)
        parsed = json.loads(event)
        link.send_event(parsed["event"], parsed["data"])

    def _send_report(self, link: Link) -> None:
        link.send_event("report", json.loads(self._node.call("report", "{}")))


async def run_media_node(*, port: int, advertised: list[str], max_peers: int, connect: LinkClientFactory) -> None:
    """Runs until cancelled.

    `connect(hello, handler)` gives the client of the internal link, which comes and goes by itself.
    """
    node = _core.Node(port=port, advertised=advertised, max_peers=max_peers)
    host = MediaHost(node)
    loop = asyncio.get_running_loop()
    stopping = threading.Event()
    # A node whose media thread has died is of no use: the process ends with it, and the supervisor starts another.
    broken: asyncio.Future[None] = loop.create_future()

    def forward_events() -> None:
        try:
            while not stopping.is_set():
                event = node.next_event(EVENT_WAIT_S)
                if event is not None:
                    loop.call_soon_threadsafe(host.forward, event)
        except RuntimeError as error:
            loop.call_soon_threadsafe(broken.set_exception, error)

    events = threading.Thread(target=forward_events, name="voxhall-media-events")
    events.start()
    try:
        async with connect({"role": "media", "name": f"no_{secrets.token_hex(8)}", "port": node.port}, host):
            await broken
    finally:
        stopping.set()
        await asyncio.to_thread(events.join)
        await asyncio.to_thread(node.stop)
