"""The profile through HTTP: what may be in a name, and what everybody sees."""

from typing import Any

import pytest

from tests.world import World
from voxhall.accounts.model import Scope

LONG_NAMES = {
    "ten thousand letters": "a" * 10_000,
    "only blanks": "   ",
    "a zero-width space": "An\u200ba",
    "a turned direction": "Ana\u202eneb",
    "a line break": "Ana\nBen",
    "a control character": "Ana\u0007",
    "only an invisible letter": "\u3164",
    "a tower of accents": "A" + "\u0301\u0302\u0303\u0304\u0306" * 3,
    "an unassigned character": "Ana\U000e0080",
}


@pytest.mark.parametrize("name", LONG_NAMES.values(), ids=LONG_NAMES.keys())
async def test_a_name_that_misleads_is_refused_and_not_repeated(small_world: World, name: str) -> None:
    ana = await small_world.person("ana")
    answer = await ana.http.patch("/api/v1/me", json={"display_name": name})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["field"] == "display_name"
    assert len(answer.content) < 300


GOOD_NAMES = ["Ana", "Łukasz O’Neill-Çelik", "مریم می‌خواهم", "नमस्ते", "李小龍", "👩‍💻 Ana", "Ana ✌️", "שרה"]


@pytest.mark.parametrize("name", GOOD_NAMES)
async def test_names_of_all_scripts_are_welcome(world: World, name: str) -> None:
    ana = await world.person("ana")
    answer = await ana.http.patch("/api/v1/me", json={"display_name": f"  {name} "})
    assert answer.status_code == 200, answer.text
    assert answer.json()["display_name"] == name


async def test_a_name_is_kept_in_one_form(world: World) -> None:
    ana = await world.person("ana")
    answer = await ana.http.patch("/api/v1/me", json={"display_name": "Andre\u0301"})
    assert answer.json()["display_name"] == "Andr\u00e9"


async def test_everybody_sees_what_the_person_wrote(world: World) -> None:
    ana = await world.person("ana")
    wishes = {"display_name": "Ana", "bio": "Radio.\nEvery night.", "links": ["https://example.org/ana?x=1"]}
    assert (await ana.http.patch("/api/v1/me", json=wishes)).status_code == 200
    seen = (await (await world.browser()).get("/api/v1/users/ana")).json()
    assert {name: seen[name] for name in wishes} == wishes
    assert "is_administrator" not in seen


async def test_what_is_not_mentioned_stays(world: World) -> None:
    ana = await world.person("ana")
    await ana.http.patch("/api/v1/me", json={"bio": "Radio."})
    await ana.http.patch("/api/v1/me", json={"display_name": "Ana"})
    assert (await ana.http.get("/api/v1/me")).json()["bio"] == "Radio."


BAD_LINKS = {
    "a script": ["javascript:alert(1)"],
    "no scheme": ["example.org"],
    "hidden account": ["https://bank.example@evil.example/"],
    "a blank": ["https://exa mple.org"],
    "a bad port": ["https://example.org:99999999/"],
    "no host": ["https://"],
    "too many": ["https://example.org/"] * 6,
    "too long": ["https://example.org/" + "a" * 300],
    "a number": [1],
}


@pytest.mark.parametrize("links", BAD_LINKS.values(), ids=BAD_LINKS.keys())
async def test_a_link_that_is_no_web_address_is_refused(small_world: World, links: list[Any]) -> None:
    ana = await small_world.person("ana")
    assert (await ana.http.patch("/api/v1/me", json={"links": links})).status_code == 422


@pytest.mark.parametrize("handle", ["nobody", "x" * 500, "%00", "ana%20", "..%2f..", "ana'--", "👻", "%ff%fe"])
async def test_an_unknown_handle_is_nobody(world: World, handle: str) -> None:
    answer = await (await world.browser()).get(f"/api/v1/users/{handle}")
    assert answer.status_code in {400, 404}
    assert set(answer.json()["error"]) == {"code", "message", "details"}


@pytest.mark.parametrize("handle", ["a", "Ana", "ana!", "a" * 31, "ana ben", "anа", "", "admin", "\u202eana"])
async def test_a_handle_is_short_plain_and_not_reserved(small_world: World, handle: str) -> None:
    body = {"handle": handle, "display_name": "Ana", "password": "correct horse"}
    answer = await (await small_world.browser()).post("/api/v1/users", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["field"] == "handle"


@pytest.mark.parametrize("password", ["short", "x" * 257, ""])
async def test_a_password_is_long_enough_and_not_a_book(small_world: World, password: str) -> None:
    body = {"handle": "ana", "display_name": "Ana", "password": password}
    answer = await (await small_world.browser()).post("/api/v1/users", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["field"] == "password"


async def test_nobody_known_has_no_profile(small_world: World) -> None:
    browser = await small_world.browser()
    assert (await browser.get("/api/v1/me")).status_code == 401
    assert (await browser.patch("/api/v1/me", json={"bio": "x"})).status_code == 401


async def test_a_token_without_the_scope_cannot_change_the_account(small_world: World) -> None:
    ana = await small_world.person("ana", scopes=[Scope.READ, Scope.SPEAK])
    assert (await ana.http.get("/api/v1/me")).status_code == 200
    refused = await ana.http.patch("/api/v1/me", json={"bio": "taken over"})
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "missing_scope"
