"""Which methods an address takes, said as RFC 9110 wants it."""

import pytest

from tests.world import World

SESSION = "/api/v1/spaces/sp_x/whep/some"


@pytest.mark.parametrize(
    "path", ["/healthz", "/api/v1/openapi.json", "/api/docs", "/api/docs/reference.js", "/api/v1/spaces"]
)
async def test_head_answers_like_get_without_the_body(small_world: World, path: str) -> None:
    client = await small_world.browser()
    shown, told = await client.get(path), await client.head(path)
    assert (told.status_code, told.content) == (200, b"")
    for name in ("content-type", "content-length"):
        assert told.headers[name] == shown.headers[name]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/healthz", "GET, HEAD"),
        ("DELETE", "/api/v1/spaces", "GET, HEAD, POST"),
        ("PUT", "/api/v1/me", "GET, HEAD, PATCH"),
        ("GET", "/api/v1/spaces/sp_x/whip", "OPTIONS, POST"),
        ("GET", SESSION, "DELETE, OPTIONS, PATCH"),
        ("HEAD", SESSION, "DELETE, OPTIONS, PATCH"),
    ],
)
async def test_a_method_that_an_address_does_not_take_is_told_all_that_it_takes(
    small_world: World, method: str, path: str, allow: str
) -> None:
    client = await small_world.browser()
    answer = await client.request(method, path)
    assert answer.status_code == 405
    assert ", ".join(sorted(answer.headers["allow"].split(", "))) == allow


@pytest.mark.parametrize("door", ["whip", "whep"])
async def test_every_refusal_at_the_doors_of_sound_is_readable_from_any_origin(small_world: World, door: str) -> None:
    client = await small_world.browser(origin="https://elsewhere.example")
    address = f"/api/v1/spaces/sp_x/{door}"
    sdp = {"content-type": "application/sdp"}
    answers = {
        413: await client.post(address, content=b"v" * 100_000, headers=sdp),
        403: await client.post(address, headers={**sdp, "cookie": "voxhall_session=stolen"}),
        405: await client.get(address),
        401: await client.post(address, headers={**sdp, "authorization": "Bearer wrong"}),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "*"
        assert {"Location", "ETag", "Link"} <= set(answer.headers["access-control-expose-headers"].split(", "))
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert set(answer.json()["error"]) == {"code", "message", "details"}


async def test_other_addresses_are_not_opened_with_them(small_world: World) -> None:
    client = await small_world.browser(origin="https://elsewhere.example")
    for path in ("/api/v1/spaces", "/api/v1/spaces/whip", "/api/v1/me", "/api/v1/spaces/sp_x/whipped"):
        assert "access-control-allow-origin" not in (await client.get(path)).headers, path


async def test_an_origin_that_is_no_address_is_another_site(small_world: World) -> None:
    client = await small_world.browser(origin="http://[", cookie="voxhall_session=any")
    answer = await client.post("/api/v1/spaces")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_origin")


async def test_the_description_shows_refusals_and_bodies_that_are_not_json(small_world: World) -> None:
    schema = (await (await small_world.browser()).get("/api/v1/openapi.json")).json()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            refusal = operation["responses"]["4XX"]["content"]["application/json"]["schema"]
            assert refusal == {"$ref": "#/components/schemas/ErrorAnswer"}, (method, path)
    door = schema["paths"]["/api/v1/spaces/{space_id}/whep"]["post"]
    assert list(door["requestBody"]["content"]) == list(door["responses"]["201"]["content"]) == ["application/sdp"]
