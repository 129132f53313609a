"""Who may listen, at every door at once: the page's data, the lists, the people, the socket, and the sound."""

import asyncio
from dataclasses import dataclass

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from tests.live.stage import OFFER, SDP, Node, live_socket, live_space, peer_of, whip
from tests.world import Person, World

VIEWERS = ["visitor", "stranger", "follower", "chosen", "blocked", "shunned", "on_stage", "admin", "host"]
# Who is let in and, if so, whether a list shows it: + listed, · by the link alone, - as if it were not there.
#                            visitor stranger follower chosen blocked shunned on_stage admin host
DOORS = {
    "everyone":             "+       +        +        +      -       -       +        +     +",
    "followers":            "-       -        +        -      -       -       +        -     +",
    "invited":              "-       -        -        +      -       -       +        -     +",
    "link":                 "·       ·        ·        ·      -       -       +        ·     +",
}  # fmt: skip


@dataclass
class Hall:
    """A space, its host, a speaker on its stage, and one of each kind of person before its door.

    `blocked` was blocked by the host, `shunned` by the speaker; both follow the host's rules otherwise.
    """

    world: World
    node: Node
    space_id: str
    people: dict[str, Person]

    async def client(self, viewer: str) -> httpx2.AsyncClient:
        return self.people[viewer].http if viewer in self.people else await self.world.browser()

    async def seen_by(self, viewer: str) -> str:
        """As in DOORS; every door must say the same."""
        client = await self.client(viewer)
        one = await client.get(f"/api/v1/spaces/{self.space_id}")
        people = await client.get(f"/api/v1/spaces/{self.space_id}/participants")
        is_listed = self.space_id in [space["id"] for space in (await client.get("/api/v1/spaces")).json()["items"]]
        socket = await self._socket(viewer)
        # Last, because who hangs up gives up a place on the stage.
        sound = await self._listen(viewer)
        is_in = {
            "one": one.status_code == 200,
            "people": people.status_code == 200,
            "sound": sound == 201,
            "socket": socket is None,
        }
        if not any(is_in.values()):
            assert not is_listed, viewer
            assert one.json()["error"]["code"] == people.json()["error"]["code"] == "space_not_found"
            assert (sound, socket) == (404, 4404), viewer
            return "-"
        assert all(is_in.values()), (viewer, is_in)
        return "+" if is_listed else "·"

    async def _listen(self, viewer: str) -> int:
        """Refused means that the node was not even asked: no packet can come of it."""
        before = [name for name, _ in self.node.calls].count("open_listener")
        client = await self.client(viewer)
        answer = await client.post(f"/api/v1/spaces/{self.space_id}/whep", content=OFFER, headers=SDP)
        after = [name for name, _ in self.node.calls].count("open_listener")
        assert after - before == (answer.status_code == 201)
        if answer.status_code == 201:
            assert (await client.delete(answer.headers["location"])).status_code == 200
        return answer.status_code

    async def _socket(self, viewer: str) -> int | None:
        """The code with which it was closed at once, or None."""
        try:
            async with live_socket(self.world, self.space_id, self.people.get(viewer)):
                return None
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0


@pytest.fixture
async def hall(world: World, node: Node) -> Hall:
    people = {name: await world.person(name, administrator=name == "admin") for name in VIEWERS if name != "visitor"}
    people["speaker"] = await world.person("speaker")
    for fan in ("follower", "blocked", "shunned"):
        await people[fan].http.put("/api/v1/users/host/follow")
    for blocker, blocked in (("host", "blocked"), ("speaker", "shunned"), ("host", "admin"), ("speaker", "on_stage")):
        assert (await people[blocker].http.put(f"/api/v1/users/{blocked}/block")).status_code == 204
    return Hall(world, node, "", people)


async def open_to(hall: Hall, who_may_listen: str) -> None:
    host = hall.people["host"]
    invited = ["chosen", "blocked", "shunned", "on_stage", "speaker"]
    hall.space_id = await live_space(host, who_may_speak="everyone", who_may_listen=who_may_listen, invited=invited)
    for fan in ("on_stage", "speaker"):
        await hall.people[fan].http.put("/api/v1/users/host/follow")
        answer = await hall.people[fan].http.post(f"/api/v1/spaces/{hall.space_id}/requests")
        assert (answer.status_code, answer.json()["role"]) == (200, "speaker"), answer.text
        # Only the stage keeps them where they would not be let in by themselves.
        await hall.people[fan].http.delete("/api/v1/users/host/follow")
        await host.http.delete(f"/api/v1/spaces/{hall.space_id}/invited/{fan}")


@pytest.mark.parametrize("who_may_listen", DOORS)
async def test_every_door_gives_the_same_answer(hall: Hall, who_may_listen: str) -> None:
    await open_to(hall, who_may_listen)
    found = {viewer: await hall.seen_by(viewer) for viewer in VIEWERS}
    assert found == dict(zip(VIEWERS, DOORS[who_may_listen].split(), strict=True))


async def test_what_is_over_keeps_its_door(hall: Hall) -> None:
    """The replay obeys what the sound obeyed, and who was blocked by a speaker does not get to hear them afterwards."""
    await open_to(hall, "everyone")
    public = hall.space_id
    await open_to(hall, "followers")
    seen: dict[str, list[bool]] = {}
    for space_id in (public, hall.space_id):
        assert (await hall.people["host"].http.post(f"/api/v1/spaces/{space_id}/end")).status_code == 200
        for viewer in VIEWERS:
            client = await hall.client(viewer)
            one = await client.get(f"/api/v1/spaces/{space_id}")
            listed = [space["id"] for space in (await client.get("/api/v1/spaces?state=ended")).json()["items"]]
            assert (one.status_code == 200) == (space_id in listed), (viewer, space_id == public)
            seen.setdefault(viewer, []).append(one.status_code == 200)
    kept_out = {"blocked", "shunned", "on_stage"}
    let_in = {viewer: [viewer not in kept_out, viewer in {"follower", "host"}] for viewer in VIEWERS}
    assert seen == let_in


async def test_missing_and_forbidden_read_the_same(hall: Hall) -> None:
    await open_to(hall, "invited")
    stranger = hall.people["stranger"]
    asked = [("GET", ""), ("GET", "/participants"), ("GET", "/invited"), ("POST", "/requests"), ("POST", "/end")]
    for method, path in asked:
        forbidden = await stranger.http.request(method, f"/api/v1/spaces/{hall.space_id}{path}")
        missing = await stranger.http.request(method, f"/api/v1/spaces/sp_nothing{path}")
        assert (forbidden.status_code, forbidden.json()) == (missing.status_code, missing.json()), path
        assert forbidden.status_code == 404


async def test_a_block_stops_the_sound_and_the_page_at_once(world: World, node: Node) -> None:
    """And whoever was on the stage is off it: a host's block is stronger than a seat."""
    host, ben = await world.person("host"), await world.person("ben")
    space = await live_space(host, who_may_speak="everyone")
    async with live_socket(world, space, host) as page, live_socket(world, space, ben) as listening:
        await whip(ben, space)
        await page.until("event", "speaker_added")
        assert len(node.peers) == 1
        assert (await host.http.put("/api/v1/users/ben/block")).status_code == 204
        # The answer comes after the packets have stopped.
        assert node.peers == {}
        assert (await listening.closed())[0] == 4404
        await page.until("event", "speaker_removed", participant_id=listening.me)
    answer = await ben.http.post(f"/api/v1/spaces/{space}/whip", content=OFFER, headers=SDP)
    assert (answer.status_code, node.peers) == (404, {})
    assert (await host.http.delete("/api/v1/users/ben/block")).status_code == 204
    await whip(ben, space)


async def test_who_was_blocked_by_somebody_hears_nothing_from_their_step_onto_the_stage(
    small_world: World, small_node: Node
) -> None:
    host, ana, ben = [await small_world.person(name) for name in ("host", "ana", "ben")]
    await ana.http.put("/api/v1/users/ben/block")
    space = await live_space(host, who_may_speak="everyone")
    heard = await ben.http.post(f"/api/v1/spaces/{space}/whep", content=OFFER, headers=SDP)
    assert peer_of(heard.headers["location"]) in small_node.peers
    microphone = peer_of(await whip(ana, space))
    assert set(small_node.peers) == {microphone}
    assert (await ben.http.get(f"/api/v1/spaces/{space}")).status_code == 404


@pytest.mark.parametrize("loses", ["follow", "invitation"])
async def test_who_loses_what_let_them_in_is_let_out(small_world: World, small_node: Node, loses: str) -> None:
    host, ben = await small_world.person("host"), await small_world.person("ben")
    await ben.http.put("/api/v1/users/host/follow")
    by = "followers" if loses == "follow" else "invited"
    space = await live_space(host, who_may_listen=by, invited=["ben"])
    async with live_socket(small_world, space, ben) as page:
        await ben.http.post(f"/api/v1/spaces/{space}/whep", content=OFFER, headers=SDP)
        assert len(small_node.peers) == 1
        if loses == "follow":
            await ben.http.delete("/api/v1/users/host/follow")
        else:
            chosen = (await host.http.get(f"/api/v1/spaces/{space}/invited")).json()["items"]
            assert [one["handle"] for one in chosen] == ["ben"]
            await host.http.delete(f"/api/v1/spaces/{space}/invited/ben")
        assert small_node.peers == {}
        assert (await page.closed())[0] == 4404


async def test_a_block_that_comes_while_the_door_opens_closes_it(small_world: World, small_node: Node) -> None:
    host, ben = await small_world.person("host"), await small_world.person("ben")
    space = await live_space(host)

    async def block() -> None:
        # Not awaited here: the node's answer must not wait for what waits for the node.
        blocking.append(asyncio.create_task(host.http.put("/api/v1/users/ben/block")))
        while not (await host.http.get("/api/v1/me/blocks")).json()["items"]:
            pass

    blocking: list[asyncio.Task[httpx2.Response]] = []
    small_node.meanwhile = block
    answer = await ben.http.post(f"/api/v1/spaces/{space}/whep", content=OFFER, headers=SDP)
    await asyncio.gather(*blocking)
    assert answer.status_code == 404
    assert small_node.peers == {}


async def test_whom_the_host_follows_steps_up_without_asking(world: World, node: Node) -> None:
    host, friend, other = [await world.person(name) for name in ("host", "friend", "other")]
    await host.http.put("/api/v1/users/friend/follow")
    # To follow the host is not to be followed by them.
    await other.http.put("/api/v1/users/host/follow")
    space = await live_space(host, who_may_speak="followed")
    await whip(friend, space)
    refused = await other.http.post(f"/api/v1/spaces/{space}/whip", content=OFFER, headers=SDP)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "must_ask")
    assert (await other.http.post(f"/api/v1/spaces/{space}/requests")).json()["role"] == "listener"
    async with live_socket(world, space, friend) as page:
        await page.do("move_to_audience")
        await page.do("request_to_speak")
    me = (await friend.http.post(f"/api/v1/spaces/{space}/requests")).json()
    assert me["role"] == "speaker"
    # Sent back by the host, even a friend has to ask.
    await host.http.post(f"/api/v1/spaces/{space}/participants/{me['id']}/move-to-audience")
    assert (await friend.http.post(f"/api/v1/spaces/{space}/requests")).json()["role"] == "listener"


async def test_an_invitation_to_listen_is_the_hosts_alone(small_world: World) -> None:
    host, ben = await small_world.person("host"), await small_world.person("ben")
    space = await live_space(host)
    for method, path in (("GET", "invited"), ("PUT", "invited/ben"), ("DELETE", "invited/ben")):
        answer = await ben.http.request(method, f"/api/v1/spaces/{space}/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "only_host")
    answer = await host.http.put(f"/api/v1/spaces/{space}/invited/nobody")
    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (422, "invited")
