"""Who is in a space while parts of its server are killed: somebody who speaks, somebody who listens, somebody's page.

They come back by the code behind `voxhall speak` and `voxhall listen`, and as docs/protocol.md tells a page to.
"""

import asyncio
import json
import tempfile
import threading
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import numpy as np
import websockets.asyncio.client as websockets
from websockets.exceptions import WebSocketException

from tests.media.decoders import Sound, by_ffmpeg
from tests.recordings.rising_tone import FRAME, RATE_HZ, rising_tone
from tests.running import Account, RunningServer, eventually
from voxhall.errors import RemoteError
from voxhall.media import _core
from voxhall.media.connection import connected

Found = TypeVar("Found")
# Of RTP time: longer than a node is late, shorter than any is away, while somebody speaks without a pause.
HOLE = 4 * FRAME
# A packet of silence has three bytes.
LOUD_BYTES = 4
# Nobody waits for anything longer than this, on however busy a machine.
PATIENCE_S = 60.0
# A page tries again this often; its back-off begins lower and ends higher.
PAGE_AGAIN_S = 0.2


@dataclass(frozen=True)
class Heard:
    at_s: float
    # How often the listener had come back before.
    life: int
    packet: _core.Packet

    @property
    def is_loud(self) -> bool:
        return len(self.packet.payload) >= LOUD_BYTES


@dataclass
class Ear:
    """Hears a space for as long as the block is open, and keeps every packet."""

    heard: list[Heard] = field(default_factory=list)
    # When the nodes died that it listened to without joining anew.
    deaths: list[float] = field(default_factory=list)

    def by_node(self) -> list[list[Heard]]:
        """What each node sent, from the first to the last: the next one begins behind a hole."""
        nodes: list[list[Heard]] = [[]]
        for one in list(self.heard):
            is_due = len(nodes) <= len(self.deaths) and one.at_s >= self.deaths[len(nodes) - 1]
            if is_due and is_hole(nodes[-1][-1].packet, one.packet):
                nodes.append([])
            nodes[-1].append(one)
        return nodes

    async def hears_the_next_node(self, died_at_s: float) -> Heard:
        """The first packet that it sent."""
        self.deaths.append(died_at_s)
        return await until(lambda: next(iter(self.by_node()[len(self.deaths) :]), [None])[0])

    def loud(self, life: int | None = None) -> list[Heard]:
        return [one for one in list(self.heard) if one.is_loud and life in {None, one.life}]

    async def hears(self, after_s: float = 0.0) -> float:
        """When the first sound after this moment came."""
        return await until(lambda: next((one.at_s for one in since(self.heard, after_s) if one.is_loud), None))

    def hears_now(self, csrc: int) -> bool:
        return csrc in self.heard[-1].packet.csrcs

    def misses_now(self, csrc: int) -> bool:
        return not self.hears_now(csrc)

    def missing_packets(self) -> int:
        """Sequence numbers that never came, of each node."""
        missing = 0
        for heard in self.by_node():
            numbers = [one.packet.sequence for one in heard]
            missing += max(numbers) - min(numbers) + 1 - len(set(numbers))
        return missing

    def longest_pause_s(self, from_s: float, to_s: float) -> float:
        """Between one packet and the next."""
        times = [one.at_s for one in self.heard if from_s <= one.at_s <= to_s]
        return max(map(float, np.diff(times)), default=to_s - from_s)


def is_hole(before: _core.Packet, after: _core.Packet) -> bool:
    """Numbers that a dead node had used up ahead are missing; where it died there were none left, the time is."""
    return after.sequence - before.sequence > 1 or after.timestamp - before.timestamp > HOLE


def since(heard: list[Heard], after_s: float) -> list[Heard]:
    return heard[bisect_right(heard, after_s, key=lambda one: one.at_s) :]


@contextmanager
def listening(space_api: str) -> Iterator[Ear]:
    ear = Ear()

    def listen(stop: threading.Event) -> None:
        with connected(_core.Subscriber, f"{space_api}/whep", None, stop) as connection:
            life = 0
            while connection is not None and not stop.is_set():
                packets = connection.peer.receive(0.1)
                now_s = time.monotonic()
                ear.heard += [Heard(now_s, life, packet) for packet in packets]
                if connection.peer.state == "closed":
                    if not connection.come_back():
                        return
                    life += 1

    with _in_a_thread(listen):
        yield ear


@dataclass
class Voice:
    said_frames: int = 0

    @property
    def said_s(self) -> float:
        return self.said_frames * FRAME / RATE_HZ


@contextmanager
def speaking(space_api: str, token: str) -> Iterator[Voice]:
    """Says the rising tone in real time until the block ends; what falls into an outage is not said later."""
    voice = Voice()

    def speak(stop: threading.Event) -> None:
        with connected(_core.Publisher, f"{space_api}/whip", token, stop) as connection:
            began_s, frame = time.monotonic(), 0
            while connection is not None and not stop.is_set():
                frame = max(frame, int((time.monotonic() - began_s - 1) * 50))
                try:
                    connection.peer.push(rising_tone(frame))
                except _core.ClientError:
                    if not connection.come_back():
                        return
                frame += 1
                voice.said_frames = frame

    with _in_a_thread(speak):
        yield voice


@contextmanager
def _in_a_thread(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Until the block ends, or the server refuses to let it come back, because the space is over."""
    stop = threading.Event()

    def run() -> None:
        with suppress(RemoteError):
            work(stop)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@dataclass
class Page:
    """A live socket that is opened again with `after`, as a browser's page does."""

    events: list[dict[str, Any]] = field(default_factory=list)
    # What the first message after each opening was.
    answers: list[str] = field(default_factory=list)
    seq: int | None = None
    # All of them, with when they came.
    messages: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def take(self, message: dict[str, Any]) -> None:
        self.messages.append((time.monotonic(), message))
        match message["type"]:
            case "snapshot":
                self.seq = message["seq"]
            case "event":
                self.events.append(message)
                self.seq = message["seq"]


@asynccontextmanager
async def open_page(space_api: str, account: Account, after: int | None = None) -> AsyncIterator[Page]:
    page = Page(seq=after)
    task = asyncio.create_task(_keep_open(page, space_api.replace("http://", "ws://") + "/live", account.token))
    try:
        await until(lambda: bool(page.answers))
        yield page
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep_open(page: Page, address: str, token: str) -> None:
    while True:
        with suppress(OSError, WebSocketException, TimeoutError):
            async with websockets.connect(address, open_timeout=3) as connection:
                await connection.send(json.dumps({"type": "hello", "token": token, "after": page.seq}))
                first = True
                async for text in connection:
                    message = json.loads(text)
                    if message["type"] == "ping":
                        await connection.send('{"type":"pong"}')
                        continue
                    if first:
                        page.answers.append(message["type"])
                    first = False
                    page.take(message)
        await asyncio.sleep(PAGE_AGAIN_S)


async def until(look: Callable[[], Found | None]) -> Found:
    return await eventually(look, PATIENCE_S)


def broken(gaps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """But for those of a machine that stood still for a second and more, which the tape tells of as well."""
    return [gap for gap in gaps if gap["reason"] != "overload"]


@dataclass
class Scene:
    """A recorded space with a host who speaks, a listener, and the host's page."""

    server: RunningServer
    host: Account
    space: str
    api: str
    voice: Voice
    ear: Ear
    page: Page

    @property
    def tape(self) -> Path:
        return self.server.data / "tapes" / self.space

    def recording(self) -> dict[str, Any]:
        answer = self.server.http.get(f"{self.api}/recording", headers=self.host.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def people(self) -> dict[str, tuple[str, bool, bool]]:
        """Role and mutes of everybody on stage."""
        answer = self.server.http.get(f"{self.api}/participants", headers=self.host.headers)
        assert answer.status_code == 200, answer.text
        stage = [one for one in answer.json()["items"] if one["role"] != "listener"]
        return {one["id"]: (one["role"], one["muted"], one["muted_by_host"]) for one in stage}

    def csrc_of(self, person: Account) -> int | None:
        stage = self.server.http.get(f"{self.api}/participants", headers=self.host.headers).json()["items"]
        return next((int(one["csrc"]) for one in stage if one["handle"] == person.handle), None)

    def sound(self, address: str) -> Sound:
        """Fetched and decoded."""
        with tempfile.NamedTemporaryFile(suffix=".ogg") as file:
            file.write(self.server.http.get(address).content)
            file.flush()
            return by_ffmpeg(Path(file.name))

    async def finished(self) -> dict[str, Any]:
        """Ended by the host, and all of the tape there."""
        self.server.http.post(f"{self.api}/end", headers=self.host.headers)
        return await until(lambda: found if (found := self.recording())["state"] == "finished" else None)


@asynccontextmanager
async def scene(server: RunningServer, name: str) -> AsyncIterator[Scene]:
    host = await asyncio.to_thread(server.new_account, name)
    space = server.open_space(host, recording="on")["id"]
    api = f"{server.url}/api/v1/spaces/{space}"
    with speaking(api, host.token) as voice, listening(api) as ear:
        async with open_page(api, host) as page:
            # The page and the voice are one seat, and whoever comes by a page is muted at first.
            server.verb(space, server.participant(space, host), "unmute", host)
            await ear.hears()
            yield Scene(server, host, space, api, voice, ear, page)


async def joins_again(scene: Scene, killed_at_s: float) -> float:
    """How long after that moment somebody new heard the first sound."""

    async def tried() -> float | None:
        with suppress(httpx2.HTTPError, _core.ClientError):
            return await asyncio.to_thread(_first_sound, scene.api)
        return None

    return await eventually(tried, PATIENCE_S) - killed_at_s


def _first_sound(space_api: str) -> float | None:
    newcomer = _core.Subscriber()
    try:
        sdp = {"content-type": "application/sdp"}
        answer = httpx2.post(f"{space_api}/whep", content=newcomer.offer(), headers=sdp, timeout=10, verify=False)
        if answer.status_code != 201:
            return None
        newcomer.answer(answer.text)
        deadline_s = time.monotonic() + 5
        while time.monotonic() < deadline_s:
            if any(len(packet.payload) >= LOUD_BYTES for packet in newcomer.receive(0.1)):
                return time.monotonic()
        return None
    finally:
        newcomer.close()
