"""Every door of the HTTP interface, with what strangers send: the answer is a refusal, never a failure."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import websockets

from tests.world import World

JSON = {"content-type": "application/json"}

BAD_JSON = {
    "no json": b"{",
    "empty words": b"nonsense",
    "a lone surrogate": rb'{"display_name": "\ud800"}',
    "a reversed pair": rb'{"display_name": "\udc00\ud800"}',
    "a lone surrogate in a key": rb'{"\ud800": 1}',
    "NaN": b'{"display_name": NaN}',
    "Infinity": b'{"display_name": -Infinity}',
    "a number beyond all": b'{"display_name": 1e999}',
    "a number of 5,000 digits": b'{"display_name": ' + b"9" * 5_000 + b"}",
    "deep arrays": b"[" * 60_000,
    "deep objects": b'{"a":' * 10_000,
    "a key twice": b'{"display_name": "Ana", "display_name": "Ben"}',
    "NUL in a string": rb'{"display_name": "a\u0000b"}',
    "no UTF-8": b'{"display_name": "\xff"}',
    "UTF-16": '{"display_name": "Ana"}'.encode("utf-16"),
}


@pytest.mark.parametrize("body", BAD_JSON.values(), ids=BAD_JSON.keys())
async def test_json_that_parsers_disagree_about_is_refused(small_world: World, body: bytes) -> None:
    ana = await small_world.person("ana")
    answer = await ana.http.patch("/api/v1/me", content=body, headers=JSON)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "bad_json"
    assert len(answer.content) < 300


async def test_ten_megabytes_are_refused(small_world: World) -> None:
    ana = await small_world.person("ana")
    answer = await ana.http.patch("/api/v1/me", content=b'"' + b"a" * 10_000_000, headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


async def test_a_body_of_unknown_length_is_counted_as_it_arrives(small_world: World) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b"a" * 1024

    answer = await (await small_world.browser()).post("/api/v1/users", content=parts(), headers=JSON)
    assert answer.status_code == 413


async def test_a_body_announced_as_huge_is_refused_at_once(small_world: World) -> None:
    host, port = small_world.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(b"POST /api/v1/users HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_head_without_end_is_cut_off(small_world: World) -> None:
    host, port = small_world.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 70_000)
        assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
    finally:
        writer.close()


async def test_a_body_of_exactly_the_limit_is_read(small_world: World) -> None:
    ana = await small_world.person("ana")
    body = b'{"bio": "' + b"a" * (64 * 1024 - 11) + b'"}'
    assert len(body) == 64 * 1024
    assert (await ana.http.patch("/api/v1/me", content=body, headers=JSON)).status_code == 422
    assert (await ana.http.patch("/api/v1/me", content=body + b" ", headers=JSON)).status_code == 413


async def test_a_list_of_wrong_items_is_answered_shortly(small_world: World) -> None:
    ana = await small_world.person("ana")
    answer = await ana.http.patch("/api/v1/me", json={"links": list(range(10_000))})
    assert answer.status_code == 422
    assert len(answer.json()["error"]["details"]) <= 20


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"1", b'{"unknown": 1}', b'{"display_name": {}}'])
async def test_a_body_of_another_shape_is_invalid(small_world: World, body: bytes) -> None:
    ana = await small_world.person("ana")
    answer = await ana.http.patch("/api/v1/me", content=body, headers=JSON)
    assert answer.status_code == 422
    assert "unknown" not in answer.text


async def test_a_refusal_never_repeats_what_was_sent(small_world: World) -> None:
    ana = await small_world.person("ana")
    secret = "sesame-open-42"
    for body in ({secret: 1}, {"display_name": [secret]}, {"links": [secret]}, {"bio": secret * 100}):
        answer = await ana.http.patch("/api/v1/me", json=body)
        assert answer.status_code == 422
        assert secret not in answer.text


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/users/ana/nothing", "/api", "/api/v1/me/"])
async def test_an_address_of_nothing_is_not_found(small_world: World, path: str) -> None:
    answer = await (await small_world.browser()).get(path)
    assert answer.status_code in {307, 404}


async def test_a_wrong_method_is_named(small_world: World) -> None:
    answer = await (await small_world.browser()).put("/api/v1/me")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"


async def test_pages_cannot_be_framed_or_given_foreign_scripts(small_world: World) -> None:
    for path in ("/healthz", "/api/v1/me", "/api/docs", "/"):
        headers = (await (await small_world.browser()).get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"


async def test_each_answer_has_a_request_id_of_ours(small_world: World) -> None:
    browser = await small_world.browser(**{"x-request-id": "mine"})
    ids = {(await browser.get("/healthz")).headers["x-request-id"] for _ in range(2)}
    assert len(ids) == 2
    assert "mine" not in ids


FOREIGN = {
    "another site by Fetch metadata": {"sec-fetch-site": "cross-site"},
    "another port by Fetch metadata": {"sec-fetch-site": "same-site"},
    "another origin": {"origin": "https://evil.example"},
    "no origin": {"origin": "null"},
    "a prefix of ours": {"origin": "http://127.0.0.1"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
async def test_another_site_cannot_use_the_cookie(small_world: World, headers: dict[str, str]) -> None:
    browser = await small_world.browser()
    body = {"handle": "ana", "display_name": "Ana", "password": "correct horse"}
    await browser.post("/api/v1/users", json=body)
    answer = await browser.patch("/api/v1/me", json={"bio": "x"}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "cross_origin"
    own = {"origin": small_world.address, "sec-fetch-site": "same-origin"}
    assert (await browser.patch("/api/v1/me", json={"bio": "x"}, headers=own)).status_code == 200


async def test_another_site_cannot_open_a_socket_with_the_cookie(small_world: World) -> None:
    with pytest.raises(websockets.InvalidStatus) as refusal:
        await websockets.connect(
            f"{small_world.live_address}/api/v1/spaces/sp_x/live",
            origin=websockets.Origin("https://evil.example"),
            additional_headers={"cookie": "voxhall_session=x"},
        )
    assert refusal.value.response.status_code == 403


async def test_a_bearer_token_is_good_from_any_origin(small_world: World) -> None:
    ana = await small_world.person("ana")
    headers = {"origin": "https://studio.example", "sec-fetch-site": "cross-site"}
    assert (await ana.http.patch("/api/v1/me", json={"bio": "x"}, headers=headers)).status_code == 200
