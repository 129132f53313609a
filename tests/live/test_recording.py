"""The recording and the sound as the pages see them: begun, paused, halted; lost and back."""

from tests.live.stage import OFFER, SDP, Node, connected, live_socket, live_space, ready, whip
from tests.world import World
from voxhall.errors import RemoteError


async def test_who_looks_after_the_space_records_it_and_everybody_sees_so(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana)
    async with live_socket(world, space, ana) as host, live_socket(world, space) as guest:
        started = await ana.http.post(f"/api/v1/spaces/{space}/recording/start")
        assert (started.status_code, started.json()["recording"]) == (200, "on")
        await guest.until("event", "recording_changed", recording="on", reason=None)
        assert (await ben.http.post(f"/api/v1/spaces/{space}/recording/stop")).status_code == 403
        await host.do("pause_recording")
        await guest.until("event", "recording_changed", recording="paused", reason=None)
        await host.do("stop_recording")
        await guest.until("event", "recording_changed", recording="off", reason=None)
        assert await host.refused("pause_recording") == "not_recording"


async def test_pages_are_told_when_the_sound_is_lost_and_when_it_is_back(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    async with live_socket(small_world, space, ana) as host, live_socket(small_world, space) as guest:
        async with connected(small_world, Node()):
            assert guest.seen[0]["media"] == "ready"
        for page in (host, guest):
            assert (await page.until("media"))["state"] == "lost"
        async with live_socket(small_world, space) as late:
            assert late.seen[0]["media"] == "lost"
        refused = await ana.http.post(f"/api/v1/spaces/{space}/whip", content=OFFER, headers=SDP)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        async with connected(small_world, Node()):
            for page in (host, guest):
                assert (await page.until("media"))["state"] == "ready"
        await ready(small_world, 503)


async def test_only_those_who_look_after_the_space_see_the_disk(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    async with live_socket(small_world, space, ana) as host, live_socket(small_world, space) as guest:
        assert host.seen[0]["disk"] in {"ok", "low", "full"}
        assert guest.seen[0]["disk"] is None


async def test_a_node_that_comes_is_told_what_to_record_and_what_it_missed(small_world: World) -> None:
    ana, ben = await small_world.person("ana"), await small_world.person("ben")
    space = await live_space(ana, who_may_speak="everyone", recording="on")
    quiet = await live_space(ana)
    node = Node()
    async with connected(small_world, node):
        await node.heard(lambda: node.modes == {space: "on", quiet: "ring"})
        await ben.http.post(f"/api/v1/spaces/{space}/requests")
        await node.heard(lambda: any(one["name"] == "speaker_added" for one in node.log))
        assert node.log[0]["name"] == "space_started"
    async with live_socket(small_world, space, ben) as page:
        # Nobody writes; this waits for the next node.
        await page.do("unmute")
    async with connected(small_world, node):
        await node.heard(lambda: any(one["name"] == "participant_unmuted" for one in node.log))
        assert [one["seq"] for one in node.log] == sorted({one["seq"] for one in node.log})
        await ana.http.post(f"/api/v1/spaces/{space}/recording/pause")
        assert node.modes[space] == "paused"
        await ana.http.post(f"/api/v1/spaces/{space}/end")
        assert [one["name"] for one in node.log][-1] == "space_ended"
        last_two = [name for name, args in node.calls if args.get("space") == space][-2:]
        assert last_two == ["note", "close_space"]


async def test_what_only_the_host_sees_is_not_on_the_tape(small_world: World, small_node: Node) -> None:
    node, ana, ben = small_node, await small_world.person("ana"), await small_world.person("ben")
    space = await live_space(ana, recording="on")
    asked = await ben.http.post(f"/api/v1/spaces/{space}/requests")
    await ana.http.post(f"/api/v1/spaces/{space}/requests/{asked.json()['id']}/accept")
    await node.heard(lambda: any(one["name"] == "speaker_added" for one in node.log))
    assert not any(one["name"].startswith("request_") for one in node.log)


async def test_a_full_disk_halts_the_recording_until_there_is_room(small_world: World, small_node: Node) -> None:
    node, ana = small_node, await small_world.person("ana")
    node.refuse["record"] = RemoteError("disk_full", "The disk is full.", status=507)
    space = await live_space(ana, recording="on")
    async with live_socket(small_world, space, ana) as host:
        shown = host.seen[0]["space"]
        if shown["recording_problem"] is None:
            await host.until("event", "recording_changed", recording="paused", reason="disk_full")
        node.refuse.clear()
        small_world.clock.advance(4)
        await host.until("event", "recording_changed", recording="on", reason=None)
        # And once more in the middle, as the node notices it by itself.
        node.notices_of_tape("tape_stopped", space, reason="disk_full")
        await host.until("event", "recording_changed", recording="paused", reason="disk_full")
        node.notices_of_tape("tape_resumed", space)
        await host.until("event", "recording_changed", recording="on", reason=None)


async def test_a_tape_of_a_space_that_ended_meanwhile_is_closed(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana, who_may_speak="everyone", recording="on")
    node = Node()
    async with connected(small_world, node):
        await whip(ana, space)
    await ana.http.post(f"/api/v1/spaces/{space}/end")
    async with connected(small_world, node):
        await node.heard(lambda: ("close_space", {"space": space}) in node.calls)
