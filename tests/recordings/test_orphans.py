"""Tapes and recordings that lost each other: taken up at the start, or told by the doctor; nothing is thrown away."""

import asyncio
import shutil
from pathlib import Path

from tests.live.stage import Node, connected, live_space
from tests.recordings.test_recordings import folder_of, recording, until_finished
from tests.tape.writer import File, beep, note, opus
from tests.world import World, open_world
from voxhall.cli.ask import ask_running
from voxhall.doctor.finding import Finding, Verdict
from voxhall.doctor.tapes import tapes


async def doctor(world: World) -> list[Finding]:
    settings = world.kit.settings
    return await asyncio.to_thread(
        lambda: list(tapes(lambda name, args: ask_running(settings, name, args), settings.data))
    )


def write_tape(folder: Path) -> None:
    note(folder, "tape", 0, version=1)
    File(folder / "mix.0001.ogg", segment=1, start=0).write(opus(beep(0.4)))


async def test_what_a_death_left_is_taken_up_at_the_next_start_and_the_rest_is_told(
    tmp_path: Path, database_url: str | None
) -> None:
    data = tmp_path / "data"
    async with open_world(data, database_url) as world:
        ana = await world.person("ana")
        async with connected(world, Node()):
            lost = await live_space(ana, recording="on")
            deleted = await live_space(ana, recording="on")
            for one in (lost, deleted):
                write_tape(folder_of(world, one))
                await ana.http.post(f"/api/v1/spaces/{one}/end")
        # Of this one the control plane died before it had noted that there is a tape.
        unnoted = await live_space(ana)
        write_tape(folder_of(world, unnoted))
        await ana.http.post(f"/api/v1/spaces/{unnoted}/end")
        world.clock.advance(6)
        for one in (lost, deleted):
            await until_finished(ana, one)
        assert [one.level for one in await doctor(world)] == [Verdict.OK]
        # Its folder is on another disk, where it cannot be deleted from here.
        moved = data / "tapes" / deleted
        shutil.move(moved, tmp_path / "elsewhere")
        moved.symlink_to(tmp_path / "elsewhere")
        assert (await ana.http.delete(f"/api/v1/spaces/{deleted}/recording")).status_code == 204
        assert (await ana.http.get(f"/api/v1/spaces/{deleted}/recording")).status_code == 404

    shutil.rmtree(data / "tapes" / lost)
    write_tape(data / "tapes" / "sp_stranger")
    async with open_world(data, database_url) as world:
        ana.http = await world.browser(**ana.headers)
        world.clock.advance(12)
        assert (await until_finished(ana, unnoted))["duration_ms"] > 350
        told = await doctor(world)
        assert {one.level for one in told} == {Verdict.WARNING}
        sentences = " ".join(one.sentence for one in told)
        assert "these belong to no recording: sp_stranger." in sentences
        assert f"these tapes are not there, though there are recordings of them: {lost}." in sentences
        assert f"these tapes were deleted by their hosts and could not be removed: {deleted}." in sentences
        assert (data / "tapes" / "sp_stranger" / "mix.0001.ogg").is_file()
        moved.unlink()

    shutil.rmtree(data / "tapes" / "sp_stranger")
    async with open_world(data, database_url) as world:
        assert [one.case for one in await doctor(world)] == ["tapes_missing"]
        ana.http = await world.browser(**ana.headers)
        # Without its tape it can still be deleted by its host, as the mend says.
        assert (await ana.http.delete(f"/api/v1/spaces/{lost}/recording")).status_code == 204
        assert [one.level for one in await doctor(world)] == [Verdict.OK]
        assert (await recording(ana, unnoted))["state"] == "finished"
