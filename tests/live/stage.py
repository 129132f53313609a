"""What the tests of live spaces speak with: a live socket, and a media node's end of the internal link.

The node here carries no sound: it is the process boundary made visible. It speaks the link's own protocol over the real
unix socket, remembers what it was told, and says what a test lets it notice. Sound is tested in tests/media.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import websockets.asyncio.client as websockets
from websockets.exceptions import ConnectionClosed

from tests.world import Person, World
from voxhall.errors import JsonObject, RemoteError
from voxhall.kit.link import Link, LinkHandler
from voxhall.kit.link_ends import LinkClient

OFFER = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
SDP = {"content-type": "application/sdp"}
FRAGMENT = {"content-type": "application/trickle-ice-sdpfrag"}


class Socket:
    """One page's live socket. `seen` holds every message but pings."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection
        self.seen: list[dict[str, Any]] = []
        self._last_id = 0

    async def receive(self) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = json.loads(await self.connection.recv())
            if message["type"] == "ping":
                await self.send({"type": "pong"})
                continue
            self.seen.append(message)
            return message

    async def send(self, message: dict[str, Any]) -> None:
        await self.connection.send(json.dumps(message))

    async def until(self, type_: str, name: str | None = None, **data: Any) -> dict[str, Any]:
        """The next message like this; those before it are in `seen`."""
        while True:
            message = await self.receive()
            if message["type"] != type_ or (name is not None and message.get("name") != name):
                continue
            if all(message["data"].get(key) == value for key, value in data.items()):
                return message

    async def command(self, name: str, **arguments: Any) -> dict[str, Any]:
        """The answer; what happened before it is in `seen`."""
        self._last_id += 1
        command_id = f"c{self._last_id}"
        await self.send({"type": "command", "id": command_id, "name": name, **arguments})
        while True:
            message = await self.receive()
            if message.get("id") == command_id:
                return message

    async def do(self, name: str, **arguments: Any) -> None:
        answer = await self.command(name, **arguments)
        assert answer["type"] == "ok", answer

    async def refused(self, name: str, **arguments: Any) -> str:
        answer = await self.command(name, **arguments)
        assert answer["type"] == "error", answer
        code: str = answer["error"]["code"]
        return code

    async def closed(self) -> tuple[int, str]:
        """The close code and reason, after everything sent before it."""
        with suppress(ConnectionClosed):
            while True:
                await self.receive()
        return self.connection.close_code or 1006, self.connection.close_reason or ""

    def events(self) -> list[str]:
        return [message["name"] for message in self.seen if message["type"] == "event"]

    @property
    def me(self) -> str:
        snapshots = [message for message in self.seen if message["type"] == "snapshot"]
        participant_id: str = snapshots[-1]["you"]["participant_id"]
        return participant_id


@asynccontextmanager
async def opened(
    world: World, space_id: str, *, headers: dict[str, str] | None = None
) -> AsyncIterator[websockets.ClientConnection]:
    address = f"{world.live_address}/api/v1/spaces/{space_id}/live"
    async with websockets.connect(
        address, additional_headers=headers or {}, open_timeout=10, max_queue=None
    ) as connection:
        yield connection


@asynccontextmanager
async def live_socket(
    world: World, space_id: str, person: Person | None = None, *, after: int | None = None, cookie: str | None = None
) -> AsyncIterator[Socket]:
    """Open, greeted, and with its first answer received."""
    async with opened(world, space_id, headers={"cookie": cookie} if cookie else None) as connection:
        socket = Socket(connection)
        await socket.send({"type": "hello", "token": person.token if person else None, "after": after})
        await socket.receive()
        yield socket


@dataclass
class Node(LinkHandler):
    """A media node as the control plane sees it."""

    link: Link | None = None
    peers: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, JsonObject]] = field(default_factory=list)
    refuse: dict[str, RemoteError] = field(default_factory=dict)
    # Instead of its own words in answer to an offer.
    answers: str | None = None
    # What is recorded of which space, and what was noted.
    modes: dict[str, str] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    # Done once while the next peer is being opened: the world does not wait for the node.
    meanwhile: Callable[[], Awaitable[None]] | None = None
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def connected(self, link: Link) -> None:
        self.link = link
        link.send_event("report", self.report())

    async def lost(self, link: Link) -> None:
        if self.link is link:
            self.link = None

    async def call(self, link: Link, name: str, args: JsonObject) -> JsonObject:
        del link
        if name in self.refuse:
            raise self.refuse[name]
        self.calls.append((name, args))
        if name.startswith("open_") and self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        self._heard.set()
        return self._answer(name, dict(args))

    def _answer(self, name: str, args: dict[str, Any]) -> JsonObject:
        match name:
            case "open_publisher" | "open_listener":
                kind = name.removeprefix("open_")
                publish = args.get("publish", False)
                self.peers[args["peer"]] = {**args, "kind": kind, "state": "new", "publish": publish}
                return {"sdp": self.answers or f"v=0\r\na=answer-for:{kind}\r\n", "etag": "first"}
            case "patch":
                if args["if_match"] not in {"*", "first"}:
                    raise RemoteError("precondition_failed", "The session has another version.", status=412)
                is_restart = "a=ice-ufrag:" in args["fragment"]
                return (
                    {"etag": "second", "fragment": "a=ice-ufrag:new"}
                    if is_restart
                    else {"etag": "first", "fragment": None}
                )
            case "allow":
                for peer in self._those(lambda one: self._is(one, args) and one["kind"] == "publisher"):
                    self.peers[peer]["publish"] = args["publish"]
            case "close":
                self.peers.pop(args["peer"], None)
            case "close_participant" | "close_space":
                for peer in self._those(lambda one: self._is(one, args)):
                    del self.peers[peer]
            case "record" | "note":
                return self._answer_of_tape(name, args)
            case "report":
                return self.report()
            case "stats" | "confirm":
                return {}
            case _:
                raise AssertionError(name)
        return {}

    def _answer_of_tape(self, name: str, args: dict[str, Any]) -> JsonObject:
        space = args["space"]
        if name == "record":
            self.modes[space] = args["mode"]
        else:
            self.log += args["events"]
            self.noted[space] = args["events"][-1]["seq"]
        return {"at_ms": 0, "segment": 1, "last_seq": self.noted.get(space, 0)}

    def report(self) -> JsonObject:
        spaces: dict[str, list[Any]] = {}
        for name, peer in self.peers.items():
            told = {key: peer[key] for key in ("participant", "kind", "state", "publish")}
            spaces.setdefault(peer["space"], []).append({"peer": name, **told})
        return {"spaces": [{"space": space, "peers": peers} for space, peers in spaces.items()], "stats": {}}

    def notices_of_tape(self, name: str, space: str, **data: Any) -> None:
        assert self.link is not None
        self.link.send_event(name, {"space": space, **data})

    def notices(self, name: str, peer: str, reason: str | None = None) -> None:
        told = self.peers[peer]
        data = {"space": told["space"], "peer": peer, "participant": told["participant"], "kind": told["kind"]}
        if name == "closed":
            del self.peers[peer]
        assert self.link is not None
        self.link.send_event(name, {**data, **({"reason": reason} if reason else {})})

    async def heard(self, condition: Callable[[], bool]) -> None:
        """Until a call has made this true."""
        while not condition():
            self._heard.clear()
            await self._heard.wait()

    def publishers(self) -> list[bool]:
        return [one["publish"] for one in self.peers.values() if one["kind"] == "publisher"]

    def _those(self, condition: Callable[[dict[str, Any]], bool]) -> list[str]:
        return [name for name, one in self.peers.items() if condition(one)]

    @staticmethod
    def _is(one: dict[str, Any], args: dict[str, Any]) -> bool:
        return bool(one["space"] == args["space"] and args.get("participant") in {None, one["participant"]})


@asynccontextmanager
async def connected(world: World, node: Node) -> AsyncIterator[Node]:
    """Until the control plane has compared the node's report."""
    hello = {"role": "media", "name": "no_test"}
    async with LinkClient(world.kit.settings.link_socket, hello=hello, handler=node):
        await ready(world, 200)
        yield node


async def ready(world: World, status: int) -> None:
    """Until the server says that it has a node, or has none; each question is an answer's time apart."""
    client = await world.browser()
    while (await client.get("/readyz")).status_code != status:
        pass


async def pass_time(world: World, seconds: float, *watching: Socket) -> None:
    """In steps in which the sockets that stay open are heard of, as those of open pages are."""
    while seconds > 0:
        step = min(seconds, 10)
        world.clock.advance(step)
        seconds -= step
        for socket in watching:
            await socket.command("withdraw_request")


async def live_space(host: Person, **wishes: Any) -> str:
    answer = await host.http.post("/api/v1/spaces", json={"title": "Evening radio", **wishes})
    assert answer.status_code == 201, answer.text
    space_id: str = answer.json()["id"]
    return space_id


async def whip(person: Person, space_id: str) -> str:
    """The address of a new microphone session."""
    answer = await person.http.post(f"/api/v1/spaces/{space_id}/whip", content=OFFER, headers=SDP)
    assert answer.status_code == 201, answer.text
    location: str = answer.headers["location"]
    return location


def peer_of(location: str) -> str:
    return location.rpartition("/")[2]
