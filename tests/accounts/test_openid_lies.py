"""Everything that a server of OpenID Connect, or somebody in between, may try."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from tests.accounts.house import House, who_is
from tests.accounts.provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Provider,
    by_hmac,
    ec_key,
    jwk_of,
    public_pem,
    rsa_key,
    unsigned,
)

Claims = dict[str, Any]


LIES: dict[str, Claims] = {
    "another nonce": {"nonce": "x" * 43},
    "no nonce": {"nonce": None},
    "a nonce that is no text": {"nonce": 7},
    "for another client": {"aud": "somebody else"},
    "for nobody": {"aud": None},
    "for several and no party": {"aud": [CLIENT_ID, "somebody else"]},
    "another party": {"azp": "somebody else"},
    "another issuer": {"iss": "https://accounts.example"},
    "expired": {"exp": 1_000_000_000},
    "an end that is no time": {"exp": True},
    "without an end": {"exp": None},
    "from the future": {"iat": 4_000_000_000},
    "not yet": {"nbf": 4_000_000_000},
    "nobody": {"sub": None},
    "an empty name": {"sub": ""},
    "a long name": {"sub": "x" * 256},
}


def with_algorithm_none(at: Provider, claims: Claims) -> str:
    return f"{unsigned({'alg': 'none'}, claims)}."


def with_algorithm_none_and_a_key(at: Provider, claims: Claims) -> str:
    return f"{unsigned({'alg': 'None', 'kid': 'first'}, claims)}."


def signed_with_the_clients_secret(at: Provider, claims: Claims) -> str:
    return by_hmac(CLIENT_SECRET.encode(), claims)


def signed_with_the_public_key(at: Provider, claims: Claims) -> str:
    return by_hmac(public_pem(at.keys["first"]), claims)


def by_another_key(at: Provider, claims: Claims) -> str:
    return at.signed(claims, rsa_key("a stranger's"))


def by_another_curve_key(at: Provider, claims: Claims) -> str:
    return at.signed(claims, ec_key("a stranger's"), "second")


def by_the_right_key_under_anothers_name(at: Provider, claims: Claims) -> str:
    return at.signed(claims, at.keys["first"], "second")


def changed_after_it_was_signed(at: Provider, claims: Claims) -> str:
    head, _, signature = at.signed(claims).split(".")
    return f"{head}.{unsigned({}, {**claims, 'sub': 'number of root'}).split('.')[1]}.{signature}"


def with_its_own_key(at: Provider, claims: Claims) -> str:
    key = rsa_key("a stranger's")
    head = {"alg": "RS256", "kid": "unknown", "jwk": jwk_of("unknown", key)}
    return at.signed(claims, key, head=head)


def no_token(at: Provider, claims: Claims) -> None:
    return None


def no_token_at_all(at: Provider, claims: Claims) -> str:
    return "not a token"


def only_dots(at: Provider, claims: Claims) -> str:
    return ".."


def a_list(at: Provider, claims: Claims) -> str:
    return at.signed([claims])


FORGERIES: tuple[Callable[[Provider, Claims], str | None], ...] = (
    with_algorithm_none,
    with_algorithm_none_and_a_key,
    signed_with_the_clients_secret,
    signed_with_the_public_key,
    by_another_key,
    by_another_curve_key,
    by_the_right_key_under_anothers_name,
    changed_after_it_was_signed,
    with_its_own_key,
    no_token,
    no_token_at_all,
    only_dots,
    a_list,
)


async def test_what_a_provider_must_not_say_opens_nothing(small_house: House) -> None:
    at, browser = small_house.provider, await small_house.world.browser()
    await small_house.sign_up(browser)
    await browser.delete("/api/v1/sessions/current")

    async def opens_nothing(what: str) -> None:
        # As many beginnings as one address has in a minute.
        small_house.world.clock.advance(2)
        refused = await small_house.arrive(browser)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "wrong_answer"), what
        assert await who_is(browser) is None, what

    for what, lie in LIES.items():
        at.claims = lie
        await opens_nothing(what)
    at.claims = {}
    for forgery in FORGERIES:
        at.token = forgery
        await opens_nothing(forgery.__name__)
    at.token = None
    assert (await small_house.arrive(browser)).json()["outcome"] == "signed_in"


async def test_an_answer_is_for_the_browser_that_asked_once_and_soon(small_house: House) -> None:
    world = small_house.world
    ana, thief = await world.browser(), await world.browser()
    await small_house.sign_up(ana)
    await ana.delete("/api/v1/sessions/current")
    path = "/api/v1/sessions/openid/house/answer"

    async def refused(browser: httpx2.AsyncClient, answer: dict[str, str], at: str = path) -> None:
        response = await browser.post(at, json=answer)
        assert (response.status_code, response.json()["error"]["code"]) == (401, "wrong_answer"), response.text
        assert await who_is(browser) is None

    # Somebody else's browser, with and without a beginning of its own.
    answer = small_house.come_back(await small_house.begin(ana))
    await refused(thief, answer)
    await small_house.begin(thief)
    await refused(thief, answer)
    assert (await ana.post(path, json=answer)).status_code == 200
    # Again, with the old state, or with a new state and the old code.
    await ana.delete("/api/v1/sessions/current")
    await refused(ana, answer)
    fresh = small_house.come_back(await small_house.begin(ana))
    await refused(ana, {**fresh, "code": answer["code"]})
    await refused(ana, {**fresh, "state": "x" * 43})
    # A code that was meant for another browser has another verifier.
    stolen = small_house.come_back(await small_house.begin(thief))
    mine = small_house.come_back(await small_house.begin(ana))
    await refused(ana, {**mine, "code": stolen["code"]})
    late = small_house.come_back(await small_house.begin(ana))
    world.clock.advance(15 * 60)
    await refused(ana, late)


async def test_one_providers_answer_is_not_anothers(small_house: House) -> None:
    browser, path = await small_house.world.browser(), "/api/v1/sessions/openid/{}/answer"

    async def status(at: str, answer: dict[str, str]) -> int:
        return (await browser.post(path.format(at), json=answer)).status_code

    assert await status("other", small_house.come_back(await small_house.begin(browser, "house"))) == 401
    assert await status("nobody", small_house.come_back(await small_house.begin(browser, "house"))) == 401
    # RFC 9207: it says whose it is, and where it always does, silence is a lie, too.
    answer = small_house.come_back(await small_house.begin(browser, "house"))
    assert await status("house", {**answer, "iss": small_house.other.address}) == 401
    silent = small_house.come_back(await small_house.begin(browser, "house"))
    assert await status("house", {name: silent[name] for name in ("state", "code")}) == 200
    small_house.other.about = {"authorization_response_iss_parameter_supported": True}
    silent = small_house.come_back(await small_house.begin(browser, "other"), at=small_house.other)
    assert await status("other", {name: silent[name] for name in ("state", "code")}) == 401
    # Both redirect to addresses of their own.
    for name, at in (("house", small_house.provider), ("other", small_house.other)):
        asked = dict(parse_qsl(urlsplit(await small_house.begin(browser, name)).query))
        assert asked["redirect_uri"].endswith(f"/sign-in/openid/{name}")
        assert at.address not in asked["redirect_uri"]
        assert CLIENT_SECRET not in str(asked)
    assert (await browser.post("/api/v1/sessions/openid/nobody", json={})).status_code == 404
