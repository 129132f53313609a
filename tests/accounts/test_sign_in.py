"""Signing up, in and out through HTTP."""

import pytest

from tests.world import World
from voxhall.accounts.model import SESSION_LASTS

ANA = {"handle": "ana", "display_name": "Ana", "password": "correct horse"}


async def test_whoever_signs_up_is_signed_in(world: World) -> None:
    browser = await world.browser()
    answer = await browser.post("/api/v1/users", json=ANA)
    assert answer.status_code == 201
    assert answer.json() == {
        "id": answer.json()["id"],
        "handle": "ana",
        "display_name": "Ana",
        "picture": None,
        "bio": "",
        "links": [],
        "pronouns": "",
        "language": None,
        "created_at": "2026-11-22T19:00:00.000Z",
        "is_administrator": False,
        "follower_count": 0,
        "following_count": 0,
    }
    assert answer.json()["id"].startswith("us_")
    # Their own page knows more: the Tip Jar, and whether they may host.
    assert (await browser.get("/api/v1/me")).json().items() >= answer.json().items()


async def test_a_page_asks_who_is_signed_in_and_nobody_is_an_answer(small_world: World) -> None:
    """A guest's page shows no error for it; a token for programs is no browser's session."""
    browser = await small_world.browser()
    session = "/api/v1/sessions/current"
    assert (await browser.get(session)).json() == {"account": None}
    account = (await browser.post("/api/v1/users", json=ANA)).json()
    assert (await browser.get(session)).json() == {"account": account}
    token = (await browser.post("/api/v1/me/tokens", json={"name": "a script"})).json()["token"]
    program = await small_world.browser()
    bearer = {"authorization": f"Bearer {token}"}
    assert (await program.get(session, headers=bearer)).json() == {"account": None}
    assert (await browser.delete(session)).status_code == 204
    assert (await browser.get(session)).json() == {"account": None}


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(small_world: World) -> None:
    answer = await (await small_world.browser()).post("/api/v1/users", json=ANA)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("voxhall_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_a_handle_belongs_to_one_person(world: World) -> None:
    browser = await world.browser()
    await browser.post("/api/v1/users", json=ANA)
    again = await (await world.browser()).post("/api/v1/users", json={**ANA, "display_name": "Another Ana"})
    assert again.status_code == 409
    assert again.json()["error"]["code"] == "handle_taken"


async def test_who_knows_the_password_signs_in_from_another_browser(world: World) -> None:
    await (await world.browser()).post("/api/v1/users", json=ANA)
    other = await world.browser()
    answer = await other.post("/api/v1/sessions", json={"handle": "Ana", "password": "correct horse"})
    assert answer.status_code == 201
    assert (await other.get("/api/v1/me")).json()["handle"] == "ana"


async def test_a_wrong_handle_is_refused_like_a_wrong_password(world: World) -> None:
    browser = await world.browser()
    await browser.post("/api/v1/users", json=ANA)
    stranger = await world.browser()
    wrong = [{"handle": "ana", "password": "wrong horse"}, {"handle": "nobody", "password": "correct horse"}]
    answers = [await stranger.post("/api/v1/sessions", json=body) for body in wrong]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()
    assert (await stranger.get("/api/v1/me")).status_code == 401


async def test_guessing_a_password_ends_after_ten_wrong_ones(small_world: World) -> None:
    browser = await small_world.browser()
    await browser.post("/api/v1/users", json=ANA)
    guesses = [{"handle": "ana", "password": f"guess {number}"} for number in range(11)]
    answers = [await browser.post("/api/v1/sessions", json=guess) for guess in guesses]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    # The right password waits too: otherwise the answer would tell which guess was right.
    answer = await browser.post("/api/v1/sessions", json={"handle": "ana", "password": "correct horse"})
    assert answer.status_code == 429


async def test_signing_out_ends_the_session_on_the_server(world: World) -> None:
    browser = await world.browser()
    await browser.post("/api/v1/users", json=ANA)
    kept = browser.cookies["voxhall_session"]
    assert (await browser.delete("/api/v1/sessions/current")).status_code == 204
    thief = await world.browser(cookie=f"voxhall_session={kept}")
    assert (await thief.get("/api/v1/me")).status_code == 401


async def test_a_session_ends_by_itself(world: World) -> None:
    browser = await world.browser()
    await browser.post("/api/v1/users", json=ANA)
    world.clock.advance(SESSION_LASTS.total_seconds() + 1)
    assert (await browser.get("/api/v1/me")).status_code == 401


async def test_an_account_without_a_password_cannot_be_signed_into(world: World) -> None:
    await world.person("robot")
    answer = await (await world.browser()).post("/api/v1/sessions", json={"handle": "robot", "password": ""})
    assert answer.status_code == 401


@pytest.mark.parametrize("claim", ["nonsense", "", "x" * 10_000], ids=["nonsense", "empty", "very long"])
async def test_a_wrong_administrator_link_makes_no_account(small_world: World, claim: str) -> None:
    browser = await small_world.browser()
    answer = await browser.post("/api/v1/users", json={**ANA, "claim": claim})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "wrong_claim"
    assert (await browser.get("/api/v1/users/ana")).status_code == 404


async def test_the_link_of_the_first_start_makes_one_administrator(world: World) -> None:
    link = await world.control.welcome_link()
    assert link is not None
    claim = link.partition("#")[2]
    ana = await world.browser()
    answer = await ana.post("/api/v1/users", json={**ANA, "handle": "admin", "claim": claim})
    assert answer.json()["is_administrator"] is True
    ben = await world.person("ben")
    assert (await ben.http.post("/api/v1/me/administrator", json={"claim": claim})).status_code == 403
    assert await world.control.welcome_link() is None


async def test_somebody_signed_in_can_claim_with_the_newest_link_only(world: World) -> None:
    old, new = await world.control.welcome_link(), await world.control.welcome_link()
    assert old is not None
    assert new is not None
    ana = await world.person("ana")
    refused = await ana.http.post("/api/v1/me/administrator", json={"claim": old.partition("#")[2]})
    assert refused.status_code == 403
    granted = await ana.http.post("/api/v1/me/administrator", json={"claim": new.partition("#")[2]})
    assert granted.json()["is_administrator"] is True
