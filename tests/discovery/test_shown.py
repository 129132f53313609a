"""Who is shown to people who look around: reports, hiding, featuring, muting; and follows that come along in a file."""

from tests.discovery.test_discovery import people, sections, titles
from tests.live.stage import Node, live_space
from tests.world import World


async def test_the_operator_hides_and_features_and_the_reported_stand_behind(world: World, node: Node) -> None:
    root = await world.person("root_of_all", administrator=True)
    ana, ben, cleo, dora = await people(world, "ana", "ben", "cleo", "dora")
    # Nobody is new here any more.
    world.clock.advance(3 * 24 * 3600)
    for host, title in ((ana, "Of Ana"), (ben, "Of Ben"), (cleo, "Of Cleo")):
        await live_space(host, title=title)
        world.clock.advance(60)
    visitor = await world.browser()

    async def shown() -> list[str]:
        return titles((await sections(visitor))["live"])

    assert await shown() == ["Of Cleo", "Of Ben", "Of Ana"]
    cleos = (await visitor.get("/api/v1/spaces", params={"host": "cleo"})).json()["items"][0]["id"]

    body = {"handle": "cleo", "reason": "spam", "note": "Sells <b>soap</b>\nall evening.", "space_id": cleos}
    for reporter in (ana, ben, ana):
        assert (await reporter.http.post("/api/v1/reports", json=body)).status_code == 204
    assert await shown() == ["Of Cleo", "Of Ben", "Of Ana"]
    assert (await dora.http.post("/api/v1/reports", json=body)).status_code == 204
    assert await shown() == ["Of Ben", "Of Ana", "Of Cleo"]
    for wrong, status in (
        ({**body, "handle": "nobody"}, 404),
        ({**body, "handle": "ana"}, 409),
        ({**body, "reason": "boring"}, 422),
        ({**body, "note": "x" * 1_001}, 422),
    ):
        assert (await ana.http.post("/api/v1/reports", json=wrong)).status_code == status, wrong
    assert (await visitor.post("/api/v1/reports", json=body)).status_code == 401

    assert (await ana.http.get("/api/v1/admin/reports")).status_code == 403
    reports = (await root.http.get("/api/v1/admin/reports")).json()["items"]
    assert {one["by"]["handle"] for one in reports} == {"ana", "ben", "dora"}
    assert {one["about"]["handle"] for one in reports} == {"cleo"}
    assert (await ana.http.post(f"/api/v1/admin/reports/{reports[0]['id']}/resolve")).status_code == 403
    assert (await root.http.post(f"/api/v1/admin/reports/{reports[0]['id']}/resolve")).status_code == 204
    assert (await root.http.post(f"/api/v1/admin/reports/{reports[0]['id']}/resolve")).status_code == 404
    assert await shown() == ["Of Cleo", "Of Ben", "Of Ana"]
    assert len((await root.http.get("/api/v1/admin/reports", params={"resolved": "true"})).json()["items"]) == 1

    async def promote(what: str, promotion: str) -> None:
        answer = await root.http.put(f"/api/v1/admin/{what}/promotion", json={"promotion": promotion})
        assert answer.status_code == 204, answer.text

    await promote("users/ana", "featured")
    assert await shown() == ["Of Ana", "Of Cleo", "Of Ben"]
    reasons = (await sections(visitor))["live"][0]["reasons"]
    assert "featured" in {one["code"] for one in reasons}
    await promote("users/ana", "normal")
    await promote("users/ben", "hidden")
    await promote(f"spaces/{cleos}", "hidden")
    assert await shown() == ["Of Ana"]
    for query in ("Cleo", "ben"):
        found = (await visitor.get("/api/v1/search", params={"q": query})).json()
        assert found["spaces"] == [], query
    assert (await visitor.get("/api/v1/search", params={"q": "ben"})).json()["people"] == []
    # Not secret, only not recommended; and whoever follows finds them.
    assert (await visitor.get(f"/api/v1/spaces/{cleos}")).status_code == 200
    assert (await visitor.get("/api/v1/users/ben")).status_code == 200
    await dora.http.put("/api/v1/users/ben/follow")
    assert titles((await sections(dora.http))["followed_live"]) == ["Of Ben"]
    refused = await ana.http.put(f"/api/v1/admin/spaces/{cleos}/promotion", json={"promotion": "featured"})
    assert refused.status_code == 403

    # All at one moment of the clock, and yet in the order in which they were done, page by page.
    first = (await root.http.get("/api/v1/admin/audit", params={"limit": 3})).json()
    rest = (await root.http.get("/api/v1/admin/audit", params={"cursor": first["next_cursor"]})).json()
    done = [(one["action"], one["data"].get("after")) for one in [*first["items"], *rest["items"]]]
    assert done == [
        ("space_promoted", "hidden"),
        ("person_promoted", "hidden"),
        ("person_promoted", "normal"),
        ("person_promoted", "featured"),
        ("report_resolved", None),
    ]


async def test_whom_one_has_muted_stays_away_from_ones_home_page(world: World, node: Node) -> None:
    me, ana = await people(world, "me", "ana")
    await live_space(ana, title="Of Ana")
    assert titles((await sections(me.http))["live"]) == ["Of Ana"]
    assert (await me.http.put("/api/v1/users/ana/mute")).status_code == 204
    assert titles((await sections(me.http))["live"]) == []
    assert (await me.http.get("/api/v1/users/ana")).json()["you"]["has_muted"] is True
    assert [one["handle"] for one in (await me.http.get("/api/v1/me/mutes")).json()["items"]] == ["ana"]
    assert titles((await me.http.get("/api/v1/search", params={"q": "of ana"})).json()["spaces"]) == ["Of Ana"]
    assert (await me.http.put("/api/v1/users/me/mute")).status_code == 409
    assert (await me.http.delete("/api/v1/users/ana/mute")).status_code == 204
    assert titles((await sections(me.http))["live"]) == ["Of Ana"]


async def test_follows_come_along_in_mastodons_file(world: World) -> None:
    me, _, _ = await people(world, "me", "ana", "ben")
    file = (
        "\ufeffAccount address,Show boosts,Notify on new posts,Languages\r\n"
        "ana@localhost,true,false,\r\n@Ben,true,false,\r\nana@mastodon.example,true,false,\r\n"
        "nobody@localhost,true,false,\r\nme@localhost,true,false,\r\n\r\n"
    )
    csv = {"content-type": "text/csv"}
    answer = await me.http.post("/api/v1/me/follows/import", content=file.encode(), headers=csv)
    assert answer.json() == {"followed": 2, "unknown": 2, "elsewhere": 1}
    following = (await me.http.get("/api/v1/users/me/following")).json()["items"]
    assert {one["handle"] for one in following} == {"ana", "ben"}
    for content, headers, status in (
        (b"\xff\xfe", csv, 422),
        (b"a," * 600_000, csv, 413),
        (b"\n".join([b"x"] * 10_002), csv, 422),
        (file.encode(), {"content-type": "application/json"}, 400),
        (file.encode(), {"content-type": "text/plain"}, 415),
    ):
        answer = await me.http.post("/api/v1/me/follows/import", content=content, headers=headers)
        assert answer.status_code == status, answer.text
