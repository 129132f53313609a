"""Spaces over HTTP, on both databases."""

import base64

import pytest

from tests.live.stage import live_space
from tests.world import World


async def test_a_space_without_a_time_is_live_at_once(world: World) -> None:
    ana = await world.person("ana")
    answer = await ana.http.post(
        "/api/v1/spaces",
        json={
            "title": "  Evening radio ",
            "topics": ["music", "music", "radio"],
            "language": "pt-BR",
            "recording": "on",
        },
    )
    space = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/spaces/{space['id']}"
    assert space.pop("id").startswith("sp_")
    assert space.pop("url").endswith(answer.headers["location"].rpartition("/")[2])
    assert space.pop("host")["handle"] == "ana"
    assert space == {
        "title": "Evening radio",
        "state": "live",
        "topics": ["music", "radio"],
        "language": "pt-BR",
        "who_may_speak": "invited",
        "who_may_listen": "everyone",
        "delay": "normal",
        "recording": "on",
        "recording_problem": None,
        "scheduled_start": None,
        "created_at": "2026-11-22T19:00:00.000Z",
        "started_at": "2026-11-22T19:00:00.000Z",
        "ended_at": None,
        "series_id": None,
        "listener_count": 0,
        "replay": None,
    }
    assert (await (await world.browser()).get(answer.headers["location"])).json() == answer.json()


async def test_a_space_is_scheduled_started_and_ended(world: World) -> None:
    ana = await world.person("ana")
    space = await live_space(ana, scheduled_start="2026-11-22T21:00:00+01:00")
    address = f"/api/v1/spaces/{space}"
    assert (await ana.http.get(address)).json()["scheduled_start"] == "2026-11-22T20:00:00.000Z"
    world.clock.advance(60)
    for verb, state in (("start", "live"), ("start", "live"), ("end", "ended"), ("end", "ended")):
        answer = await ana.http.post(f"{address}/{verb}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert (await ana.http.get(address)).json()["started_at"] == "2026-11-22T19:01:00.000Z"
    assert (await ana.http.post(f"{address}/start")).status_code == 409


async def test_lists_are_newest_first_by_state_and_in_pages(world: World) -> None:
    ana = await world.person("ana")
    spaces = [await live_space(ana, title=f"Number {number}") for number in range(5)]
    world.clock.advance(1)
    spaces.append(await live_space(ana))
    scheduled = await live_space(ana, scheduled_start="2026-11-22T20:00:00Z")
    await ana.http.post(f"/api/v1/spaces/{spaces[0]}/end")
    browser = await world.browser()
    seen: list[str] = []
    asked: dict[str, str] = {"state": "live", "limit": "2"}
    while asked:
        page = (await browser.get("/api/v1/spaces", params=asked)).json()
        seen += [one["id"] for one in page["items"]]
        asked = {**asked, "cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert seen[0] == spaces[5]
    assert sorted(seen) == sorted(spaces[1:])
    for state, only in (("ended", spaces[0]), ("scheduled", scheduled)):
        page = (await browser.get("/api/v1/spaces", params={"state": state})).json()
        assert [one["id"] for one in page["items"]] == [only]


async def test_a_list_names_who_is_on_the_stages_of_the_live_ones(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    await live_space(ana, scheduled_start="2026-11-22T20:00:00Z")
    assert (await ben.http.post(f"/api/v1/spaces/{space}/requests")).status_code == 200
    listed = (await (await world.browser()).get("/api/v1/spaces")).json()["items"]
    speakers = {found["state"]: [one["handle"] for one in found["speakers"]] for found in listed}
    assert speakers == {"live": ["ben"], "scheduled": []}


async def test_a_host_asks_for_a_low_delay_until_the_space_begins(world: World) -> None:
    ana = await world.person("ana")
    space = await live_space(ana, delay="low", scheduled_start="2026-11-22T21:00:00+01:00")
    address = f"/api/v1/spaces/{space}"
    assert (await ana.http.get(address)).json()["delay"] == "low"
    assert (await ana.http.patch(address, json={"title": "Late radio"})).json()["delay"] == "low"
    assert (await ana.http.patch(address, json={"delay": "normal"})).json()["delay"] == "normal"
    assert (await ana.http.post(f"{address}/start")).json()["delay"] == "normal"
    assert (await ana.http.patch(address, json={"delay": "low"})).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": " \u200b "},
        {"title": "x" * 101},
        {"title": "x" * 100_000},
        {"title": None},
        {"title": 7},
        {"title": "Tail\u202eliar"},
        {"topics": ["a", "b", "c", "d", "e", "f"]},
        {"topics": ["x" * 31]},
        {"topics": "music"},
        {"language": "english please"},
        {"who_may_speak": "nobody"},
        {"who_may_listen": "nobody"},
        {"who_may_listen": "invited", "invited": ["nobody"]},
        {"recording": "paused"},
        {"delay": "none"},
        {"scheduled_start": "2026-11-22T18:59:59Z"},
        {"scheduled_start": "2026-11-23T19:00:00"},
        {"scheduled_start": "tomorrow"},
        {"scheduled_start": "9999-12-31T23:59:59-23:00"},
        {"scheduled_start": "0001-01-01T00:00:00+23:00"},
        {"host": "us_somebody"},
        {"state": "ended"},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
async def test_a_space_that_cannot_be_is_refused_and_not_echoed(small_world: World, wrong: dict[str, object]) -> None:
    ana = await small_world.person("ana")
    answer = await ana.http.post("/api/v1/spaces", json={"title": "Fine", **wrong})
    assert answer.status_code in {413, 422}
    assert answer.json()["error"]["code"] in {"too_large", "invalid"}
    assert "liar" not in answer.text
    assert (await ana.http.get("/api/v1/spaces")).json()["items"] == []


async def test_only_who_is_signed_in_opens_a_space(small_world: World) -> None:
    nobody = await small_world.browser()
    assert (await nobody.post("/api/v1/spaces", json={"title": "Mine"})).status_code == 401


@pytest.mark.parametrize("space_id", ["sp_unknown", "x", "sp_' OR 1=1 --", "sp_%F0%9F%8E%99", "us_ana"])
async def test_unknown_and_malformed_ids_are_not_found(small_world: World, space_id: str) -> None:
    ana = await small_world.person("ana")
    mine = await live_space(ana)
    for method, path in (
        ("GET", f"/api/v1/spaces/{space_id}"),
        ("POST", f"/api/v1/spaces/{space_id}/start"),
        ("POST", f"/api/v1/spaces/{space_id}/end"),
        ("POST", f"/api/v1/spaces/{space_id}/requests"),
        ("GET", f"/api/v1/spaces/{space_id}/participants"),
        ("POST", f"/api/v1/spaces/{mine}/participants/{space_id}/mute"),
        ("POST", f"/api/v1/spaces/{mine}/requests/{space_id}/accept"),
    ):
        answer = await ana.http.request(method, path)
        assert answer.status_code == 404, path
        assert answer.json()["error"]["code"] in {"space_not_found", "participant_not_found"}, path


async def test_a_participant_of_another_space_is_not_found(small_world: World) -> None:
    ana, ben = await small_world.person("ana"), await small_world.person("ben")
    here, there = await live_space(ana), await live_space(ana)
    me = (await ben.http.post(f"/api/v1/spaces/{there}/requests")).json()["id"]
    answer = await ana.http.post(f"/api/v1/spaces/{here}/requests/{me}/accept")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "participant_not_found")


async def test_the_stage_is_for_anybody_to_see_and_the_audience_for_the_host(small_world: World) -> None:
    ana, ben = await small_world.person("ana"), await small_world.person("ben")
    space = await live_space(ana)
    asked = (await ben.http.post(f"/api/v1/spaces/{space}/requests")).json()
    assert asked["requested_at"] == "2026-11-22T19:00:00.000Z"
    accepted = (await ana.http.post(f"/api/v1/spaces/{space}/requests/{asked['id']}/accept")).json()
    assert (accepted["role"], accepted["muted"], accepted["requested_at"]) == ("speaker", True, None)
    seen = (await (await small_world.browser()).get(f"/api/v1/spaces/{space}/participants")).json()
    assert [one["handle"] for one in seen["items"]] == ["ben"]


async def test_a_changed_name_is_the_hosts_name_at_once(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    await ana.http.patch("/api/v1/me", json={"display_name": "Ana Maria"})
    browser = await small_world.browser()
    assert (await browser.get(f"/api/v1/spaces/{space}")).json()["host"]["display_name"] == "Ana Maria"


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "[]",
        "[1,2]",
        '"a"',
        '["x","y"]',
        '["0001-01-01T00:00:00+23:00","y"]',
        '["9999-12-31T23:59:59-23:00","y"]',
        '["2026-11-22T19:00:00Z","\\ud800"]',
        '["2026-11-22T19:00:00Z","\\u0000"]',
    ],
)
async def test_a_made_up_cursor_is_refused(small_world: World, cursor: str) -> None:
    browser = await small_world.browser()
    made_up = base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
    answer = await browser.get("/api/v1/spaces", params={"cursor": made_up})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


async def test_a_list_of_one_host_holds_theirs_alone(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana)
    await live_space(ben)
    browser = await world.browser()
    assert [one["id"] for one in (await browser.get("/api/v1/spaces?host=ana")).json()["items"]] == [space]
    assert (await browser.get("/api/v1/spaces?host=nobody")).status_code == 404
