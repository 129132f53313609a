"""A media node that goes on with the listeners of one that died: who of them may stay."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.stage import OFFER, SDP, Node, connected, live_space, peer_of, ready
from tests.running import eventually
from tests.world import Person, World, open_world


async def listens(person: Person, space: str) -> str:
    """The peer with which they do."""
    answer = await person.http.post(f"/api/v1/spaces/{space}/whep", content=OFFER, headers=SDP)
    return peer_of(answer.headers["location"])


def gone_on_with(node: Node) -> Node:
    after_it = Node()
    after_it.peers = {name: {**peer, "state": "connected"} for name, peer in node.peers.items()}
    return after_it


def confirmed(node: Node) -> list[Any]:
    return [args["peers"] for call, args in node.calls if call == "confirm"]


async def test_the_next_node_is_told_who_of_its_listeners_may_stay_and_who_was_removed_meanwhile(world: World) -> None:
    ana, ben, cleo = [await world.person(name) for name in ("ana", "ben", "cleo")]
    space, node = await live_space(ana), Node()
    async with connected(world, node):
        staying, removed = await listens(ben, space), await listens(cleo, space)
    place = node.peers[removed]["participant"]
    await ana.http.post(f"/api/v1/spaces/{space}/participants/{place}/remove")
    # Else it could be the first node of which the server says that it is there.
    await ready(world, 503)
    async with connected(world, gone_on_with(node)) as after_it:
        assert (list(after_it.peers), confirmed(after_it)) == ([staying], [[staying]])
        # The count is told once a second at most.
        world.clock.advance(1)

        async def one_listens() -> bool:
            answer = await ben.http.get(f"/api/v1/spaces/{space}")
            return bool(answer.json()["listener_count"] == 1)

        await eventually(one_listens)


async def end(world: World, space: str) -> None:
    await world.people["ana"].http.post(f"/api/v1/spaces/{space}/end")


async def stop_audio(world: World, space: str) -> None:
    del space
    boss = await world.person("boss", administrator=True)
    answer = await boss.http.patch("/api/v1/admin/settings", json={"live_audio": False})
    assert answer.status_code == 200, answer.text


async def block(world: World, space: str) -> None:
    del space
    answer = await world.people["ana"].http.put("/api/v1/users/ben/block")
    assert answer.status_code == 204, answer.text


async def uninvite(world: World, space: str) -> None:
    answer = await world.people["ana"].http.delete(f"/api/v1/spaces/{space}/invited/ben")
    assert answer.status_code == 204, answer.text


async def unfollow(world: World, space: str) -> None:
    del space
    answer = await world.people["ben"].http.delete("/api/v1/users/ana/follow")
    assert answer.status_code == 204, answer.text


async def suspend(world: World, space: str) -> None:
    del space
    boss = await world.person("boss", administrator=True)
    answer = await boss.http.put("/api/v1/admin/branches/ben", json={"is_suspended": True})
    assert answer.status_code == 200, answer.text


NODE, BOTH = "the node dies", "the control plane dies with it"


@pytest.mark.parametrize(
    ("shut_out", "who_may_listen", "dies"),
    [
        (end, "everyone", NODE),
        (stop_audio, "everyone", NODE),
        (block, "everyone", NODE),
        (suspend, "everyone", NODE),
        (uninvite, "invited", NODE),
        (unfollow, "followers", NODE),
        (end, "everyone", BOTH),
        (block, "everyone", BOTH),
        (uninvite, "invited", BOTH),
    ],
)
async def test_whoever_may_not_hear_any_more_does_not_stay(
    tmp_path: Path, shut_out: Callable[[World, str], Awaitable[None]], who_may_listen: str, dies: str
) -> None:
    node = Node()
    async with open_world(tmp_path / "data") as world:
        ana, ben = await world.person("ana"), await world.person("ben")
        await ben.http.put("/api/v1/users/ana/follow")
        space = await live_space(ana, who_may_listen=who_may_listen, invited=["ben"])
        async with connected(world, node):
            await listens(ben, space)
        await ready(world, 503)
        await shut_out(world, space)
        if dies == NODE:
            async with connected(world, gone_on_with(node)) as after_it:
                assert (after_it.peers, confirmed(after_it)) == ({}, [])
            return
    async with open_world(tmp_path / "data") as world, connected(world, gone_on_with(node)) as after_it:
        assert (after_it.peers, confirmed(after_it)) == ({}, [])


async def test_a_control_plane_that_died_as_well_confirms_and_counts_those_whom_the_node_has_and_nobody_else(
    tmp_path: Path,
) -> None:
    node = Node()
    async with open_world(tmp_path / "data") as world:
        ana, ben, cleo = [await world.person(name) for name in ("ana", "ben", "cleo")]
        space = await live_space(ana)
        async with connected(world, node):
            staying, left = await listens(ben, space), await listens(cleo, space)
    # Who closed the page while neither was there.
    del node.peers[left]
    async with open_world(tmp_path / "data") as world, connected(world, gone_on_with(node)) as after_it:
        assert (list(after_it.peers), confirmed(after_it)) == ([staying], [[staying]])
        visitor = await world.browser()

        async def one_listens() -> bool:
            world.clock.advance(1)
            answer = await visitor.get(f"/api/v1/spaces/{space}")
            return bool(answer.json()["listener_count"] == 1)

        await eventually(one_listens)
