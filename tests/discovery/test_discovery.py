"""The home page, search, topics and profiles over HTTP, on both databases."""

from typing import Any

import httpx2
import pytest

from tests.live.stage import Node, live_space, whip
from tests.world import Person, World


async def sections(client: httpx2.AsyncClient, path: str = "home", **params: str) -> dict[str, list[dict[str, Any]]]:
    answer = await client.get(f"/api/v1/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return {section["name"]: section["items"] for section in answer.json()["sections"]}


def titles(items: list[dict[str, Any]]) -> list[str]:
    return [one["title"] for one in items]


async def people(world: World, *names: str) -> list[Person]:
    return [await world.person(name) for name in names]


async def test_home_shows_first_whom_one_follows_and_says_why(world: World, node: Node) -> None:
    me, host, friend, other = await people(world, "me", "host", "friend", "other")
    await other.http.put("/api/v1/users/host/follow")
    for followed in ("friend",):
        await me.http.put(f"/api/v1/users/{followed}/follow")
    with_friend = await live_space(host, title="With a friend", who_may_speak="everyone", language="pt-BR")
    await live_space(other, title="Of another", language="pt")
    await live_space(friend, title="Coming", scheduled_start="2026-11-22T21:00:00Z")
    await live_space(host, title="Coming of another", scheduled_start="2026-11-22T20:00:00Z")
    await live_space(host, title="Only by link", who_may_listen="link")
    # Not on its stage yet, so not hers.
    assert titles((await sections(me.http))["followed_live"]) == []
    await whip(friend, with_friend)
    await me.http.patch("/api/v1/me", json={"language": "pt"})
    home = await sections(me.http)
    assert list(home) == ["followed_live", "followed_upcoming", "live", "upcoming", "replays"]
    assert titles(home["followed_live"]) == ["With a friend"]
    assert titles(home["followed_upcoming"]) == ["Coming"]
    assert titles(home["live"]) == ["Of another"]
    assert titles(home["upcoming"]) == ["Coming of another"]
    [first] = home["followed_live"]
    assert [reason["code"] for reason in first["reasons"]] == ["you_follow", "your_language", "just_started"]
    assert first["reasons"][0]["handle"] == "friend"
    assert "friend" in [one["handle"] for one in first["speakers"]]
    # Who follows nobody has the directory, and the same spaces in it.
    directory = await sections(await world.browser(**{"accept-language": "fr, en;q=0.5"}))
    assert sorted(titles(directory["live"])) == ["Of another", "With a friend"]
    assert directory["followed_live"] == []
    assert directory["live"][0]["reasons"] == [
        {"code": "just_started", "handle": None, "display_name": None, "count": None, "topic": None}
    ]


async def test_an_unknown_host_of_the_first_day_is_shown_and_not_promoted(world: World) -> None:
    known, new = await people(world, "known", "new")
    for fan in await people(world, "fan_a", "fan_b"):
        await fan.http.put("/api/v1/users/known/follow")
    await live_space(known, title="Known", language="en")
    world.clock.advance(600)
    await live_space(new, title="New", language="en")
    await live_space(new, title="New and coming", scheduled_start="2026-11-23T20:00:00Z")
    await live_space(known, title="Known and coming", scheduled_start="2026-11-23T21:00:00Z")
    home = await sections(await world.browser())
    # The new one has just begun and would be first.
    assert titles(home["live"]) == ["Known", "New"]
    assert titles(home["upcoming"]) == ["Known and coming", "New and coming"]


async def test_search_finds_titles_topics_and_people_by_beginnings(world: World) -> None:
    ana, ben = await people(world, "ana", "ben")
    await ana.http.patch("/api/v1/me", json={"display_name": "Ana Łukasz"})
    await live_space(ana, title="Evening radio from Zürich", topics=["Music", "موسيقى"])
    await live_space(ana, title="Radio play", scheduled_start="2026-11-22T20:00:00Z")
    await live_space(ana, title="Secret radio", who_may_listen="invited", invited=["ben"])
    visitor = await world.browser()

    async def found(client: httpx2.AsyncClient, q: str, **more: str) -> dict[str, Any]:
        answer = await client.get("/api/v1/search", params={"q": q, **more})
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    assert titles((await found(visitor, "rad"))["spaces"]) == ["Evening radio from Zürich", "Radio play"]
    assert titles((await found(ben.http, "radio secr"))["spaces"]) == ["Secret radio"]
    for q in ("ZÜRI", "zürich eve", "موسي", "mus"):
        assert titles((await found(visitor, q))["spaces"]) == ["Evening radio from Zürich"], q
    for q in ("an", "łuk", "ANA ŁUKASZ"):
        assert [one["handle"] for one in (await found(visitor, q))["people"]] == ["ana"], q
    assert (await found(visitor, "MU"))["topics"] == [{"topic": "music", "count": 1}]
    only = await found(visitor, "an", kind="people")
    assert (only["spaces"], only["topics"]) == ([], [])
    topic = await sections(visitor, "topics/MUSIC")
    assert titles(topic["live"]) == ["Evening radio from Zürich"]
    # A name that changes is found by the new one alone.
    await ana.http.patch("/api/v1/me", json={"display_name": "Zora"})
    assert (await found(visitor, "łuk"))["people"] == []
    assert [one["handle"] for one in (await found(visitor, "zor"))["people"]] == ["ana"]


HOSTILE = [
    "",
    " ",
    '"',
    "'",
    "*",
    "a*",
    '" OR 1=1 --',
    "'); DROP TABLE users; --",
    "NEAR(a b)",
    "title:a",
    "a AND NOT b",
    "(a | b) & !c:*",
    "\\",
    "%",
    "a" * 200,
    "<script>alert(1)</script>",
    "\u202e\u200b",
    "👩‍💻",
    "\ufeff",
    "_",
]


async def test_no_query_is_more_than_words(world: World) -> None:
    ana = await world.person("ana")
    await live_space(ana, title="Fine")
    visitor = await world.browser()
    for query in HOSTILE:
        answer = await visitor.get("/api/v1/search", params={"q": query})
        assert answer.status_code == 200, query
        assert titles(answer.json()["spaces"]) == [], query
        topic = await visitor.get(f"/api/v1/topics/{query.replace('/', '')[:50] or 'x'}")
        assert topic.status_code in {200, 404}, query
    assert (await visitor.get("/api/v1/search", params={"q": "a" * 201})).status_code == 422
    assert (await visitor.get("/api/v1/search")).status_code == 422


async def test_a_profile_shows_the_spaces_one_may_know_of(world: World, node: Node) -> None:
    ana, ben, host = await people(world, "ana", "ben", "host")
    open_space = await live_space(host, title="Open", who_may_speak="everyone")
    await live_space(ana, title="Coming", scheduled_start="2026-11-22T20:00:00Z")
    await live_space(ana, title="Hidden", who_may_listen="invited", invited=["ben"])
    await whip(ana, open_space)
    visitor = await world.browser()
    profile = (await visitor.get("/api/v1/users/ana")).json()
    assert profile["on_air"] == open_space
    seen = await sections(visitor, "users/ana/spaces")
    assert (titles(seen["live"]), titles(seen["upcoming"])) == (["Open"], ["Coming"])
    seen = await sections(ben.http, "users/ana/spaces")
    assert sorted(titles(seen["live"])) == ["Hidden", "Open"]


@pytest.mark.parametrize(
    "wrong",
    [{"pronouns": "x" * 41}, {"pronouns": "she\u202e"}, {"language": "english please"}, {"language": 7}],
    ids=str,
)
async def test_a_profile_that_cannot_be_changes_nothing(small_world: World, wrong: dict[str, Any]) -> None:
    ana = await small_world.person("ana")
    fine = {"pronouns": "she/her", "language": "pt-BR"}
    assert (await ana.http.patch("/api/v1/me", json=fine)).status_code == 200
    answer = await ana.http.patch("/api/v1/me", json={"bio": "New", **wrong})
    assert answer.status_code == 422
    seen = (await ana.http.get("/api/v1/users/ana")).json()
    assert {name: seen[name] for name in fine} == fine
    assert seen["bio"] == ""


async def test_a_followed_topic_stands_further_up_and_says_why(world: World) -> None:
    me, host = await people(world, "me", "host")
    await live_space(host, title="Gardens", topics=["Gardening"])
    world.clock.advance(60)
    await live_space(host, title="Cars", topics=["Cars"])
    assert titles((await sections(me.http))["live"]) == ["Cars", "Gardens"]
    for _ in range(2):
        assert (await me.http.put("/api/v1/topics/GARDENING/follow")).status_code == 204
    assert (await me.http.get("/api/v1/me/topics")).json() == {"items": ["gardening"]}
    live = (await sections(me.http))["live"]
    assert titles(live) == ["Gardens", "Cars"]
    assert live[0]["reasons"][0] == {
        "code": "your_topic",
        "topic": "Gardening",
        "handle": None,
        "display_name": None,
        "count": None,
    }
    assert (await me.http.delete("/api/v1/topics/gardening/follow")).status_code == 204
    assert titles((await sections(me.http))["live"]) == ["Cars", "Gardens"]
    assert (await me.http.put(f"/api/v1/topics/{'x' * 31}/follow")).status_code == 422
    assert (await (await world.browser()).put("/api/v1/topics/a/follow")).status_code == 401


async def test_who_stands_on_a_stage_is_told_to_whom_may_know(world: World, node: Node) -> None:
    ana, ben, fan = await people(world, "ana", "ben", "fan")
    await fan.http.put("/api/v1/users/ben/follow")
    everybodys = await live_space(ana)
    for_followers = await live_space(ben, who_may_listen="followers")
    await live_space(fan, scheduled_start="2026-11-23T20:00:00Z")
    await whip(ana, everybodys)
    await whip(ben, for_followers)
    asked = {"handle": ["ANA", "ben", "fan", "nobody"]}

    async def seen_by(client: httpx2.AsyncClient) -> list[tuple[str, str]]:
        answer = await client.get("/api/v1/on-stage", params=asked)
        return [(one["handle"], one["space_id"]) for one in answer.json()["items"]]

    assert await seen_by(fan.http) == [("ana", everybodys), ("ben", for_followers)]
    assert await seen_by(await world.browser()) == [("ana", everybodys)]
    assert (await fan.http.get("/api/v1/on-stage")).status_code == 422
