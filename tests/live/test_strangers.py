"""Listeners without an account and without a cookie: what their POST leaves behind, and what they can be sure of."""

import asyncio
from typing import Any

from sqlalchemy import func, select
from structlog.testing import capture_logs

from tests.live.stage import OFFER, SDP, Node, connected, live_socket, live_space, peer_of
from tests.live.test_media import listed, whep
from tests.world import World
from voxhall.spaces.tables import participants


async def rows(world: World) -> int:
    async with world.kit.db.read() as connection:
        count: int = (await connection.execute(select(func.count()).select_from(participants))).scalar_one()
    return count


async def test_a_flood_of_offers_that_nobody_comes_for_leaves_nothing(world: World, node: Node) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)
    browsers = [await world.browser() for _ in range(10)]
    answers = await asyncio.gather(*(whep(browser, space) for browser in browsers))
    assert {answer.status_code for answer in answers} == {201}
    assert await rows(world) == 1
    with capture_logs() as logged:
        for answer in answers[1:]:
            node.notices("closed", peer_of(answer.headers["location"]), reason="never_connected")
        node.notices("connected", first := peer_of(answers[0].headers["location"]))
        await listed(ana, space, node.peers[first]["participant"])
    lost = [(line["space"], line["reason"]) for line in logged if line["event"] == "peer_lost"]
    assert lost == [(space, "never_connected")] * 9
    assert await rows(world) == 2


async def test_a_stranger_is_one_person_with_the_socket_that_follows(world: World, node: Node) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)
    browser = await world.browser()
    location = (await whep(browser, space)).headers["location"]
    cookie = f"voxhall_guest={browser.cookies['voxhall_guest']}"
    async with live_socket(world, space, cookie=cookie) as page:
        assert page.me == node.peers[peer_of(location)]["participant"]
        assert page.seen[0]["listener_count"] == 1
        node.notices("connected", peer_of(location))
        await listed(ana, space, page.me)
    assert await rows(world) == 2


async def test_a_stranger_does_not_come_in_when_the_space_ends_meanwhile(world: World, node: Node) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)

    async def end() -> None:
        assert (await ana.http.post(f"/api/v1/spaces/{space}/end")).status_code == 200

    node.meanwhile = end
    assert (await whep(await world.browser(), space)).status_code == 404
    assert node.peers == {}


async def test_a_stranger_stays_while_the_link_of_the_node_is_made_again(world: World) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)
    node = Node()
    async with connected(world, node):
        location = (await whep(await world.browser(), space)).headers["location"]
    told: dict[str, Any] = node.peers[peer_of(location)]
    told["state"] = "connected"
    async with connected(world, node):
        assert list(node.peers) == [peer_of(location)]
        await listed(ana, space, told["participant"])


async def test_who_only_listened_is_forgotten_when_the_space_is_over(world: World, node: Node) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)
    async with live_socket(world, space), live_socket(world, space) as removed:
        await ana.http.post(f"/api/v1/spaces/{space}/participants/{removed.me}/remove")
        assert await rows(world) == 3
        assert (await ana.http.post(f"/api/v1/spaces/{space}/end")).status_code == 200
    assert await rows(world) == 2


async def test_a_stranger_hears_no_space_that_is_not_live(world: World, node: Node) -> None:
    ana = await world.person("ana")
    space = await live_space(ana, scheduled_start="2026-11-23T19:00:00Z")
    assert (await whep(await world.browser(), space)).status_code == 409
    assert (await whep(await world.browser(), "sp_nowhere")).status_code == 404
    assert (await ana.http.post(f"/api/v1/spaces/{space}/start")).status_code == 200
    answer = await (await world.browser()).post(f"/api/v1/spaces/{space}/whep", content=OFFER, headers=SDP)
    assert answer.status_code == 201
