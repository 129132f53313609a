"""What happens at the same moment at the doors of the media, and what fails between them."""

import asyncio

from sqlalchemy import text

from tests.live.stage import (
    OFFER,
    SDP,
    Node,
    live_space,
    peer_of,
    whip,
)
from tests.world import World


async def test_who_is_removed_while_the_node_answers_does_not_come_in(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    me = (await ben.http.post(f"/api/v1/spaces/{space}/requests")).json()["id"]

    async def remove() -> None:
        assert (await ana.http.post(f"/api/v1/spaces/{space}/participants/{me}/remove")).status_code == 200

    for door in ("whep", "whip"):
        node.meanwhile = remove
        answer = await ben.http.post(f"/api/v1/spaces/{space}/{door}", content=OFFER, headers=SDP)
        assert answer.status_code in {403, 404}, door
        assert node.peers == {}


async def test_of_two_microphones_at_once_one_stays(world: World, node: Node) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)
    await asyncio.gather(whip(ana, space), whip(ana, space), whip(ana, space))
    assert node.publishers() == [True]


async def test_the_node_agrees_with_the_stage_however_mutes_and_microphones_race(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    me = node.peers[peer_of(await whip(ben, space))]["participant"]
    verbs = f"/api/v1/spaces/{space}/participants/{me}"
    for _ in range(8):
        await asyncio.gather(
            whip(ben, space),
            ben.http.post(f"{verbs}/unmute"),
            ana.http.post(f"{verbs}/mute"),
            whip(ben, space),
        )
        [shown] = (await ana.http.get(f"/api/v1/spaces/{space}/participants")).json()["items"]
        assert node.publishers() == [not shown["muted"]]


async def test_a_microphone_that_the_database_fails_is_closed(small_world: World, small_node: Node) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)

    async def break_down() -> None:
        async with small_world.kit.db.write() as tx:
            await tx.execute(text("DROP TABLE space_events"))

    small_node.meanwhile = break_down
    answer = await ana.http.post(f"/api/v1/spaces/{space}/whip", content=OFFER, headers=SDP)
    assert answer.status_code == 500
    assert small_node.peers == {}


async def test_two_who_accept_at_once_accept_once(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana)
    me = (await ben.http.post(f"/api/v1/spaces/{space}/requests")).json()["id"]
    accept = f"/api/v1/spaces/{space}/requests/{me}/accept"
    answers = await asyncio.gather(*(ana.http.post(accept) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
