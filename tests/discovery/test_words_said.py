"""Words said in transcripts, found where they were said, by whom may know of the space."""

from typing import Any

import httpx2
import numpy as np

from tests.transcripts.recorded import record
from tests.transcripts.test_words import KINDS, stretch
from tests.world import World
from voxhall.kit.jobs import queue
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import SpaceId

QUIET = np.zeros(960, np.int16)


async def spoken(world: World, host: str, *words: str, at_ms: int = 60_000, language: str = "en", **wishes: Any) -> str:
    """A recorded space of `host`, in which this was said from `at_ms` on, a word a second."""
    recorded = await record(world, {host: (0.0, QUIET)}, **wishes)
    [job] = await queue.claim(world.kit, "wo_1", {"transcribe": 1})
    told = stretch(recorded.participants[host], at_ms, at_ms + 1_000 * len(words), *words)
    await queue.tell(world.kit, KINDS, job.job.id, job.job.attempt, {**told, "language": language})
    return recorded.space_id


async def has_replay(world: World, space_id: str) -> None:
    await world.people[await _host(world, space_id)].http.post(f"/api/v1/spaces/{space_id}/end")
    async with world.kit.db.write() as tx:
        await spaces.set_replay(tx, SpaceId(space_id), 90_000)


async def _host(world: World, space_id: str) -> str:
    space = await spaces.find_space(world.kit, SpaceId(space_id))
    assert space is not None
    return next(one.handle for one in world.people.values() if one.user.id == space.host_id)


async def hits(client: httpx2.AsyncClient, q: str, **params: str) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/search", params={"q": q, "kind": "words", **params})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["words"]
    return found


async def test_a_word_is_found_where_it_was_said_live_and_afterwards(world: World) -> None:
    space = await spoken(world, "ana", "The", "Fossils", "of", "Łódź,", "don't", "float", title="Low tide")
    visitor = await world.browser()
    [live] = await hits(visitor, "fossil")
    assert live["url"].endswith(f"/spaces/{space}")
    await has_replay(world, space)
    for query, at_ms in (("fossils float", 61_000), ("ŁÓDŹ", 63_000), ("flo", 65_000)):
        [hit] = await hits(visitor, query)
        assert hit["offset_ms"] == at_ms, query
        assert hit["url"].endswith(f"/spaces/{space}?t={at_ms // 1_000}s")
        assert (hit["text"], hit["language"]) == ("The Fossils of Łódź, don't float", "en")
        assert hit["speaker"]["handle"] == "ana"
        assert hit["space"]["title"] == "Low tide"
    for query in ("fossils sink", "fo", "ossil", '"', "fossils OR float NOT tide*"):
        assert await hits(visitor, query) == [], query
    everything = (await visitor.get("/api/v1/search", params={"q": "fossils"})).json()
    assert [len(everything[kind]) for kind in ("spaces", "people", "topics", "words")] == [0, 0, 0, 1]
    ana = world.people["ana"]
    assert (await ana.http.delete(f"/api/v1/spaces/{space}/recording")).status_code in {200, 202, 204}
    assert await hits(visitor, "fossils") == []


async def test_words_are_found_by_whom_may_know_of_the_space_alone(world: World) -> None:
    hidden = await spoken(world, "ana", "secret", "harbour", who_may_listen="followers")
    public = await spoken(world, "ben", "open", "harbour")
    by_link = await spoken(world, "cleo", "harbour", "walk", who_may_listen="link")
    for space in (hidden, public, by_link):
        await has_replay(world, space)
    visitor, dora = await world.browser(), await world.person("dora")
    assert [hit["space"]["id"] for hit in await hits(visitor, "harbour")] == [public]
    await dora.http.put("/api/v1/users/ana/follow")
    assert {hit["space"]["id"] for hit in await hits(dora.http, "harbour")} == {hidden, public}
    await world.people["ben"].http.put("/api/v1/users/dora/block")
    assert [hit["space"]["id"] for hit in await hits(dora.http, "harbour")] == [hidden]


async def test_the_search_keeps_to_a_language_when_asked(world: World) -> None:
    german = await spoken(world, "ana", "Hafen", "morgen", language="de", title="Hafen am Morgen")
    english = await spoken(world, "ben", "Hafen", "street", title="Hafen Street")
    for space in (german, english):
        await has_replay(world, space)
    visitor = await world.browser()
    assert {hit["space"]["id"] for hit in await hits(visitor, "hafen")} == {german, english}
    assert [hit["space"]["id"] for hit in await hits(visitor, "hafen", language="de-CH")] == [german]
    await world.people["ana"].http.post("/api/v1/spaces", json={"title": "Hafenlicht", "language": "de-AT"})
    found = (await visitor.get("/api/v1/search", params={"q": "hafen", "language": "de", "kind": "spaces"})).json()
    assert [one["title"] for one in found["spaces"]] == ["Hafenlicht"]
