"""The recording and the sound as the pages see them: begun, paused, halted; lost and back."""

from tests.live.stage import OFFER, SDP, Node, connected, live_socket, live_space, ready
from tests.world import World


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
