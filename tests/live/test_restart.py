"""The control plane dies and comes back: everything but presence is there, and presence is put together again."""

from pathlib import Path

from tests.live.stage import Node, connected, live_socket, live_space, pass_time, whip
from tests.world import open_world


async def test_after_a_restart_everybody_is_where_they_were(tmp_path: Path, database_url: str | None) -> None:
    node = Node()
    async with open_world(tmp_path / "data", database_url) as world:
        ana, ben, cleo, dora = [await world.person(name) for name in ("ana", "ben", "cleo", "dora")]
        space = await live_space(ana, who_may_speak="everyone")
        async with (
            connected(world, node),
            live_socket(world, space, ana) as host,
            live_socket(world, space, cleo) as page,
        ):
            await whip(ben, space)
            await page.do("request_to_speak")
            await host.until("event", "speaker_added")
            await dora.http.post(f"/api/v1/spaces/{space}/requests")
            await host.do("take_microphone", participant_id=page.me)
            gone, held = page.me, host.seen[-2]["seq"]
    async with (
        open_world(tmp_path / "data", database_url) as world,
        connected(world, node),
        live_socket(world, space, ana, after=held) as host,
    ):
        assert host.seen[0]["type"] == "resumed"
        async with live_socket(world, space) as guest:
            stage = {one["handle"]: one for one in guest.seen[0]["stage"]}
            assert set(stage) == {"ana", "ben", "cleo", "dora"}
            assert (stage["cleo"]["muted_by_host"], stage["ben"]["muted"]) == (True, False)
        assert node.publishers() == [True]
        await pass_time(world, 14, host)
        assert "speaker_removed" not in host.events()
        await pass_time(world, 2, host)
        await host.until("event", "speaker_removed", reason="lost", participant_id=gone)
        async with live_socket(world, space) as guest:
            # One by the page that came back, one by the microphone that never went.
            assert {one["handle"] for one in guest.seen[0]["stage"]} >= {"ana", "ben"}
