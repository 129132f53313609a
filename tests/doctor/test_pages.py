"""What the doctor tells over HTTP: the examination to administrators, and to any browser how its way here is."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets.asyncio.client as websockets

from tests.live.stage import OFFER, Node
from tests.running import eventually
from tests.world import World
from voxhall.doctor.visitors import AT_ONCE_FROM_ONE_ADDRESS
from voxhall.doctor.words import WORDS
from voxhall.errors import RemoteError

LOCALES = Path(__file__).parent.parent.parent / "web" / "src" / "locales"
ANSWER = (
    "v=0\r\n"
    "a=candidate:1 1 udp 2130706431 192.0.2.1 8401 typ host\r\n"
    "a=candidate:2 1 tcp 1671430143 192.0.2.1 8401 typ host tcptype passive\r\n"
)


@asynccontextmanager
async def visit(world: World) -> AsyncIterator[websockets.ClientConnection]:
    async with websockets.connect(f"{world.live_address}/api/v1/doctor", open_timeout=10) as connection:
        yield connection


async def told(connection: websockets.ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await connection.recv())
    return message


async def close_code(connection: websockets.ClientConnection) -> int | None:
    await connection.wait_closed()
    return connection.close_code


def offer(kind: str) -> str:
    return json.dumps({"type": "offer", "kind": kind, "sdp": OFFER})


@pytest.mark.parametrize(("who", "status"), [("nobody", 401), ("listener", 403), ("operator", 200)])
async def test_only_administrators_see_the_examination(small_world: World, who: str, status: int) -> None:
    await small_world.person("listener")
    await small_world.person("operator", administrator=True)
    client = await small_world.browser() if who == "nobody" else small_world.people[who].http
    answer = await client.get("/api/v1/admin/doctor")
    assert answer.status_code == status


async def test_the_examination_names_what_is_wrong_with_its_mend(small_world: World) -> None:
    """The server runs and no media node does."""
    operator = await small_world.person("operator", administrator=True)
    said = (await operator.http.get("/api/v1/admin/doctor")).json()
    found = {one["name"]: one for one in said["findings"]}
    assert not said["ok"]
    assert found["server"]["level"] == "failed"
    assert found["server"]["sentence"] == "The server answers and cannot host: media (no media node is connected)."
    assert found["sound"]["case"] == "sound_none"
    assert found["sound"]["mend"]
    assert found["tapes"]["case"] == "tapes_ok"


async def test_a_visitor_is_told_their_address_and_one_way_at_a_time(small_world: World, small_node: Node) -> None:
    small_node.answers = ANSWER
    async with visit(small_world) as connection:
        assert await told(connection) == {"type": "seen", "address": "127.0.0.1"}
        for kind, other in (("udp", "tcp"), ("tcp", "udp")):
            await connection.send(offer(kind))
            answer = await told(connection)
            assert (answer["type"], answer["kind"]) == ("answer", kind)
            assert f" 1 {kind} " in answer["sdp"]
            assert f" 1 {other} " not in answer["sdp"]
        assert len(small_node.peers) == 2
    await eventually(lambda: not small_node.peers)


@pytest.mark.parametrize(
    "sent",
    [["nonsense"], ['{"type": "offer"}'], [offer("sctp")], [offer("udp"), offer("udp")], [b"bytes"]],
    ids=["no JSON", "no offer", "no such kind", "one kind twice", "bytes"],
)
async def test_a_visitor_who_says_something_else_is_let_go(
    small_world: World, small_node: Node, sent: list[str | bytes]
) -> None:
    async with visit(small_world) as connection:
        for message in sent:
            await connection.send(message)
        assert await close_code(connection) == 4400
    await eventually(lambda: not small_node.peers)


async def test_a_node_that_takes_nobody_is_no_blocked_way(small_world: World, small_node: Node) -> None:
    small_node.refuse["open_listener"] = RemoteError("at_capacity", "The server is full.", status=503)
    async with visit(small_world) as connection:
        await told(connection)
        await connection.send(offer("udp"))
        refused = await told(connection)
    assert (refused["type"], refused["kind"], refused["error"]["code"]) == ("refused", "udp", "at_capacity")


async def test_one_address_cannot_take_every_place(small_world: World) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(AT_ONCE_FROM_ONE_ADDRESS):
            await told(await stack.enter_async_context(visit(small_world)))
        async with visit(small_world) as one_too_many:
            assert await close_code(one_too_many) == 4429
    async with visit(small_world) as connection:
        assert (await told(connection))["type"] == "seen"


def test_the_pages_say_in_english_what_the_command_says() -> None:
    words = json.loads((LOCALES / "en" / "doctor.json").read_text())["doctor"]
    command = {case: [re.sub(r"\{(\w+)\}", r"{{\1}}", text) for text in texts] for case, texts in WORDS.items()}
    assert words["found"] == {case: sentence for case, (sentence, _) in command.items()}
    assert words["mend"] == {case: mend for case, (_, mend) in command.items() if mend}
