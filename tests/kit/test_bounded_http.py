"""How long a connection may stand open without a request, on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn

from voxhall.kit.bounded_http import BoundedHttp
from voxhall.kit.doors import BODY_IS_HERE, Receive, Scope, Send

REQUEST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n"


class Hasty(BoundedHttp):
    head_timeout_s = 0.2


async def says_what_it_knew(scope: Scope, receive: Receive, send: Send) -> None:
    was_here = BODY_IS_HERE in scope
    while (await receive()).get("more_body"):
        pass
    body = b"here" if was_here else b"late"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(says_what_it_knew, http=Hasty, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([listening]))
        yield listening.getsockname()[1]
        server.should_exit = True
        await serving


@pytest.mark.parametrize("begun", [b"", b"POST / HT", REQUEST + b"abcGET / HT"], ids=["nothing", "half", "the second"])
async def test_who_does_not_finish_a_head_is_hung_up_on(port: int, begun: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(begun)
        answered = await asyncio.wait_for(reader.read(), 5)
        assert answered.endswith(b"here" if REQUEST in begun else b"")
    finally:
        writer.close()


async def test_whether_a_body_came_with_its_head_is_known_to_whoever_reads_it(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(REQUEST + b"abc")
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\nhere"), 5)).startswith(b"HTTP/1.1 200")
        writer.write(REQUEST.replace(b"host", b"expect: 100-continue\r\nhost"))
        await asyncio.wait_for(reader.readuntil(b"100 Continue\r\n\r\n"), 5)
        writer.write(b"abc")
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\nlate"), 5)).startswith(b"HTTP/1.1 200")
    finally:
        writer.close()
