"""Signing in by another server (OpenID Connect)."""

from typing import Any

import httpx2

from tests.accounts.house import House, who_is
from tests.accounts.provider import (
    rsa_key,
)
from voxhall.app import perform


async def test_the_first_sign_in_makes_an_account_with_a_handle_of_ones_own_and_the_next_opens_it(house: House) -> None:
    browser = await house.world.browser()
    doors = (await browser.get("/api/v1/doors")).json()
    assert doors["providers"] == [{"id": "house", "name": "House"}, {"id": "other", "name": "House"}]
    ben = await house.world.person("ben")
    arrived = (await house.arrive(browser, path="/@ben")).json()
    assert (arrived["outcome"], arrived["account"]) == ("new", None)
    assert (arrived["display_name"], arrived["handle"]) == ("Ana", "ana_house")
    assert await who_is(browser) is None
    body = {"ticket": arrived["ticket"], "handle": ben.handle, "display_name": "Ana"}
    taken = await browser.post("/api/v1/users/openid", json=body)
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "handle_taken")
    # A handle that is taken costs nothing: the ticket is good until it has made an account.
    body["handle"] = "ana"
    for stranger, status in ((await house.world.browser(), 401), (browser, 201), (browser, 401)):
        signed_up = await stranger.post("/api/v1/users/openid", json=body)
        assert signed_up.status_code == status, signed_up.text
        if status == 201:
            assert signed_up.json()["next"] == "/@ben"
    assert await who_is(browser) == "ana"

    again = await house.world.browser()
    came = (await house.arrive(again)).json()
    assert (came["outcome"], came["account"]["handle"], came["ticket"]) == ("signed_in", "ana", None)
    assert await who_is(again) == "ana"
    identity = (await again.get("/api/v1/me/identities")).json()["items"][0]
    assert (identity["provider"], identity["called"]) == ("House", "ana@house")
    # The same name at another provider is somebody else.
    elsewhere = await house.world.browser()
    answer = house.come_back(await house.begin(elsewhere, "other"), at=house.other)
    other = await elsewhere.post("/api/v1/sessions/openid/other/answer", json=answer)
    assert other.json()["outcome"] == "new"


async def test_the_door_is_the_one_for_everybody(house: House) -> None:
    world, root = house.world, await house.world.person("root_of_all", administrator=True)
    member = await house.sign_up(await world.browser(), "member")
    assert member.status_code == 201
    for_everybody = "/api/v1/admin/settings"
    await root.http.patch(for_everybody, json={"registration": "invite"})
    browser = await world.browser()
    refused = await house.sign_up(browser)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "invite_needed")
    code = (await root.http.post("/api/v1/me/invites")).json()["code"]
    wrong = await house.sign_up(browser, invite="x" * 22)
    assert wrong.json()["error"]["code"] == "invite_not_valid"
    assert (await house.sign_up(browser, invite=code)).status_code == 201
    assert (await browser.get("/api/v1/users/ana")).json()["invited_by"]["handle"] == "root_of_all"

    await root.http.patch(for_everybody, json={"registration": "closed"})
    closed = await house.arrive(await world.browser(), "late")
    assert (closed.status_code, closed.json()["error"]["code"]) == (403, "registration_closed")
    # Whoever lives here comes in whatever the door for new people says.
    known = await house.arrive(await world.browser(), "member")
    assert known.json()["outcome"] == "signed_in"
    reserved = await world.browser()
    await root.http.patch(for_everybody, json={"registration": "open"})
    assert (await house.sign_up(reserved, "admin")).status_code == 422


async def test_whoever_is_suspended_does_not_come_in(house: House) -> None:
    browser = await house.world.browser()
    await house.sign_up(browser)
    await perform(house.world.kit, house.world.control.accounts, "suspend", {"handle": "ana", "is_suspended": True})
    refused = await house.arrive(browser)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "suspended")
    assert await who_is(browser) is None


async def test_an_identity_is_linked_to_an_account_and_never_unlinked_as_the_last_way_in(house: House) -> None:
    world = house.world
    ana, ben = await world.browser(), await world.browser()
    person = {"handle": "ana", "display_name": "Ana", "password": "correct horse"}
    assert (await ana.post("/api/v1/users", json=person)).status_code == 201
    assert (await ben.post("/api/v1/me/identities/house", json={})).status_code == 401

    async def link(browser: httpx2.AsyncClient, who: str) -> httpx2.Response:
        begun = await browser.post("/api/v1/me/identities/house", json={"next": "/settings"})
        answer = house.come_back(begun.json()["url"], who)
        return await browser.post("/api/v1/sessions/openid/house/answer", json=answer)

    linked = (await link(ana, "ana")).json()
    assert (linked["outcome"], linked["next"], linked["account"]["handle"]) == ("linked", "/settings", "ana")
    # Twice is once.
    assert (await link(ana, "ana")).json()["outcome"] == "linked"
    assert len((await ana.get("/api/v1/me/identities")).json()["items"]) == 1
    assert (await house.arrive(ben, "ana")).json()["account"]["handle"] == "ana"

    await ben.delete("/api/v1/sessions/current")
    assert (await house.sign_up(ben, "ben")).status_code == 201
    taken = await link(ben, "ana")
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "identity_taken")
    # Begun by one account, ended by another in the same browser: nobody's.
    begun = await ben.post("/api/v1/me/identities/house", json={})
    answer = house.come_back(begun.json()["url"], "third")
    await ben.post("/api/v1/sessions", json={"handle": "ana", "password": "correct horse"})
    swapped = await ben.post("/api/v1/sessions/openid/house/answer", json=answer)
    assert (swapped.status_code, swapped.json()["error"]["code"]) == (401, "wrong_answer")

    await house.arrive(ben, "ben")
    only = (await ben.get("/api/v1/me/identities")).json()["items"][0]["id"]
    last = await ben.delete(f"/api/v1/me/identities/{only}")
    assert (last.status_code, last.json()["error"]["code"]) == (409, "last_way_in")
    assert (await ana.delete(f"/api/v1/me/identities/{only}")).status_code == 404
    assert (await ben.put("/api/v1/me/password", json={"new": "another battery"})).status_code == 204
    assert (await ben.delete(f"/api/v1/me/identities/{only}")).status_code == 204
    assert (await house.arrive(await world.browser(), "ben")).json()["outcome"] == "new"


async def test_nobody_is_sent_on_to_another_site(small_house: House) -> None:
    browser = await small_house.world.browser()
    for path in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "evil",
        "",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n",
        f"/{'x' * 1_000}",
    ):
        refused = await browser.post("/api/v1/sessions/openid/house", json={"next": path})
        assert refused.status_code == 422, path
        assert refused.json()["error"]["details"][0]["field"] == "next"


async def test_a_provider_that_is_down_or_not_itself_is_said_to_be(small_house: House) -> None:
    world, at = small_house.world, small_house.provider
    browser = await world.browser()

    async def begun(*, at_once: bool = False) -> tuple[int, str]:
        if not at_once:
            world.clock.advance(6)
        answer = await browser.post("/api/v1/sessions/openid/house", json={})
        return answer.status_code, answer.json().get("error", {}).get("code", "")

    at.status = 500
    assert await begun() == (502, "provider_down")
    # Nobody waits in a row for one that does not answer.
    asked = len(at.asked)
    assert await begun(at_once=True) == (502, "provider_down")
    assert len(at.asked) == asked
    at.status = 302
    assert await begun() == (502, "provider_down")
    at.status = 200
    for wrong in (
        {"issuer": "https://accounts.example"},
        {"issuer": f"{at.address}/"},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "file:///etc/passwd"},
        {"much": "x" * 300_000},
    ):
        at.about = wrong
        assert await begun() == (502, "provider_down"), wrong
    at.about = {}
    assert (await begun())[0] == 201
    # Its word is kept for an hour, but what it signs is asked of it.
    at.status = 500
    answer = small_house.come_back(await small_house.begin(browser))
    refused = await browser.post("/api/v1/sessions/openid/house/answer", json=answer)
    assert (refused.status_code, refused.json()["error"]["code"]) == (502, "provider_down")


async def test_a_provider_may_change_its_keys(small_house: House) -> None:
    at, browser = small_house.provider, await small_house.world.browser()
    await small_house.sign_up(browser)
    at.signs_with = "second"
    assert (await small_house.arrive(browser)).json()["outcome"] == "signed_in"
    at.keys, at.signs_with = {"third": rsa_key("third")}, "third"
    # A token by an unknown key has them fetched, but not for each that a stranger makes up.
    assert (await small_house.arrive(browser)).status_code == 401
    assert at.asked.count("/keys") == 1
    small_house.world.clock.advance(61)
    assert (await small_house.arrive(browser)).json()["outcome"] == "signed_in"
    assert (await small_house.arrive(browser)).json()["outcome"] == "signed_in"
    assert (at.asked.count("/keys"), at.asked.count("/.well-known/openid-configuration")) == (2, 1)


async def test_names_that_a_provider_gives_are_as_clean_as_anybodys(small_house: House) -> None:
    cases: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"name": "A\u202eb", "preferred_username": "adm\u200bin"}, "", ""),
        ({"name": "<b>Zoë</b>", "preferred_username": "Zoë Zöe"}, "<b>Zoë</b>", "zo_z_e"),
        ({"name": 7, "preferred_username": ["x"], "email": "al@example.org"}, "", "al"),
        ({"name": "x" * 500, "preferred_username": "admin"}, "admin", ""),
    )
    for place, (claims, name, handle) in enumerate(cases):
        small_house.provider.claims = claims
        arrived = (await small_house.arrive(await small_house.world.browser(), f"person {place}")).json()
        assert (arrived["display_name"], arrived["handle"]) == (name, handle)
