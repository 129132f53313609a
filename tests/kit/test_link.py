"""The internal link on its real socket: calls both ways, events in order, and what a broken side does to the other."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from voxhall.errors import CapacityError, JsonObject, LinkDownError, LinkTimeoutError, RemoteError
from voxhall.kit.link import MAX_LINE_BYTES, MAX_QUEUED_BYTES, Link, LinkHandler
from voxhall.kit.link_ends import LinkClient, LinkServer


class Node(LinkHandler):
    """Either side: remembers what it was told and answers a few calls."""

    def __init__(self) -> None:
        self.told: list[tuple[str, JsonObject]] = []
        self.was_connected = asyncio.Event()
        self.was_lost = asyncio.Event()
        self.news = asyncio.Condition()

    async def connected(self, link: Link) -> None:
        del link
        self.was_connected.set()

    async def call(self, link: Link, name: str, args: JsonObject) -> JsonObject | str:
        match name:
            case "echo":
                return args
            case "text":
                return '{"as":"it is"}'
            case "full":
                raise CapacityError(details={"limit": 3})
            case "fault":
                raise ZeroDivisionError
            case "sleep":
                await asyncio.Event().wait()
        return await super().call(link, name, args)

    async def event(self, link: Link, name: str, data: JsonObject) -> None:
        if name == "ask_back":
            data = await link.call("echo", {"asked": True})
        async with self.news:
            self.told.append((name, data))
            self.news.notify_all()

    async def lost(self, link: Link) -> None:
        del link
        self.was_lost.set()

    async def until_told(self, count: int) -> list[tuple[str, JsonObject]]:
        async with self.news:
            await self.news.wait_for(lambda: len(self.told) >= count)
        return self.told


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "link.sock"


@asynccontextmanager
async def linked(path: Path) -> AsyncIterator[tuple[Link, Node, Link, Node]]:
    """The server's link and handler, and the client's."""
    here, there = Node(), Node()
    server = LinkServer(path)
    server.accept("media", lambda _link: here)
    await server.start()
    try:
        async with LinkClient(path, {"role": "media", "name": "no_1"}, there) as client:
            await asyncio.gather(here.was_connected.wait(), there.was_connected.wait())
            assert client.link is not None
            yield server.links("media")[0], here, client.link, there
    finally:
        await server.close()


async def test_both_sides_call_and_answer(path: Path) -> None:
    async with linked(path) as (server, _, client, _):
        assert server.hello["name"] == "no_1"
        assert await server.call("echo", {"a": [1, "ä\n"]}) == {"a": [1, "ä\n"]}
        assert await client.call("echo", {"b": None}) == {"b": None}


async def test_what_is_json_already_is_passed_on_as_it_is(path: Path) -> None:
    async with linked(path) as (server, here, client, _):
        assert await server.call("text") == {"as": "it is"}
        client.pass_on('{"event":"known","data":{"n":1}}')
        assert await here.until_told(1) == [("known", {"n": 1})]


@asynccontextmanager
async def spoken_to(path: Path, handler: Node) -> AsyncIterator[tuple[LinkServer, asyncio.StreamWriter]]:
    """A server and a plain connection to it, on which nothing is read or said but what the test does."""
    server = LinkServer(path)
    server.accept("media", lambda _link: handler)
    await server.start()
    _, writer = await asyncio.open_unix_connection(str(path))
    try:
        yield server, writer
    finally:
        writer.close()
        await server.close()


async def test_a_side_that_does_not_read_loses_the_link_and_nobody_else_does(path: Path) -> None:
    deaf = Node()
    async with spoken_to(path, deaf) as (server, writer):
        writer.write(json.dumps({"hello": {"role": "media"}}).encode() + b"\n")
        await deaf.was_connected.wait()
        link = server.links("media")[0]
        text = "x" * (MAX_LINE_BYTES // 2)
        for _ in range(MAX_QUEUED_BYTES // len(text) - 1):
            link.send_event("long", {"text": text})
        with pytest.raises(LinkDownError):
            await asyncio.gather(*(_send(link, text) for _ in range(3)))
        await asyncio.wait_for(deaf.was_lost.wait(), 5)
        assert server.links("media") == []


async def test_many_calls_at_once_get_their_own_answers(path: Path) -> None:
    async with linked(path) as (server, _, _, _):
        answers = await asyncio.gather(*(server.call("echo", {"n": n}) for n in range(200)))
        assert answers == [{"n": n} for n in range(200)]


async def test_a_refusal_keeps_its_code_status_and_details(path: Path) -> None:
    async with linked(path) as (server, _, _, _):
        with pytest.raises(RemoteError) as refusal:
            await server.call("full")
        assert (refusal.value.code, refusal.value.status) == ("at_capacity", 503)
        assert refusal.value.details == {"limit": 3}
        with pytest.raises(RemoteError) as fault:
            await server.call("fault")
        assert (fault.value.code, fault.value.status) == ("internal", 500)
        with pytest.raises(RemoteError) as unknown:
            await server.call("nonsense")
        assert unknown.value.code == "unknown_call"


async def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(path: Path) -> None:
    async with linked(path) as (server, _, _, _):
        with pytest.raises(LinkTimeoutError):
            await server.call("sleep", timeout_s=0.01)
        assert await server.call("echo", {}) == {}


async def test_events_arrive_in_order_and_their_handler_may_call(path: Path) -> None:
    async with linked(path) as (_, here, client, _):
        client.send_event("ask_back", {})
        for number in range(100):
            client.send_event("count", {"n": number})
        told = await here.until_told(101)
        assert told[0] == ("ask_back", {"asked": True})
        assert [data["n"] for _, data in told[1:]] == list(range(100))


class Late(Node):
    """Takes its time before anything is handled."""

    def __init__(self) -> None:
        super().__init__()
        self.may_begin = asyncio.Event()

    async def connected(self, link: Link) -> None:
        await super().connected(link)
        await self.may_begin.wait()


async def test_what_comes_before_a_side_is_ready_waits_and_is_handled_in_order(path: Path) -> None:
    late = Late()
    async with spoken_to(path, late) as (_, writer):
        lines = [{"hello": {"role": "media"}}] + [{"event": "n", "data": {"n": n, "x": "x" * 999}} for n in range(3000)]
        writer.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        await late.was_connected.wait()
        # Of three megabytes most waits in the socket.
        assert not late.told
        late.may_begin.set()
        await asyncio.wait_for(writer.drain(), 5)
        told = await asyncio.wait_for(late.until_told(3000), 5)
        assert [data["n"] for _, data in told] == list(range(3000))


async def test_a_client_comes_back_to_a_server_that_was_restarted(path: Path) -> None:
    there = Node()
    async with LinkClient(path, {"role": "media"}, there):
        for _ in range(2):
            here = Node()
            server = LinkServer(path)
            server.accept("media", lambda _link, here=here: here)  # type: ignore[misc]
            await server.start()
            await here.was_connected.wait()
            assert len(server.links("media")) == 1
            await server.close()
            await there.was_lost.wait()
            there.was_lost.clear()
            assert here.was_lost.is_set()


async def test_a_call_under_way_ends_with_the_link(path: Path) -> None:
    async with linked(path) as (server, _, client, _):
        waiting = asyncio.create_task(server.call("sleep", timeout_s=30))
        await server.call("echo", {})
        client.close()
        with pytest.raises(LinkDownError):
            await waiting
        with pytest.raises(LinkDownError):
            await server.call("echo", {})


async def test_only_the_server_s_own_account_can_open_the_socket(path: Path) -> None:
    async with linked(path):
        modes = await asyncio.to_thread(lambda: [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent)])
    assert modes == [0o600, 0o700]


async def test_a_data_folder_may_be_deep(tmp_path: Path) -> None:
    async with linked(tmp_path / ("deep" * 30) / "run" / "link.sock") as (server, _, _, _):
        assert await server.call("echo", {}) == {}


BAD_HELLOS = {
    "nothing": b"",
    "no json": b"hello\n",
    "another shape": b"[1]\n",
    "a role that nobody accepts": b'{"hello": {"role": "boss"}}\n',
    "a role that is no word": b'{"hello": {"role": {}}}\n',
    "a line without end": b"x" * (MAX_LINE_BYTES + 10),
}


@pytest.mark.parametrize("hello", BAD_HELLOS.values(), ids=BAD_HELLOS.keys())
async def test_who_does_not_say_a_proper_hello_is_turned_away(path: Path, hello: bytes) -> None:
    async with linked(path) as (server, _, _, _):
        reader, writer = await asyncio.open_unix_connection(str(path))
        try:
            writer.write(hello)
            if not hello:
                writer.write_eof()
            assert await _read_to_end(reader) == b""
        finally:
            writer.close()
        assert await server.call("echo", {}) == {}


async def test_nonsense_after_the_hello_costs_only_its_own_link(path: Path) -> None:
    async with linked(path) as (server, _, _, _):
        for nonsense in (b"{\n", b"[]\n", b'{"id": 1, "call": "nonsense", "args": 7}\n' + b"{\n", b"\xff\xfe\n"):
            reader, writer = await asyncio.open_unix_connection(str(path))
            try:
                writer.write(json.dumps({"hello": {"role": "media"}}).encode() + b"\n" + nonsense)
                assert await _read_to_end(reader) == b""
            finally:
                writer.close()
        assert await server.call("echo", {}) == {}


async def _send(link: Link, text: str) -> None:
    link.send_event("long", {"text": text})


async def _read_to_end(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""
