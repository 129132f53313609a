"""Nonsense at every route and on the socket, from everybody: a clear refusal in time, and nobody else notices.

The generator has a seed, so that a failure comes again; the rounds are few enough for every run of the suite.
"""

import asyncio
import json
import logging
import random
import time
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from tests.live.stage import FRAGMENT, OFFER, SDP, Node, connected, live_socket, live_space, opened
from tests.world import World
from voxhall.live.protocol import SOCKET_COMMANDS

ROUNDS = 500
SOCKET_ROUNDS = 60
# A machine may stand still for seconds, and no answer is to blame: what nonsense may cost is CPU, of this process and
# so of the server in it, for four requests at once. Who waits longer than the other is waiting for something that never
# comes.
MAX_CPU_S = 1.0
HANGING_S = 15.0

STRANGE: list[Any] = [
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    10**400,
    1e308,
    "",
    " ",
    "a" * 5_000,
    "\u202e\u200b",
    "x\u0000y",
    "\ud800",
    "😀" * 90,
    "9999-12-31T23:59:59-23:00",
    "0001-01-01T00:00:00+23:00",
    "2030-02-30T00:00:00Z",
    "NaN",
    [],
    {},
    [[[[]]]],
    ["a"] * 200,
    {"a": {"b": None}},
]
STRANGE_PATHS = ["", "..", "%2e%2e", "%00", "%ff", "a" * 300, "%F0%9F%98%80", "sp_x", "0", "-1", "current", "' or 1=1"]
CURSORS = [
    "abc",
    "====",
    "WyI5OTk5LTEyLTMxVDIzOjU5OjU5LTIzOjAwIiwgIngiXQ",
    "WyIwMDAxLTAxLTAxVDAwOjAwOjAwIiwgIngiXQ",
    "WyIyMDI2LTAxLTAxIiwgIlx1ZDgwMCJd",
    "WyIyMDI2LTAxLTAxIiwgIlx1MDAwMCJd",
    "W1siYSJdXQ",
    "[" * 300,
]
HEADERS = [
    {"if-match": "*"},
    {"if-match": '"' + "a" * 4_000},
    {"content-type": "application/json; charset=utf-16"},
    {"content-type": "multipart/form-data"},
    {"content-encoding": "gzip"},
    {"cookie": "voxhall_session=\xff; voxhall_guest=" + "a" * 43},
    {"cookie": "=;=;;voxhall_guest"},
    {"authorization": "Bearer"},
    {"authorization": "Bearer \xff\xfe"},
    {"authorization": "Basic Og=="},
    {"origin": "http://[", "cookie": "voxhall_session=x"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"accept-encoding": "br;q=x"},
    {"range": "bytes=5-1,-,99999999999999999999-"},
    {"expect": "100-continue"},
    {"x-forwarded-for": "::ffff:1.2.3.4, garbage"},
]


class Generator:
    def __init__(self, seed: int, schema: dict[str, Any], ids: dict[str, str]) -> None:
        self.random = random.Random(seed)
        self._ids = ids
        self._shapes = schema["components"]["schemas"]
        self._routes = [
            (method.upper(), path, operation)
            for path, operations in schema["paths"].items()
            for method, operation in operations.items()
        ]

    def request(self) -> dict[str, Any]:
        method, path, operation = self.random.choice(self._routes)
        for name, known in self._ids.items():
            value = known if self.random.random() < 0.7 else self.random.choice(STRANGE_PATHS)
            path = path.replace("{" + name + "}", value)
        if self.random.random() < 0.05:
            method = self.random.choice(["PUT", "TRACE", "HEAD", "OPTIONS", "REPORT"])
        query = ""
        if self.random.random() < 0.3:
            key, values = self.random.choice(
                [("cursor", CURSORS), ("limit", ["0", "-1", "9" * 30, "x"]), ("state", ["live", "%ff"]), ("%00", ["1"])]
            )
            query = f"?{key}={self.random.choice(values)}"
        content, headers = self._body(operation)
        if self.random.random() < 0.3:
            headers |= self.random.choice(HEADERS)
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        return {"method": method, "url": path + query, "content": content, "headers": raw}

    def _body(self, operation: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            shape = self._shapes[content["application/json"]["schema"]["$ref"].rpartition("/")[2]]
            body = {name: self.value() for name in shape["properties"] if self.random.random() < 0.8}
            if self.random.random() < 0.1:
                body[str(self.value())] = self.value()
            return self.scrambled(json.dumps(body).encode()), {"content-type": "application/json"}
        kind = SDP if "application/sdp" in content else FRAGMENT if content else {}
        return self.scrambled(OFFER.encode()) if content else b"", dict(kind)

    def value(self) -> Any:
        return self.random.choice(["ok_text", "A title", *STRANGE, *STRANGE])

    def scrambled(self, body: bytes) -> bytes:
        """Half of the time as it is, else with a few bytes changed, cut off, or repeated."""
        if not body or self.random.random() < 0.5:
            return body
        changed = bytearray(body)
        for _ in range(self.random.randint(1, 5)):
            changed[self.random.randrange(len(changed))] = self.random.randrange(256)
        return bytes(changed[: self.random.randrange(len(changed))] * self.random.choice([1, 1, 1, 3, 2_000]))

    def message(self) -> str | bytes:
        name = self.random.choice([*SOCKET_COMMANDS, "cancel", "nonsense"])
        message: dict[str, Any] = {"type": self.random.choice(["command", "command", "command", "hello", "pong", "x"])}
        message |= {"id": "c1", "name": name} if message["type"] == "command" else {}
        if self.random.random() < 0.6:
            message["participant_id"] = self.random.choice([self._ids["participant_id"], self.value()])
        if self.random.random() < 0.2:
            message[self.random.choice(["id", "name", "type", "after", "token"])] = self.value()
        text = self.scrambled(json.dumps(message).encode())
        return text.decode(errors="replace") if self.random.random() < 0.9 else text


async def ask(client: httpx2.AsyncClient, request: dict[str, Any]) -> None:
    async with asyncio.timeout(HANGING_S):
        answer = await client.request(**request)
    assert answer.status_code < 500 or answer.status_code == 503, (request, answer.text)
    if answer.status_code >= 400 and request["method"] != "HEAD" and answer.content:
        assert answer.headers["content-type"] == "application/json", (request, answer.text)
        assert set(answer.json()["error"]) == {"code", "message", "details"}, request


async def talk(world: World, space_id: str, token: str | None, generator: Generator) -> None:
    with suppress(ConnectionClosed, InvalidStatus, InvalidMessage):
        async with asyncio.timeout(2 * HANGING_S), opened(world, space_id) as connection:
            if generator.random.random() < 0.8:
                await connection.send(json.dumps({"type": "hello", "token": token, "after": None}))
            for _ in range(10):
                await connection.send(generator.message())
            await connection.send(b"end")
            while True:
                await connection.recv()


async def test_no_nonsense_makes_the_server_fail(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with capture_logs() as logged, caplog.at_level(logging.ERROR):
        async with connected(world, Node()):
            ana, ben, cleo, dora = [await world.person(name) for name in ("ana", "ben", "cleo", "dora")]
            space = await live_space(ana, who_may_speak="everyone")
            untouched = await live_space(dora)
            location = await ben.http.post(f"/api/v1/spaces/{space}/whip", content=OFFER, headers=SDP)
            speaker = (await ana.http.get(f"/api/v1/spaces/{space}/participants")).json()["items"][0]["id"]
            ids = {
                "space_id": space,
                "participant_id": speaker,
                "peer": location.headers["location"].rpartition("/")[2],
                "handle": "ben",
                "token_id": "to_x",
                "verb": "mute",
            }
            schema = (await ana.http.get("/api/v1/openapi.json")).json()
            generator = Generator(2026, schema, ids)
            guest = await world.browser()
            clients = [guest, ana.http, ben.http, cleo.http]
            async with live_socket(world, untouched, dora) as bystander:
                for turn in range(0, ROUNDS, len(clients)):
                    requests = [generator.request() for _ in clients]
                    began_s = time.process_time()
                    await asyncio.gather(*map(ask, clients, requests))
                    assert time.process_time() - began_s < MAX_CPU_S, requests
                    if turn % (ROUNDS // 5) == 0:
                        await bystander.do("withdraw_request")
                tokens = [None, ana.token, ben.token, cleo.token]
                for _ in range(0, SOCKET_ROUNDS, len(tokens)):
                    await asyncio.gather(*(talk(world, space, token, generator) for token in tokens))
                await bystander.do("withdraw_request")
    failures = [one for one in logged if one["log_level"] in {"error", "critical"}]
    assert failures == []
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []
