"""WHIP and WHEP, and what a command means for the media node. The node's end of the link is in `stage`."""

import asyncio

import httpx2
import pytest

from tests.live.stage import (
    FRAGMENT,
    OFFER,
    SDP,
    Node,
    connected,
    live_socket,
    live_space,
    pass_time,
    peer_of,
    ready,
    whip,
)
from tests.world import Person, World
from voxhall.errors import RemoteError


async def listed(host: Person, space_id: str, participant_id: str) -> None:
    """Until the host sees this person; each question is an answer's time apart."""
    while True:
        people = (await host.http.get(f"/api/v1/spaces/{space_id}/participants")).json()["items"]
        if participant_id in {one["id"] for one in people}:
            return


async def whep(client: httpx2.AsyncClient, space_id: str) -> httpx2.Response:
    return await client.post(f"/api/v1/spaces/{space_id}/whep", content=OFFER, headers=SDP)


async def listeners(world: World, space_id: str) -> int:
    client = await world.browser()
    count: int = (await client.get(f"/api/v1/spaces/{space_id}")).json()["listener_count"]
    return count


async def test_a_microphone_steps_onto_the_stage_and_is_heard(world: World, node: Node) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)
    answer = await ana.http.post(f"/api/v1/spaces/{space}/whip", content=OFFER, headers=SDP)
    assert answer.status_code == 201
    assert answer.headers["content-type"].partition(";")[0] == "application/sdp"
    assert answer.headers["etag"] == '"first"'
    assert answer.headers["location"].startswith(f"/api/v1/spaces/{space}/whip/")
    assert len(peer_of(answer.headers["location"])) >= 22
    assert node.publishers() == [True]
    async with live_socket(world, space) as guest:
        [host] = guest.seen[0]["stage"]
        assert (host["role"], host["muted"]) == ("host", False)
        [(_, opened)] = [call for call in node.calls if call[0] == "open_publisher"]
        assert (opened["csrc"], opened["participant"]) == (host["csrc"], host["id"])


async def test_the_node_is_told_of_a_host_who_wants_little_delay(world: World, node: Node) -> None:
    ana = await world.person("ana")
    await whip(ana, await live_space(ana))
    await whip(ana, await live_space(ana, delay="low"))
    opened = [args for name, args in node.calls if name == "open_publisher"]
    assert [args["low_delay"] for args in opened] == [False, True]


async def test_who_was_muted_on_the_stage_stays_muted_with_a_new_microphone(world: World, node: Node) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)
    async with live_socket(world, space, ana) as page:
        await whip(ana, space)
        assert node.publishers() == [False]
        await page.do("unmute")
        assert node.publishers() == [True]
        first = node.peers.copy()
        await whip(ana, space)
        assert node.publishers() == [True]
        assert not first.keys() & node.peers.keys(), "the second session of an account replaces the first"
        assert page.events() == ["participant_unmuted"]


async def test_mute_is_in_force_at_the_node_when_it_is_answered(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    await whip(ben, space)
    async with live_socket(world, space, ana) as host, live_socket(world, space, ben) as speaker:
        assert node.publishers() == [True]
        await host.do("mute", participant_id=speaker.me)
        assert node.publishers() == [False]
        await speaker.do("unmute")
        assert node.publishers() == [True]
        await host.do("take_microphone", participant_id=speaker.me)
        assert node.publishers() == [False]
        assert await speaker.refused("unmute") == "muted_by_host"
        await host.do("give_microphone", participant_id=speaker.me)
        assert node.publishers() == [False]
        await host.do("move_to_audience", participant_id=speaker.me)
        assert node.publishers() == []
        answer = await ben.http.post(f"/api/v1/spaces/{space}/whip", content=OFFER, headers=SDP)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "must_ask")
        # An invitation undoes it; taken back before it is used, it does not.
        await host.do("invite_to_speak", participant_id=speaker.me)
        await host.do("withdraw_invitation", participant_id=speaker.me)
        answer = await ben.http.post(f"/api/v1/spaces/{space}/whip", content=OFFER, headers=SDP)
        assert answer.status_code == 403
        invited = await ana.http.post(f"/api/v1/spaces/{space}/participants/{speaker.me}/invite-to-speak")
        assert (invited.status_code, invited.json()["role"]) == (200, "listener")
        await whip(ben, space)
        assert node.publishers() == [True]


async def test_mute_over_http_is_in_force_too(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    location = await whip(ben, space)
    me = node.peers[peer_of(location)]["participant"]
    answer = await ana.http.post(f"/api/v1/spaces/{space}/participants/{me}/mute")
    assert (answer.status_code, answer.json()["muted"]) == (200, True)
    assert node.publishers() == [False]


async def test_removal_closes_all_media_and_every_door(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    location = await whip(ben, space)
    assert (await whep(ben.http, space)).status_code == 201
    me = node.peers[peer_of(location)]["participant"]
    assert (await ana.http.post(f"/api/v1/spaces/{space}/participants/{me}/remove")).status_code == 200
    assert node.peers == {}
    for path, content in (("whip", OFFER), ("whep", OFFER), ("requests", "")):
        answer = await ben.http.post(f"/api/v1/spaces/{space}/{path}", content=content, headers=SDP)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "removed"), path
    assert (await ben.http.delete(location)).status_code == 404


async def test_a_guest_who_only_listens_can_be_removed_and_stays_out(world: World, node: Node) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)
    browser = await world.browser()
    location = (await whep(browser, space)).headers["location"]
    node.notices("connected", peer_of(location))
    me = node.peers[peer_of(location)]["participant"]
    await listed(ana, space, me)
    assert (await ana.http.post(f"/api/v1/spaces/{space}/participants/{me}/remove")).status_code == 200
    assert node.peers == {}
    assert (await whep(browser, space)).status_code == 403


async def test_leaving_and_ending_close_the_media(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana)
    await whip(ana, space)
    await whep(ben.http, space)
    async with live_socket(world, space, ben) as listener:
        await listener.do("leave")
    assert node.publishers() == [True]
    assert len(node.peers) == 1
    assert (await ana.http.post(f"/api/v1/spaces/{space}/end")).status_code == 200
    assert node.peers == {}
    answer = await ana.http.post(f"/api/v1/spaces/{space}/whip", content=OFFER, headers=SDP)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "space_ended")
    assert (await whep(ben.http, space)).status_code == 409


async def test_hanging_up_the_last_connection_leaves_the_stage(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    async with live_socket(world, space, ana) as host:
        location = await whip(ben, space)
        await host.until("event", "speaker_added")
        assert (await ben.http.delete(location)).status_code == 200
        await host.until("event", "speaker_removed", reason="left")
        assert node.peers == {}


async def test_a_listener_counts_from_the_post_to_the_delete(world: World, node: Node) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)
    async with live_socket(world, space, ana) as host:
        browser = await world.browser()
        answer = await whep(browser, space)
        assert (await host.until("audience"))["listener_count"] == 1
        assert await listeners(world, space) == 1
        world.clock.advance(1)
        stranger = await world.browser()
        assert (await stranger.delete(answer.headers["location"])).status_code == 200
        assert (await host.until("audience"))["listener_count"] == 0
        assert await listeners(world, space) == 0


async def test_one_browser_is_one_listener_however_it_is_connected(world: World, node: Node) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)
    browser = await world.browser(**{"sec-fetch-site": "same-origin"})
    await browser.get(f"/api/v1/spaces/{space}")
    cookie = f"voxhall_guest={browser.cookies['voxhall_guest']}"
    await asyncio.gather(whep(browser, space), whep(browser, space))
    async with live_socket(world, space, cookie=cookie) as page:
        assert page.seen[0]["listener_count"] == 1
        assert {one["participant"] for one in node.peers.values()} == {page.me}


async def test_a_silent_peer_is_gone_at_once_because_it_was_waited_for(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    async with live_socket(world, space, ana) as host:
        peer = peer_of(await whip(ben, space))
        node.notices("connected", peer)
        node.notices("away", peer)
        await host.until("event", "participant_disconnected")
        await host.until("event", "speaker_removed", reason="lost")
        node.notices("back", peer)
        added = await host.until("event", "speaker_added")
        assert added["data"]["participant"]["muted"] is False
        await host.do("withdraw_request")
        assert node.publishers() == [True]


async def test_a_speaker_whose_sound_breaks_off_is_shown_at_once_and_keeps_the_seat(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    async with live_socket(world, space, ana) as host:
        assert host.seen[0]["interrupted"] == []
        peer = peer_of(await whip(ben, space))
        added = await host.until("event", "speaker_added")
        place = added["data"]["participant"]["id"]
        node.notices("interrupted", peer)
        assert (await host.until("interrupted"))["participant_ids"] == [place]
        # Who comes now sees it as well, and whoever comes back.
        async with live_socket(world, space) as guest:
            assert guest.seen[0]["interrupted"] == [place]
        node.notices("back", peer)
        assert (await host.until("interrupted"))["participant_ids"] == []
        # Another device takes the place of the one that broke off.
        node.notices("interrupted", peer)
        assert (await host.until("interrupted"))["participant_ids"] == [place]
        node.notices("closed", peer, reason="failed")
        assert (await host.until("interrupted"))["participant_ids"] == []
        assert "speaker_removed" not in host.events()


async def test_a_peer_that_closes_by_itself_is_waited_for(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    async with live_socket(world, space, ana) as host:
        node.notices("closed", peer_of(await whip(ben, space)), reason="never_connected")
        await host.until("event", "participant_disconnected")
        world.clock.advance(14)
        await whip(ben, space)
        await host.until("event", "participant_reconnected")


async def test_another_account_and_nobody_cannot_touch_a_session(world: World, node: Node) -> None:
    ana, ben, nobody = await world.person("ana"), await world.person("ben"), await world.browser()
    space = await live_space(ana)
    location = await whip(ana, space)
    headers = {**FRAGMENT, "if-match": "*"}
    for client, status in ((ben.http, 403), (nobody, 401)):
        assert (await client.patch(location, content="a=end-of-candidates", headers=headers)).status_code == status
        assert (await client.delete(location)).status_code == status
    assert node.publishers() == [True]
    assert (await ana.http.delete(location.replace("/whip/", "/whep/"))).status_code == 404
    other_space = await live_space(ana)
    assert (await ana.http.delete(location.replace(space, other_space))).status_code == 404


@pytest.mark.parametrize("door", ["whip", "whep"])
async def test_patch_speaks_the_standard(small_world: World, small_node: Node, door: str) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    opened = await ana.http.post(f"/api/v1/spaces/{space}/{door}", content=OFFER, headers=SDP)
    location, etag = opened.headers["location"], opened.headers["etag"]

    async def patch(content: str, **headers: str) -> httpx2.Response:
        return await ana.http.patch(location, content=content, headers={**FRAGMENT, **headers})

    trickled = await patch("a=candidate:1 1 udp 1 192.0.2.1 1 typ host", **{"if-match": etag})
    assert (trickled.status_code, trickled.content) == (204, b"")
    assert (await patch("a=candidate:1", **{"if-match": '"old"'})).status_code == 412
    assert (await patch("a=candidate:1")).status_code == 428
    for anything in ("*", '"*"'):
        restarted = await patch("a=ice-ufrag:x\r\na=ice-pwd:y", **{"if-match": anything})
        assert restarted.status_code == 200
        assert restarted.headers["content-type"].partition(";")[0] == "application/trickle-ice-sdpfrag"
        assert restarted.headers["etag"] == '"second"'
    answer = await ana.http.patch(location, content="{}", headers={"content-type": "text/plain", "if-match": "*"})
    assert answer.status_code == 415


@pytest.mark.parametrize("door", ["whip", "whep"])
async def test_the_doors_are_open_to_pages_of_any_origin(small_world: World, small_node: Node, door: str) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    address = f"/api/v1/spaces/{space}/{door}"
    for path in (address, f"{address}/anything"):
        answer = await ana.http.options(path, headers={"origin": "https://elsewhere.example"})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "PATCH" in answer.headers["access-control-allow-methods"]
        assert answer.headers["accept-post"] == "application/sdp"
    for answer in (
        await ana.http.post(address, content=OFFER, headers=SDP),
        await ana.http.post(address, content=OFFER, headers={"content-type": "text/plain"}),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Location" in answer.headers["access-control-expose-headers"]
    assert answer.status_code == 415
    assert (await ana.http.post(address, content="v=0" * 30_000, headers=SDP)).status_code == 413
    assert (await ana.http.post(address, content=b"\xff\xfe", headers=SDP)).status_code == 400


async def test_what_the_node_refuses_is_passed_on(small_world: World, small_node: Node) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    for code, status in (("bad_sdp", 400), ("no_audio", 422), ("at_capacity", 503)):
        small_node.refuse = {
            call: RemoteError(code, "No.", status=status) for call in ("open_publisher", "open_listener")
        }
        for door in ("whip", "whep"):
            answer = await ana.http.post(f"/api/v1/spaces/{space}/{door}", content=OFFER, headers=SDP)
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
            assert ("retry-after" in answer.headers) == (status == 503)
    async with live_socket(small_world, space) as guest:
        [host] = guest.seen[0]["stage"] or [{"muted": True}]
        assert host["muted"], "a refused microphone is nobody's act of speaking"


async def test_without_a_node_the_doors_say_so_and_muting_goes_on(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    node = Node()
    async with live_socket(world, space, ana) as host, live_socket(world, space, ben) as speaker:
        await speaker.do("request_to_speak")
        await speaker.do("unmute")
        async with connected(world, node):
            await whip(ben, space)
            assert node.publishers() == [True]
        # The node's link is down, and its peers go on.
        await host.do("mute", participant_id=speaker.me)
        await ready(world, 503)
        answer = await ana.http.post(f"/api/v1/spaces/{space}/whip", content=OFFER, headers=SDP)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "media_down")
        assert "retry-after" in answer.headers
        assert node.publishers() == [True]
        async with connected(world, node):
            assert node.publishers() == [False]


async def test_a_report_is_put_right(world: World) -> None:
    ana, ben, cleo = [await world.person(name) for name in ("ana", "ben", "cleo")]
    space, over = await live_space(ana, who_may_speak="everyone"), await live_space(ana)
    node = Node()
    async with connected(world, node):
        await whip(ben, space)
        removed = node.peers[peer_of(await whip(cleo, space))]["participant"]
        await whip(ana, over)
        before = dict(node.peers)
    await ana.http.post(f"/api/v1/spaces/{space}/participants/{removed}/remove")
    await ana.http.post(f"/api/v1/spaces/{over}/end")
    node.peers = before
    node.peers["stranger"] = {
        "space": "sp_x",
        "participant": "pa_x",
        "kind": "listener",
        "state": "new",
        "publish": False,
    }
    async with connected(world, node):
        assert [one["space"] for one in node.peers.values()] == [space]


async def test_a_node_that_does_not_come_back_takes_the_presence_with_it(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    async with live_socket(world, space, ana) as host:
        async with connected(world, Node()):
            await whip(ben, space)
        await ready(world, 503)
        world.clock.advance(5)
        await host.until("event", "participant_disconnected")


async def test_a_forgotten_space_is_ended(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana)
    async with live_socket(world, space, ben) as listener:
        await pass_time(world, 14 * 60, listener)
        assert "space_ended" not in listener.events()
        await pass_time(world, 2 * 60, listener)
        if "space_ended" not in listener.events():
            await listener.until("event", "space_ended")
    assert (await ana.http.get(f"/api/v1/spaces/{space}")).json()["state"] == "ended"
