"""A recording over HTTP: while it grows, when it is finished, after every death, and when it is deleted."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.stage import Node, connected, live_space, pass_time
from tests.tape.listening import ffmpeg, loud_ms, pyav
from tests.tape.writer import File, beep, note, opus, quiet
from tests.world import Person, World
from voxhall.tape import tape_folder


@pytest.fixture
async def node(world: World) -> AsyncIterator[Node]:
    async with connected(world, Node()) as running:
        yield running


def folder_of(world: World, space: str) -> Path:
    folder = tape_folder(world.kit.settings.data, space)
    folder.mkdir(parents=True)
    return folder


async def recording(person: Person, space: str) -> dict[str, Any]:
    answer = await person.http.get(f"/api/v1/spaces/{space}/recording")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def until_finished(person: Person, space: str) -> dict[str, Any]:
    while (found := await recording(person, space))["state"] != "finished":
        pass
    return found


async def test_a_recording_is_heard_while_it_grows_and_stays_what_it_was(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, recording="on", title='Evening "radio"/one')
    folder = folder_of(world, space)
    mix = File(folder / "mix.0001.ogg", segment=1, start=0)
    mix.write(opus(quiet(0.3) + beep(0.3) + quiet(0.4)))
    note(folder, "event", 0, seq=1, name="space_started", data={})
    growing = await recording(ben, space)
    assert (growing["state"], growing["audio"]["mp3"]) == ("recording", None)
    address = growing["audio"]["ogg"].removeprefix(world.kit.settings.address)
    early = await ben.http.get(address)
    assert (early.status_code, early.headers["content-type"]) == (200, "audio/ogg")
    assert early.headers["access-control-allow-origin"] == "*"
    assert early.headers["x-content-type-options"] == "nosniff"
    assert "etag" not in early.headers
    assert loud_ms(ffmpeg(early.content)) == loud_ms(pyav(early.content))

    mix.write(opus(quiet(1.0)))
    late = await ben.http.get(address, headers={"range": f"bytes=100-{len(early.content) - 1}"})
    assert late.status_code == 206
    assert late.content == early.content[100:]
    total = int(late.headers["content-range"].rpartition("/")[2])
    assert total > len(early.content)
    nothing = await ben.http.get(address, headers={"range": f"bytes={total}-"})
    assert (nothing.status_code, nothing.headers["content-range"]) == (416, f"bytes */{total}")

    mix.write(opus(beep(0.3)), last=True)
    note(folder, "finished", 2_300)
    await ana.http.post(f"/api/v1/spaces/{space}/end")
    node.notices_of_tape("tape_finished", space, duration_ms=2_300)
    finished = await until_finished(ben, space)
    whole = await ben.http.get(address)
    assert whole.content.startswith(early.content)
    assert len(ffmpeg(whole.content)) == len(pyav(whole.content)) == finished["duration_ms"] * 48
    head = await ben.http.head(address)
    assert head.content == b""
    assert int(head.headers["content-length"]) == len(whole.content)
    tail = await ben.http.get(address, headers={"range": "bytes=-500", "if-range": head.headers["etag"]})
    assert (tail.status_code, tail.content) == (206, whole.content[-500:])
    other = await ben.http.get(address, headers={"range": "bytes=-500", "if-range": '"another"'})
    assert (other.status_code, len(other.content)) == (200, len(whole.content))
    same = await ben.http.get(address, headers={"if-none-match": head.headers["etag"]})
    assert same.status_code == 304
    assert 'filename="2026-11-22 Evening radio one.ogg"' in head.headers["content-disposition"]
    events = await ben.http.get(finished["events"].removeprefix(world.kit.settings.address))
    assert events.text.splitlines()[0].startswith('{"kind": "event"')
    shown = (await ben.http.get(f"/api/v1/spaces/{space}")).json()
    assert (shown["replay"], shown["recording"]) == ({"duration_ms": finished["duration_ms"]}, "off")


async def test_only_the_host_deletes_it_and_then_it_is_gone(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, recording="on")
    folder = folder_of(world, space)
    File(folder / "mix.0001.ogg", segment=1, start=0).write(opus(beep(0.4)))
    address = f"/api/v1/spaces/{space}/recording"
    while (await ana.http.get(address)).status_code != 200:
        pass
    assert (await ana.http.delete(address)).json()["error"]["code"] == "space_still_live"
    await ana.http.post(f"/api/v1/spaces/{space}/end")
    node.notices_of_tape("tape_finished", space, duration_ms=400)
    await until_finished(ana, space)
    assert (await ben.http.delete(address)).status_code == 403
    assert (await ana.http.delete(address)).status_code == 204
    assert not folder.exists()
    for path in (address, f"{address}/audio.ogg", f"{address}/events"):
        assert (await ana.http.get(path)).json()["error"]["code"] == "no_recording"
    assert (await ana.http.get(f"/api/v1/spaces/{space}")).json()["replay"] is None


async def test_a_tape_that_nobody_closed_is_complete_as_it_stands(world: World) -> None:
    """Everything was killed: the space ends by its own rule, and nobody has to do anything."""
    ana = await world.person("ana")
    async with connected(world, Node()):
        space = await live_space(ana, recording="on")
        lost = await live_space(ana, recording="on")
        while (await ana.http.get(f"/api/v1/spaces/{lost}/recording")).status_code != 200:
            pass
    folder = folder_of(world, space)
    torn = File(folder / "mix.0001.ogg", segment=1, start=0)
    torn.write(opus(beep(0.4)))
    torn.tear()
    for one in (space, lost):
        await ana.http.post(f"/api/v1/spaces/{one}/end")
    assert (await recording(ana, space))["state"] == "finishing"
    await pass_time(world, 6)
    finished = await until_finished(ana, space)
    assert finished["duration_ms"] == pytest.approx(400, abs=40)
    # Of the other there is no file at all, and it says so instead of promising one.
    while (await ana.http.get(f"/api/v1/spaces/{lost}/recording")).status_code != 404:
        pass


async def test_who_may_not_see_the_space_does_not_hear_it(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    async with connected(world, Node()):
        space = await live_space(ana, recording="on", who_may_listen="invited")
        folder = folder_of(world, space)
        File(folder / "mix.0001.ogg", segment=1, start=0).write(opus(beep(0.4)))
        while (await ana.http.get(f"/api/v1/spaces/{space}/recording")).status_code != 200:
            pass
    for path in ("", "/audio.ogg", "/events", "/tracks/pa_x.ogg"):
        answer = await ben.http.get(f"/api/v1/spaces/{space}/recording{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "space_not_found")
    shutil.rmtree(folder)
