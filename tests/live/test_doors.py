"""The operator's switches, each at every door it guards: HTTP, the socket, and the sound."""

from typing import Any

import pytest

from tests.live.stage import OFFER, SDP, Node, live_socket, live_space, whip
from tests.world import Person, World
from voxhall.accounts.admission.model import is_in_share

PASSWORD = "correct horse battery"


async def turn(boss: Person, **settings: Any) -> dict[str, Any]:
    answer = await boss.http.patch("/api/v1/admin/settings", json=settings)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


async def sign_up(world: World, handle: str, **more: Any) -> tuple[int, str]:
    body = {"handle": handle, "display_name": handle, "password": PASSWORD, **more}
    answer = await (await world.browser()).post("/api/v1/users", json=body)
    return answer.status_code, answer.json().get("error", {}).get("code", "")


async def hosting(person: Person) -> list[str]:
    """Why not, as the account itself sees it; and the door says the same."""
    seen = (await person.http.get("/api/v1/me")).json()["hosting"]
    answer = await person.http.post("/api/v1/spaces", json={"title": "Mine"})
    reasons = [one["code"] for one in seen["reasons"]]
    if not reasons:
        assert (seen["allowed"], answer.status_code) == (True, 201)
        return []
    assert (seen["allowed"], answer.status_code, answer.json()["error"]["code"]) == (False, 403, "may_not_host")
    assert [one["code"] for one in answer.json()["error"]["details"]] == reasons
    return reasons


@pytest.mark.parametrize(
    ("registration", "without", "with_invite", "with_nonsense"),
    [
        ("open", (201, ""), (201, ""), (201, "")),
        ("invite", (403, "invite_needed"), (201, ""), (403, "invite_not_valid")),
        ("closed", (403, "registration_closed"), (403, "registration_closed"), (403, "registration_closed")),
    ],
)
async def test_who_may_register(
    world: World,
    node: Node,
    registration: str,
    without: tuple[int, str],
    with_invite: tuple[int, str],
    with_nonsense: tuple[int, str],
) -> None:
    boss, ana = await world.person("boss", administrator=True), await world.person("ana")
    code = (await ana.http.post("/api/v1/me/invites")).json()["code"]
    await turn(boss, registration=registration)
    assert (await (await world.browser()).get("/api/v1/doors")).json()["registration"] == registration
    assert await sign_up(world, "without") == without
    assert await sign_up(world, "nonsense", invite="x" * 22) == with_nonsense
    assert await sign_up(world, "invited", invite=code) == with_invite
    # Listening needs no account, whatever the door for accounts says: the page's data, the socket, the sound.
    space = await live_space(ana)
    visitor = await world.browser()
    assert (await visitor.get(f"/api/v1/spaces/{space}")).status_code == 200
    async with live_socket(world, space) as page:
        assert page.seen[0]["you"]["signed_in"] is False
        heard = await visitor.post(f"/api/v1/spaces/{space}/whep", content=OFFER, headers=SDP)
        assert heard.status_code == 201
        # And nobody speaks without one.
        assert await page.refused("request_to_speak") == "guest_may_not_speak"
    spoken = await (await world.browser()).post(f"/api/v1/spaces/{space}/whip", content=OFFER, headers=SDP)
    assert spoken.status_code == 401
    assert len(node.peers) == 1
    if with_invite[0] == 201:
        profile = (await ana.http.get("/api/v1/users/invited")).json()
        assert profile["invited_by"] == {"handle": "ana", "display_name": "ana", "picture": None}


async def test_an_invitation_is_single_runs_out_and_is_taken_back(world: World) -> None:
    boss, ana = await world.person("boss", administrator=True), await world.person("ana")
    await turn(boss, registration="invite", invites_per_account=3, hosted_per_invite=1, invite_days=7)
    made = [(await ana.http.post("/api/v1/me/invites")).json() for _ in range(3)]
    assert made[0]["url"].endswith(f"/sign-up#invite={made[0]['code']}")
    assert len(made[0]["code"]) >= 22  # 128 bits in base 64
    assert (await ana.http.post("/api/v1/me/invites")).json()["error"]["code"] == "no_invites_left"
    visitor = await world.browser()
    look = await visitor.post("/api/v1/invites/look", json={"code": made[0]["code"]})
    assert look.json() == {"handle": "ana", "display_name": "ana", "picture": None}
    assert await sign_up(world, "first", invite=made[0]["code"]) == (201, "")
    assert await sign_up(world, "second", invite=made[0]["code"]) == (403, "invite_not_valid")
    assert (await ana.http.delete(f"/api/v1/me/invites/{made[1]['id']}")).status_code == 204
    assert (await ana.http.delete(f"/api/v1/me/invites/{made[0]['id']}")).status_code == 404
    assert (await boss.http.delete(f"/api/v1/me/invites/{made[2]['id']}")).status_code == 404
    assert await sign_up(world, "second", invite=made[1]["code"]) == (403, "invite_not_valid")
    world.clock.advance(7 * 24 * 3600)
    assert await sign_up(world, "second", invite=made[2]["code"]) == (403, "invite_not_valid")
    listed = (await ana.http.get("/api/v1/me/invites")).json()
    assert sorted(one["state"] for one in listed["items"]) == ["expired", "used"]
    assert all("code" not in one for one in listed["items"])
    # One used, two free again; hosting a space earns one more.
    assert listed["left"] == 2
    space = await live_space(ana)
    await ana.http.post(f"/api/v1/spaces/{space}/end")
    assert (await ana.http.get("/api/v1/me/invites")).json()["left"] == 3


async def test_a_member_lets_somebody_in_who_waits(world: World) -> None:
    boss, ana = await world.person("boss", administrator=True), await world.person("ana")
    visitor = await world.browser()
    asking = {"name": "Zoë", "note": "Ana knows me from the radio."}
    assert (await visitor.post("/api/v1/waiting-list", json=asking)).json()["error"]["code"] == "no_waiting_list"
    await turn(boss, registration="invite", invites_per_account=1)
    ticket = (await visitor.post("/api/v1/waiting-list", json=asking)).json()["ticket"]
    assert (await visitor.post("/api/v1/waiting-list/collect", json={"ticket": ticket})).json() == {"code": None}
    assert (await visitor.get("/api/v1/waiting-list")).status_code == 401
    [waiting] = (await ana.http.get("/api/v1/waiting-list")).json()["items"]
    assert (waiting["name"], waiting["note"]) == ("Zoë", "Ana knows me from the radio.")
    for status in (204, 404):
        assert (await ana.http.post(f"/api/v1/waiting-list/{waiting['id']}/let-in")).status_code == status
    code = (await visitor.post("/api/v1/waiting-list/collect", json={"ticket": ticket})).json()["code"]
    assert (await visitor.post("/api/v1/waiting-list/collect", json={"ticket": ticket})).status_code == 404
    assert await sign_up(world, "zoe", invite=code) == (201, "")
    assert (await ana.http.get("/api/v1/me/invites")).json()["left"] == 0


async def test_a_branch_is_suspended_at_every_door_and_comes_back(world: World, node: Node) -> None:
    boss, ana, host = [await world.person(name, administrator=name == "boss") for name in ("boss", "ana", "host")]
    code = (await ana.http.post("/api/v1/me/invites")).json()["code"]
    leaf = await world.browser()
    body = {"handle": "leaf", "display_name": "Leaf", "password": PASSWORD, "invite": code}
    assert (await leaf.post("/api/v1/users", json=body)).status_code == 201
    tree = (await boss.http.get("/api/v1/admin/invite-tree")).json()["items"]
    assert {one["handle"]: one["invited_by"] for one in tree} == {
        "boss": None,
        "ana": None,
        "host": None,
        "leaf": "ana",
    }
    space = await live_space(host, who_may_speak="everyone")
    async with live_socket(world, space, ana) as page:
        await whip(ana, space)
        await leaf.post(f"/api/v1/spaces/{space}/whep", content=OFFER, headers=SDP)
        assert len(node.peers) == 2
        answer = await boss.http.put("/api/v1/admin/branches/ana", json={"is_suspended": True})
        assert sorted(answer.json()["handles"]) == ["ana", "leaf"]
        assert node.peers == {}
        assert (await page.closed())[0] == 4404
    assert (await ana.http.get("/api/v1/me")).status_code == 401
    assert (await leaf.get("/api/v1/me")).status_code == 401
    refused = await leaf.post("/api/v1/sessions", json={"handle": "leaf", "password": PASSWORD})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "suspended")
    assert (await boss.http.get("/api/v1/users/ana")).status_code == 404
    await boss.http.put("/api/v1/admin/branches/ana", json={"is_suspended": False})
    assert (await ana.http.get("/api/v1/me")).status_code == 200


HOSTS: dict[str, tuple[dict[str, Any], list[str], list[str], list[str], list[str]]] = {
    # settings → the reasons of a new account, of one with a follower, of one that is ten days old, of one on the list
    "everyone": ({}, [], [], [], []),
    "a list": ({"hosting": "list"}, ["not_on_the_list"], ["not_on_the_list"], ["not_on_the_list"], []),
    "nobody yet": (
        {"hosting": "percent", "hosting_percent": 0},
        ["not_in_the_share"],
        ["not_in_the_share"],
        ["not_in_the_share"],
        [],
    ),
    "all of a share": ({"hosting": "percent", "hosting_percent": 100}, [], [], [], []),
    "followers": ({"hosting_min_followers": 1}, ["too_few_followers"], [], ["too_few_followers"], []),
    "age": ({"hosting_min_age_days": 10}, ["account_too_young"], ["account_too_young"], [], []),
    "both": (
        {"hosting_min_followers": 1, "hosting_min_age_days": 10},
        ["too_few_followers", "account_too_young"],
        ["account_too_young"],
        ["too_few_followers"],
        [],
    ),
}


@pytest.mark.parametrize("switch", HOSTS)
async def test_who_may_host(world: World, node: Node, switch: str) -> None:
    settings, *wanted = HOSTS[switch]
    old = await world.person("old")
    world.clock.advance(10 * 24 * 3600)
    boss, new, liked, listed = [
        await world.person(name, administrator=name == "boss") for name in ("boss", "new", "liked", "listed")
    ]
    await new.http.put("/api/v1/users/liked/follow")
    people = (new, liked, old, listed)
    plans = [await live_space(one, scheduled_start="2026-12-02T21:00:00Z") for one in people]
    await turn(boss, hosting_list=["listed"], **settings)
    assert [await hosting(one) for one in people] == wanted
    assert await hosting(boss) == []
    # What was planned before begins by no door either: HTTP, the socket, the microphone.
    for person, space, reasons in zip(people, plans, wanted, strict=True):
        async with live_socket(world, space, person) as page:
            if not reasons:
                await page.do("start")
                await whip(person, space)
                continue
            refused = await person.http.post(f"/api/v1/spaces/{space}/start")
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "may_not_host")
            assert await page.refused("start") == "may_not_host"
            asked = node.calls.copy()
            for door in ("whip", "whep"):
                answer = await person.http.post(f"/api/v1/spaces/{space}/{door}", content=OFFER, headers=SDP)
                assert answer.status_code == 409, door
            assert node.calls == asked


def test_a_larger_share_keeps_everybody_of_the_smaller() -> None:
    people = [f"us_{number}" for number in range(2_000)]
    shares = [{one for one in people if is_in_share(one, percent, "hosting")} for percent in (0, 10, 20, 100)]
    assert shares[0] < shares[1] < shares[2] < shares[3] == set(people)
    assert 150 < len(shares[1]) < 250
    tips = {one for one in people if is_in_share(one, 10, "tip jar")}
    assert len(tips & shares[1]) < 60


async def test_the_kill_switch_for_new_spaces(small_world: World, small_node: Node) -> None:
    boss, ana = await small_world.person("boss", administrator=True), await small_world.person("ana")
    running = await live_space(ana)
    scheduled = await live_space(ana, scheduled_start="2026-11-22T20:00:00Z")
    await turn(boss, new_spaces=False)
    for person in (boss, ana):
        assert await hosting(person) == ["new_spaces_stopped"]
    assert (await ana.http.post(f"/api/v1/spaces/{scheduled}/start")).json()["error"]["code"] == "may_not_host"
    async with live_socket(small_world, scheduled, ana) as page:
        assert await page.refused("start") == "may_not_host"
    await whip(ana, running)
    await turn(boss, new_spaces=True)
    assert await hosting(ana) == []


async def test_the_kill_switch_for_all_sound(world: World, node: Node) -> None:
    """The spaces stay, nobody hears or is heard; and turned back, everything goes on."""
    boss, ana = await world.person("boss", administrator=True), await world.person("ana")
    space = await live_space(ana)
    visitor = await world.browser()
    async with live_socket(world, space, ana) as page:
        await whip(ana, space)
        await visitor.post(f"/api/v1/spaces/{space}/whep", content=OFFER, headers=SDP)
        assert len(node.peers) == 2
        await turn(boss, live_audio=False)
        assert node.peers == {}
        asked = node.calls.copy()
        for client, door in ((ana.http, "whip"), (visitor, "whep"), (await world.browser(), "whep")):
            answer = await client.post(f"/api/v1/spaces/{space}/{door}", content=OFFER, headers=SDP)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "audio_stopped")
        assert node.calls == asked
        assert await hosting(ana) == ["new_spaces_stopped"]
        assert (await visitor.get(f"/api/v1/spaces/{space}")).json()["state"] == "live"
        await turn(boss, live_audio=True)
        await whip(ana, space)
        assert page.connection.close_code is None
    logged = (await boss.http.get("/api/v1/admin/audit")).json()["items"]
    assert {(one["actor"], one["action"]) for one in logged} == {("boss", "settings_changed")}
    # Both in one moment of the clock, so in either order.
    assert sorted(one["data"]["live_audio"] for one in logged) == [[False, True], [True, False]]


async def test_only_an_administrator_turns_the_switches(small_world: World) -> None:
    ana = await small_world.person("ana")
    nobody = await small_world.browser()
    for method, path in (
        ("GET", "settings"),
        ("PATCH", "settings"),
        ("GET", "audit"),
        ("GET", "invite-tree"),
        ("PUT", "branches/ana"),
    ):
        body: dict[str, Any] = {"is_suspended": True} if method == "PUT" else {}
        assert (await ana.http.request(method, f"/api/v1/admin/{path}", json=body)).status_code == 403
        assert (await nobody.request(method, f"/api/v1/admin/{path}", json=body)).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"registration": "maybe"},
        {"hosting_percent": 101},
        {"hosting_percent": -1},
        {"hosting_list": ["nobody"]},
        {"invite_days": 0},
        {"new_spaces": "perhaps"},
        {"unknown": 1},
    ],
    ids=str,
)
async def test_a_setting_that_cannot_be_changes_nothing(small_world: World, wrong: dict[str, Any]) -> None:
    boss = await small_world.person("boss", administrator=True)
    before = (await boss.http.get("/api/v1/admin/settings")).json()
    assert (await boss.http.patch("/api/v1/admin/settings", json={"tip_jar_percent": 5, **wrong})).status_code == 422
    assert (await boss.http.get("/api/v1/admin/settings")).json() == before
