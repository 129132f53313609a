"""Everything of an account in one file, and its end."""

import io
import json
import zipfile

import numpy as np

from tests.live.stage import Node, live_socket, live_space
from tests.transcripts.recorded import record
from tests.transcripts.test_words import KINDS, stretch
from tests.world import World
from voxhall.kit.jobs import queue

QUIET = np.zeros(48_000, np.int16)


async def test_the_archive_holds_what_is_ones_own(world: World) -> None:
    recorded = await record(world, {"ana": (0.0, QUIET)}, title="Low <tide>")
    [job] = await queue.claim(world.kit, "wo_1", {"transcribe": 1})
    told = stretch(recorded.participants["ana"], 100, 900, "fossils")
    await queue.tell(world.kit, KINDS, job.job.id, job.job.attempt, told)
    ana, ben = world.people["ana"], await world.person("ben")
    await ana.http.put("/api/v1/users/ben/follow")
    await live_space(ben, title="Not hers")
    answer = await ana.http.get("/api/v1/me/archive")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    assert json.loads(files["account.json"])["handle"] == "ana"
    assert [one["title"] for one in json.loads(files["spaces.json"])] == ["Low <tide>"]
    assert "ben@localhost,true,false," in files["following_accounts.csv"].decode()
    folder = f"recordings/{recorded.space_id}"
    assert files[f"{folder}/audio.ogg"].startswith(b"OggS")
    assert "fossils" in files[f"{folder}/transcript.vtt"].decode()
    assert (await (await world.browser()).get("/api/v1/me/archive")).status_code == 401


async def test_who_leaves_is_gone_with_all_that_was_theirs(world: World, node: Node) -> None:
    browser = await world.browser()
    body = {"handle": "ana", "display_name": "Ana", "password": "correct horse"}
    assert (await browser.post("/api/v1/users", json=body)).status_code == 201
    ben, root = await world.person("ben"), await world.person("root_of_all", administrator=True)
    await ben.http.put("/api/v1/users/ana/follow")
    await browser.put("/api/v1/users/ben/follow")
    space = (await browser.post("/api/v1/spaces", json={"title": "Of Ana"})).json()["id"]
    planned = {"title": "Coming", "scheduled_start": "2026-11-30T20:00:00Z"}
    coming = (await browser.post("/api/v1/spaces", json=planned)).json()["id"]
    bens = await live_space(ben, title="Of Ben")
    cookie = f"voxhall_session={browser.cookies['voxhall_session']}"
    async with live_socket(world, bens, cookie=cookie) as socket:
        assert (await browser.get("/api/v1/me/leaving")).json() == {"live": 1, "planned": 1, "replays": 0}
        for wrong, status in (
            ({"handle": "ben", "password": "correct horse"}, 422),
            ({"handle": "ana", "password": "wrong"}, 401),
            ({"handle": "ana"}, 401),
        ):
            assert (await browser.post("/api/v1/me/leaving", json=wrong)).status_code == status
        gone = await browser.post("/api/v1/me/leaving", json={"handle": "@Ana", "password": "correct horse"})
        assert gone.status_code == 204, gone.text
        await socket.closed()
    assert (await browser.get("/api/v1/me")).status_code == 401
    assert (await ben.http.get("/api/v1/users/ana")).status_code == 404
    assert (await ben.http.get("/api/v1/me")).json()["following_count"] == 0
    assert (await ben.http.get("/api/v1/users/ben")).json()["follower_count"] == 0
    assert (await ben.http.get(f"/api/v1/spaces/{space}")).json()["state"] == "ended"
    assert (await ben.http.get(f"/api/v1/spaces/{coming}")).json()["state"] == "canceled"
    assert (await ben.http.get("/api/v1/search", params={"q": "ana", "kind": "people"})).json()["people"] == []
    stays = await root.http.post("/api/v1/me/leaving", json={"handle": "root_of_all"})
    assert stays.json()["error"]["code"] == "administrator_stays"
