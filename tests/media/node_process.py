"""A media node as a process of its own, and the control plane's end of its link: it is told, asked and killed here."""

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.client.sound import tone
from tests.running import PATIENCE_S, free_port
from voxhall.config import Settings
from voxhall.errors import JsonObject
from voxhall.kit.link import Link, LinkHandler
from voxhall.kit.link_ends import LinkServer
from voxhall.media import _core

CONNECT_TIMEOUT_S = 10.0
SPACE = "sp_tape"


@dataclass
class Node(LinkHandler):
    """One life of a node."""

    data: Path
    process: asyncio.subprocess.Process
    link: Link | None = None
    events: list[tuple[str, JsonObject]] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    peers: int = 0

    async def connected(self, link: Link) -> None:
        self.link = link
        self.heard.set()

    async def event(self, link: Link, name: str, data: JsonObject) -> None:
        del link
        self.events.append((name, data))
        self.heard.set()

    async def ask(self, name: str, **args: Any) -> dict[str, Any]:
        assert self.link is not None
        return dict(await self.link.call(name, args, timeout_s=15))

    async def until(self, name: str, within_s: float = PATIENCE_S) -> JsonObject:
        async with asyncio.timeout(within_s):
            while True:
                for told, data in self.events:
                    if told == name:
                        return data
                self.heard.clear()
                await self.heard.wait()

    async def record(self, mode: str = "on") -> dict[str, Any]:
        return await self.ask("record", space=SPACE, mode=mode)

    async def connect(self, peer: _core.Publisher | _core.Subscriber, participant: str, csrc: int = 0) -> None:
        self.peers += 1
        args = {"space": SPACE, "peer": f"peer{self.peers}", "participant": participant, "sdp": peer.offer()}
        if csrc:
            answer = await self.ask("open_publisher", csrc=csrc, publish=True, **args)
        else:
            answer = await self.ask("open_listener", **args)
        peer.answer(str(answer["sdp"]))
        assert await asyncio.to_thread(peer.wait_connected, CONNECT_TIMEOUT_S)

    def kill(self) -> None:
        """As if the machine's operator had, or the kernel for want of memory."""
        os.kill(self.process.pid, signal.SIGKILL)


@asynccontextmanager
async def running_node(data: Path, *inside: str) -> AsyncIterator[Node]:
    """Started, linked, and gone at the end: killed if it was, else told to stop. `inside`: a command that runs it."""
    server = LinkServer(Settings(data=data).link_socket)
    port = free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM)
    command = [sys.executable, "-m", "voxhall", "serve", "--role", "media", "--data", str(data)]
    command += ["--media-port", str(port), "--media-address", "127.0.0.1"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VOXHALL_")}
    await server.start()
    process = await asyncio.create_subprocess_exec(
        *inside, *command, env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    node = Node(data, process)
    server.accept("media", lambda _: node)
    try:
        async with asyncio.timeout(30):
            while node.link is None:
                node.heard.clear()
                await node.heard.wait()
        yield node
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(30):
            await process.wait()
        await server.close()


class Voice:
    """Somebody who says a tone and does not stop until told to, whatever becomes of the node."""

    def __init__(self, publisher: _core.Publisher, hz: float) -> None:
        self._publisher, self._stop = publisher, threading.Event()
        self._tone = tone(1.0, hz)
        self._thread = threading.Thread(target=self._speak)
        self._thread.start()

    def _speak(self) -> None:
        frames = [self._tone[at : at + 1920] for at in range(0, len(self._tone), 1920)]
        try:
            while not self._stop.is_set():
                for frame in frames:
                    if self._stop.is_set():
                        break
                    self._publisher.push(frame)
        except _core.ClientError:
            return

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def log_of(tape: Path) -> list[dict[str, Any]]:
    """Every line of a stage log; each has to be one, but for the last."""
    lines = (tape / "stage.jsonl").read_bytes().split(b"\n")
    return [json.loads(line) for line in lines[:-1]]


def lines(log: Sequence[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line for line in log if line["kind"] == kind]
