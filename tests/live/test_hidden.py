"""A listener may be in no list, by their own choice and by every door; the host's count is true all the same."""

from typing import Any

import httpx2
import pytest

from tests.live.stage import OFFER, SDP, Node, Socket, live_socket, live_space, opened, peer_of
from tests.running import eventually
from tests.world import Person, World


async def list_of(person: Person, space: str) -> tuple[list[str], int | None]:
    """Whom this person finds in the list, by their names, and how many it is said to lack."""
    answer = await person.http.get(f"/api/v1/spaces/{space}/participants")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return sorted(one["handle"] or "a guest" for one in body["items"]), body["hidden_count"]


async def listens(node: Node, client: httpx2.AsyncClient, space: str, **query: str) -> str:
    answer = await client.post(f"/api/v1/spaces/{space}/whep", params=query, content=OFFER, headers=SDP)
    assert answer.status_code == 201, answer.text
    node.notices("connected", peer_of(answer.headers["location"]))
    return str(answer.headers["location"])


async def count_told(world: World, page: Socket, count: int) -> None:
    world.clock.advance(2)
    await world.control.live.tick()
    while (await page.until("audience"))["listener_count"] != count:
        pass


@pytest.mark.parametrize("door", ["socket", "http", "whep", "guest"])
async def test_who_is_hidden_is_in_no_list_by_whichever_door_and_is_counted(
    world: World, node: Node, door: str
) -> None:
    ana, ben, cleo = [await world.person(name) for name in ("ana", "ben", "cleo")]
    space = await live_space(ana)
    async with live_socket(world, space, ana) as page, live_socket(world, space, cleo):
        if door == "http":
            # Before coming in at all.
            assert (await ben.http.put(f"/api/v1/spaces/{space}/hidden")).status_code == 204
            await listens(node, ben.http, space)
        elif door == "socket":
            async with opened(world, space) as connection:
                other = Socket(connection)
                await other.send({"type": "hello", "token": ben.token, "hidden": True})
                await other.receive()
                await count_told(world, page, 2)
                assert await list_of(ana, space) == (["ana", "cleo"], 1)
            return
        else:
            await listens(node, ben.http if door == "whep" else await world.browser(), space, hidden="true")

        async def is_known() -> bool:
            # A stranger is kept with the next beat after their first packet.
            await world.control.live.tick()
            return (await list_of(ana, space))[1] == 1

        await eventually(is_known)
        await count_told(world, page, 2)
        assert (await list_of(ana, space))[0] == ["ana", "cleo"]
        assert (await ana.http.get(f"/api/v1/spaces/{space}")).json()["listener_count"] == 2
        # Whoever only listens never saw who else does.
        assert await list_of(cleo, space) == (["ana"], None)


async def test_the_choice_may_change_while_one_listens_and_stays_for_the_next_time(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana)
    await listens(node, ben.http, space)
    assert await list_of(ana, space) == (["ben"], 0)
    for method, expected in (("PUT", ([], 1)), ("PUT", ([], 1)), ("DELETE", (["ben"], 0)), ("PUT", ([], 1))):
        assert (await ben.http.request(method, f"/api/v1/spaces/{space}/hidden")).status_code == 204
        assert await list_of(ana, space) == expected
    # Without a word it is as it was; with one it is as is said.
    async with live_socket(world, space, ben):
        assert await list_of(ana, space) == ([], 1)
    await listens(node, ben.http, space, hidden="false")
    assert await list_of(ana, space) == (["ben"], 0)


async def test_who_asks_is_seen_by_the_host_and_who_speaks_by_everybody(world: World, node: Node) -> None:
    ana, ben, cleo = [await world.person(name) for name in ("ana", "ben", "cleo")]
    space = await live_space(ana)
    await ben.http.put(f"/api/v1/spaces/{space}/hidden")
    async with live_socket(world, space, ana) as page, live_socket(world, space, ben) as listening:
        await listening.do("request_to_speak")
        assert (await page.until("event", "request_made"))["data"]["request"]["handle"] == "ben"
        await page.do("accept_request", participant_id=listening.me)
        assert (await list_of(cleo, space))[0] == ["ana", "ben"]
        # Back in the audience they are as hidden as before.
        await listening.do("move_to_audience")
        assert await list_of(ana, space) == (["ana"], 1)
        # A host who hides is on the stage, and finds themselves.
        await ana.http.put(f"/api/v1/spaces/{space}/hidden")
        assert (await list_of(cleo, space))[0] == ["ana"]


async def test_a_host_removes_a_hidden_listener_without_learning_who_it_is(world: World, node: Node) -> None:
    ana, ben, cleo = [await world.person(name) for name in ("ana", "ben", "cleo")]
    space = await live_space(ana)
    for hiding in (ben, cleo):
        await listens(node, hiding.http, space, hidden="true")

    async def keys(client: httpx2.AsyncClient) -> list[str]:
        found: list[str] = (await client.get(f"/api/v1/spaces/{space}/participants")).json()["hidden_keys"]
        return found

    async def remove(client: httpx2.AsyncClient, key: str) -> httpx2.Response:
        return await client.post(f"/api/v1/spaces/{space}/hidden/{key}/remove")

    both = await keys(ana.http)
    assert (len(set(both)), await keys(ben.http), await keys(await world.browser())) == (2, [], [])
    # Whoever may remove nobody is told the same of a key that is one and of one that is none.
    for key in (both[0], "0" * 32):
        assert (await remove(ben.http, key)).json()["error"]["code"] == "only_host_or_cohost", key
    assert (await remove(ana.http, "0" * 32)).json()["error"]["code"] == "participant_not_found"
    removed = await remove(ana.http, both[0])
    assert (removed.status_code, removed.content) == (204, b"")
    assert await keys(ana.http) == both[1:]
    out = [
        (await one.http.post(f"/api/v1/spaces/{space}/whep", content=OFFER, headers=SDP)).status_code
        for one in (ben, cleo)
    ]
    assert sorted(out) == [201, 403]
    # Seen again, they are removed by their name, and by the key no more.
    shown = ben if out[0] == 201 else cleo
    await shown.http.delete(f"/api/v1/spaces/{space}/hidden")
    assert await keys(ana.http) == []
    assert (await remove(ana.http, both[1])).json()["error"]["code"] == "participant_not_found"


async def test_nobody_hides_where_they_may_not_be(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    visitor = await world.browser()
    space = await live_space(ana, who_may_listen="followers")
    path = f"/api/v1/spaces/{space}/hidden"
    assert (await ben.http.put(path)).status_code == 404
    assert (await visitor.put(path)).status_code in {401, 404}
    await ben.http.put("/api/v1/users/ana/follow")
    assert (await ben.http.put(path)).status_code == 204
    async with live_socket(world, space, ben) as page:
        await ana.http.post(f"/api/v1/spaces/{space}/participants/{page.me}/remove")
    assert (await ben.http.put(path)).json()["error"]["code"] == "removed"
    await ana.http.post(f"/api/v1/spaces/{space}/end")
    assert (await ana.http.put(path)).json()["error"]["code"] == "space_ended"
