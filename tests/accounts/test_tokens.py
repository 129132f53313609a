"""API tokens through HTTP: shown once, with scopes, revocable, and never a way to more than their maker may."""

from tests.world import World
from voxhall.accounts import store
from voxhall.accounts.model import Scope


async def test_a_token_is_shown_once_and_kept_as_a_hash(world: World) -> None:
    ana = await world.person("ana")
    made = (await ana.http.post("/api/v1/me/tokens", json={"name": "the studio"})).json()
    listed = await ana.http.get("/api/v1/me/tokens")
    assert made["token"] not in listed.text
    assert made["id"] in {token["id"] for token in listed.json()["items"]}
    async with world.kit.db.read() as view:
        rows = (await view.execute(store.tokens.select())).all()
    assert not any(made["token"] in str(row) for row in rows)


async def test_a_token_says_when_it_was_last_used(world: World) -> None:
    ana = await world.person("ana")
    made = (await ana.http.post("/api/v1/me/tokens", json={"name": "the studio", "scopes": ["read"]})).json()
    studio = await world.browser()

    async def used_at() -> str | None:
        listed = (await ana.http.get("/api/v1/me/tokens")).json()["items"]
        found: list[str | None] = [one["used_at"] for one in listed if one["id"] == made["id"]]
        return found[0]

    assert await used_at() is None
    seen: list[str | None] = []
    for _ in range(3):
        await studio.get("/api/v1/me", headers={"authorization": f"Bearer {made['token']}"})
        seen.append(await used_at())
        world.clock.advance(1800)
    # To the hour: the second time is none of its own.
    assert (seen[0], seen[0] == seen[1], seen[1] == seen[2]) == (made["created_at"], True, False)


async def test_a_revoked_token_opens_nothing(world: World) -> None:
    ana = await world.person("ana")
    made = (await ana.http.post("/api/v1/me/tokens", json={})).json()
    holder = await world.browser(authorization=f"Bearer {made['token']}")
    assert (await holder.get("/api/v1/me")).status_code == 200
    assert (await ana.http.delete(f"/api/v1/me/tokens/{made['id']}")).status_code == 204
    refused = await holder.get("/api/v1/me")
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "bad_token"
    assert (await ana.http.delete(f"/api/v1/me/tokens/{made['id']}")).status_code == 404


async def test_a_token_ends_when_it_was_made_to(world: World) -> None:
    ana = await world.person("ana")
    made = (await ana.http.post("/api/v1/me/tokens", json={"expires_at": "2026-11-22T20:00:00Z"})).json()
    assert made["expires_at"] == "2026-11-22T20:00:00.000Z"
    holder = await world.browser(authorization=f"Bearer {made['token']}")
    assert (await holder.get("/api/v1/me")).status_code == 200
    world.clock.advance(3600)
    assert (await holder.get("/api/v1/me")).status_code == 401


async def test_nobody_revokes_the_token_of_another(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    made = (await ana.http.post("/api/v1/me/tokens", json={})).json()
    assert (await ben.http.delete(f"/api/v1/me/tokens/{made['id']}")).status_code == 404


async def test_a_token_cannot_make_one_that_may_more(world: World) -> None:
    limited = await world.person("ana", scopes=[Scope.ACCOUNT, Scope.READ])
    for scopes in (["host"], ["admin"], ["read", "speak"]):
        refused = await limited.http.post("/api/v1/me/tokens", json={"scopes": scopes})
        assert refused.status_code == 422
    assert (await limited.http.post("/api/v1/me/tokens", json={"scopes": ["read"]})).status_code == 201


async def test_only_an_administrators_token_administers(world: World) -> None:
    browser = await world.browser()
    await browser.post("/api/v1/users", json={"handle": "ana", "display_name": "Ana", "password": "correct horse"})
    assert (await browser.post("/api/v1/me/tokens", json={"scopes": ["admin"]})).status_code == 403


async def test_a_token_needs_scopes_a_name_and_a_future(small_world: World) -> None:
    ana = await small_world.person("ana")
    bodies: list[dict[str, object]] = [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"name": ""},
        {"name": "a" * 100},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2027-01-01T00:00:00"},
        {"expires_at": "soon"},
    ]
    for body in bodies:
        answer = await ana.http.post("/api/v1/me/tokens", json=body)
        assert answer.status_code == 422, body


async def test_a_wrong_token_is_refused_even_where_none_is_needed(small_world: World) -> None:
    for authorization in ("Bearer nonsense", "Bearer", "Basic YW5hOmJlbg==", "Bearer " + "x" * 5_000):
        holder = await small_world.browser(authorization=authorization)
        answer = await holder.get("/api/v1/me")
        assert answer.status_code == 401
        assert "www-authenticate" in answer.headers


async def test_tokens_come_in_pages(world: World) -> None:
    ana = await world.person("ana")
    for number in range(4):
        await ana.http.post("/api/v1/me/tokens", json={"name": f"token {number}"})
    seen, cursor = [], None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await ana.http.get("/api/v1/me/tokens", params=query)).json()
        seen += [token["id"] for token in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    for wrong in ("nonsense", "W10", "bnVsbA", "x" * 400, "WyIyMDI2IiwgImEiXQ%00"):
        assert (await ana.http.get(f"/api/v1/me/tokens?cursor={wrong}")).status_code in {400, 422}
    for limit in ("0", "101", "-1", "many"):
        assert (await ana.http.get(f"/api/v1/me/tokens?limit={limit}")).status_code == 422
