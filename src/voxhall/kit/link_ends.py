"""The two ends of the internal link: the socket the control plane listens on, and the client that never gives up."""

import asyncio
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from voxhall import __version__
from voxhall.kit.lines import Lines
from voxhall.kit.link import MAX_LINE_BYTES, Handler, Link

log = structlog.get_logger()

# A connection that does not say who it is within this time is not one of ours.
HELLO_TIMEOUT_S = 5.0
# Full jitter between these: a killed control plane is back in two seconds, and until its nodes have found it nobody can
# join. Longer spares a few local attempts a second.
RECONNECT_FIRST_S = 0.1
RECONNECT_MOST_S = 0.5

Accept = Callable[[Link], Handler]


class LinkServer:
    """`accept` says who handles the connections of a role; a role that nobody accepts is turned away."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._accept: dict[str, Accept] = {}
        self._links: dict[Link, str] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def accept(self, role: str, accept: Accept) -> None:
        self._accept[role] = accept

    def links(self, role: str) -> list[Link]:
        """Those connected now, the oldest first."""
        return [link for link, its_role in self._links.items() if its_role == role and link.is_open]

    async def start(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.parent.chmod(0o700)
        with _reachable(self._path) as address:
            self._server = await asyncio.get_running_loop().create_unix_server(self._on_connection, address)
        self._path.chmod(0o600)

    async def close(self) -> None:
        if self._server:
            self._server.close()
        for link in tuple(self._links):
            link.close()
        if self._serving:
            await asyncio.wait(set(self._serving))
        self._path.unlink(missing_ok=True)

    def _on_connection(self) -> Lines:
        lines = Lines(MAX_LINE_BYTES)
        task = asyncio.ensure_future(self._serve(lines))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        return lines

    async def _serve(self, lines: Lines) -> None:
        try:
            async with asyncio.timeout(HELLO_TIMEOUT_S):
                hello = json.loads(await lines.first())["hello"]
            role = hello["role"]
            accept = self._accept[role]
        except (ValueError, KeyError, TypeError, OSError) as error:
            log.warning("link_refused", reason=type(error).__name__)
            lines.transport.close()
            return
        link = Link(lines, hello)
        self._links[link] = role
        log.info("link_up", role=role, peer=hello.get("name"))
        try:
            await link.serve(accept(link))
        finally:
            del self._links[link]
            log.info("link_down", role=role, peer=hello.get("name"))


async def connect(path: Path, hello: Mapping[str, Any]) -> Link:
    """One connection to the control plane, hello said; the caller runs `serve`. OSError if nobody listens."""
    with _reachable(path) as address:
        connecting = asyncio.get_running_loop().create_unix_connection(lambda: Lines(MAX_LINE_BYTES), address)
        transport, lines = await connecting
    hello = {"version": __version__, **hello}
    transport.write(json.dumps({"hello": hello}).encode() + b"\n")
    return Link(lines, hello)


class LinkClient:
    """Connects, and after every loss connects again, until left; `link` is None while nobody is at the other end."""

    def __init__(self, path: Path, hello: Mapping[str, Any], handler: Handler) -> None:
        self.link: Link | None = None
        self._path, self._hello, self._handler = path, hello, handler
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "LinkClient":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        failures = 0
        while True:
            with suppress(OSError):
                self.link = await connect(self._path, self._hello)
                failures = 0
                try:
                    await self.link.serve(self._handler)
                finally:
                    self.link = None
            ceiling_s = min(RECONNECT_MOST_S, RECONNECT_FIRST_S * 2**failures)
            failures = min(failures + 1, 10)
            await asyncio.sleep(secrets.SystemRandom().uniform(0, ceiling_s))


@contextmanager
def _reachable(path: Path) -> Iterator[str]:
    """An address of the socket that fits into the 107 bytes the system allows, however deep the data folder is."""
    if len(os.fsencode(path)) < 100:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
