"""Following and blocking through HTTP, on both databases."""

from typing import Any

from tests.world import Person, World
from voxhall.accounts.model import Scope


async def put(person: Person, handle: str, what: str) -> int:
    return (await person.http.put(f"/api/v1/users/{handle}/{what}")).status_code


async def profile(person: Person, handle: str) -> dict[str, Any]:
    seen: dict[str, Any] = (await person.http.get(f"/api/v1/users/{handle}")).json()
    return seen


async def names(person: Person, address: str, **params: str) -> list[str]:
    answer = await person.http.get(address, params=params)
    assert answer.status_code == 200, answer.text
    return [one["handle"] for one in answer.json()["items"]]


async def test_who_follows_is_counted_once_and_seen_by_both(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    assert [await put(ana, "BEN", "follow") for _ in range(2)] == [204, 204]
    seen = await profile(ana, "ben")
    assert (seen["follower_count"], seen["following_count"]) == (1, 0)
    assert seen["you"] == {"follows": True, "is_followed_by": False, "has_blocked": False, "has_muted": False}
    other_way = {"follows": False, "is_followed_by": True, "has_blocked": False, "has_muted": False}
    assert (await profile(ben, "ana"))["you"] == other_way
    assert (await profile(ana, "ana"))["you"] is None
    assert (await (await world.browser()).get("/api/v1/users/ben")).json()["you"] is None
    assert await names(ben, "/api/v1/users/ben/followers") == ["ana"]
    assert await names(ben, "/api/v1/users/ana/following") == ["ben"]
    for _ in range(2):
        assert (await ana.http.delete("/api/v1/users/ben/follow")).status_code == 204
    assert (await profile(ana, "ben"))["follower_count"] == 0


async def test_lists_come_in_pages_the_latest_first(world: World) -> None:
    host = await world.person("host")
    for number in range(5):
        world.clock.advance(1 if number < 3 else 0)
        assert await put(await world.person(f"fan_{number}"), "host", "follow") == 204
    seen: list[str] = []
    asked: dict[str, str] = {"limit": "2"}
    while asked:
        page = (await host.http.get("/api/v1/users/host/followers", params=asked)).json()
        seen += [one["handle"] for one in page["items"]]
        asked = {**asked, "cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert sorted(seen[:3]) == ["fan_2", "fan_3", "fan_4"]
    assert seen[3:] == ["fan_1", "fan_0"]


async def test_a_block_ends_the_follows_and_keeps_new_ones_away(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    await put(ana, "ben", "follow")
    await put(ben, "ana", "follow")
    assert [await put(ana, "ben", "block") for _ in range(2)] == [204, 204]
    assert [(await profile(ana, handle))["follower_count"] for handle in ("ana", "ben")] == [0, 0]
    assert await names(ana, "/api/v1/me/blocks") == ["ben"]
    assert await names(ben, "/api/v1/me/blocks") == []
    # Ben is not told that it was Ana: the sentence is the same for both.
    refusals = [
        (await one.http.put(f"/api/v1/users/{other}/follow")).json() for one, other in ((ana, "ben"), (ben, "ana"))
    ]
    assert refusals[0] == refusals[1]
    assert refusals[0]["error"]["code"] == "blocked"
    assert (await profile(ben, "ana"))["you"]["has_blocked"] is False
    assert (await ana.http.delete("/api/v1/users/ben/block")).status_code == 204
    assert await put(ben, "ana", "follow") == 204


async def test_nobody_follows_or_blocks_nobody_themselves_or_without_an_account(small_world: World) -> None:
    ana = await small_world.person("ana")
    reader = await small_world.person("reader", scopes=[Scope.READ])
    nobody = await small_world.browser()
    for what in ("follow", "block"):
        assert await put(ana, "nobody", what) == 404
        assert await put(ana, "ana", what) == 409
        assert (await nobody.put(f"/api/v1/users/ana/{what}")).status_code == 401
        assert await put(reader, "ana", what) == 403
    assert (await nobody.get("/api/v1/users/nobody/followers")).status_code == 404
    assert (await nobody.get("/api/v1/me/blocks")).status_code == 401
