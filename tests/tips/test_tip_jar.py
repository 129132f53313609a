"""The Tip Jar through HTTP: each service's own rules, the one address that comes of a name, and nothing else."""

from typing import Any
from urllib.parse import urlsplit

from tests.live.stage import Node, live_socket, live_space, whip
from tests.world import Person, World
from voxhall.tips.services import EXTRAS, SERVICES

ADDRESSES = [
    ("paypal", "AnaRadio21", "https://paypal.me/AnaRadio21"),
    ("cash_app", "$anaradio", "https://cash.app/$anaradio"),
    ("cash_app", "1a", "https://cash.app/$1a"),
    ("patreon", "ana_radio", "https://patreon.com/ana_radio"),
    ("venmo", "@Ana-Radio_1", "https://venmo.com/u/Ana-Radio_1"),
    ("bandcamp", "ana-radio", "https://ana-radio.bandcamp.com"),
    ("ko_fi", "anaradio", "https://ko-fi.com/anaradio"),
    ("liberapay", "ana.radio", "https://liberapay.com/ana.radio"),
    ("buy_me_a_coffee", "ana.radio", "https://buymeacoffee.com/ana.radio"),
    ("github_sponsors", "ana-radio", "https://github.com/sponsors/ana-radio"),
    ("stripe", "00g5kX1ab2cd3eF4gh", "https://buy.stripe.com/00g5kX1ab2cd3eF4gh"),
]
WRONG = [
    ("paypal", "ana-radio"),
    ("paypal", "a" * 21),
    ("paypal", "signin"),
    ("cash_app", "12345"),
    ("cash_app", "ana_radio"),
    ("cash_app", "$$ana"),
    ("patreon", "ana-radio"),
    ("patreon", "Login"),
    ("venmo", "anna"),
    ("venmo", "ana.radio"),
    ("bandcamp", "Ana"),
    ("bandcamp", "-ana-"),
    ("bandcamp", "ana"),
    ("bandcamp", "evil.example/ana"),
    ("bandcamp", "daily"),
    ("github_sponsors", "ana--radio"),
    ("github_sponsors", "a" * 40),
    ("liberapay", ".."),
    ("stripe", "test_short"),
    ("nowhere", "ana"),
]
# For every service: what leads elsewhere, what looks like something else, what is nothing.
HOSTILE = [
    "",
    " ",
    "аnа",  # Cyrillic letters that look like ours
    "anａradio",  # a full-width letter
    "ana\u200bradio",
    "ana\u202eoidar",
    "ana/../evil",
    "ana?next=//evil.example",
    "ana#evil",
    "ana@evil.example",
    "//evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "ana%2fevil",
    "ana\\evil",
    "ana\nradio",
    "<b>ana</b>",
    '"><script>',
    "ana radio",
    "x" * 200,
]


async def open_all(world: World) -> None:
    boss = await world.person("boss", administrator=True)
    answer = await boss.http.patch("/api/v1/admin/settings", json={"tip_services": sorted(EXTRAS)})
    assert answer.status_code == 200, answer.text


async def fill(person: Person, *tips: tuple[str, str]) -> Any:
    jar = [{"service": service, "name": name} for service, name in tips]
    return await person.http.patch("/api/v1/me", json={"tip_jar": jar})


async def seen(world: World, handle: str) -> dict[str, Any]:
    profile: dict[str, Any] = (await (await world.browser()).get(f"/api/v1/users/{handle}")).json()
    return profile


async def test_each_service_makes_its_own_address_in_the_owners_order(world: World) -> None:
    await open_all(world)
    ana = await world.person("ana")
    assert {service for service, _, _ in ADDRESSES} == set(SERVICES)
    once = {service: (service, name, url) for service, name, url in reversed(ADDRESSES)}
    for order in (list(once.values()), list(reversed(once.values()))):
        answer = await fill(ana, *((service, name) for service, name, _ in order))
        assert answer.status_code == 200, answer.text
        jar = (await seen(world, "ana"))["tip_jar"]
        assert [(tip["service"], tip["url"]) for tip in jar] == [(service, url) for service, _, url in order]
    for service, name, url in ADDRESSES:
        jar = (await fill(ana, (service, name))).json()["tip_jar"]
        assert [tip["url"] for tip in jar] == [url]
        parts = urlsplit(url)
        assert parts.scheme == "https"
        host = SERVICES[service].host
        assert parts.hostname == host or str(parts.hostname).endswith(f".{host}")


async def test_what_a_service_would_not_take_is_refused_and_not_repeated(small_world: World) -> None:
    await open_all(small_world)
    ana = await small_world.person("ana")
    assert (await fill(ana, ("paypal", "kept"))).status_code == 200
    hostile = [(service, name) for service in SERVICES for name in HOSTILE]
    for service, name in [*WRONG, *hostile]:
        answer = await fill(
            ana, ("paypal", "other") if service != "paypal" else ("venmo", "ana-radio"), (service, name)
        )
        assert answer.status_code == 422, (service, name)
        assert "evil" not in answer.text
        assert len(answer.content) < 400
    assert [tip["name"] for tip in (await seen(small_world, "ana"))["tip_jar"]] == ["kept"]
    assert (await fill(ana, ("paypal", "ana"), ("paypal", "ben"))).status_code == 422


async def test_a_service_that_is_not_switched_on_is_not_there(small_world: World) -> None:
    ana = await small_world.person("ana")
    assert (await fill(ana, ("ko_fi", "anaradio"))).status_code == 422
    offered = (await ana.http.get("/api/v1/tips/services")).json()["items"]
    assert [one["id"] for one in offered] == ["paypal", "cash_app", "patreon", "venmo", "bandcamp"]
    await open_all(small_world)
    assert (await fill(ana, ("ko_fi", "anaradio"), ("paypal", "ana"))).status_code == 200
    boss = small_world.people["boss"]
    await boss.http.patch("/api/v1/admin/settings", json={"tip_services": []})
    assert [tip["service"] for tip in (await seen(small_world, "ana"))["tip_jar"]] == ["paypal"]


async def test_the_operator_may_open_it_to_a_share_first(small_world: World) -> None:
    boss, ana = await small_world.person("boss", administrator=True), await small_world.person("ana")
    await fill(ana, ("paypal", "ana"))
    await boss.http.patch("/api/v1/admin/settings", json={"tip_jar_percent": 0})
    assert (await seen(small_world, "ana"))["tip_jar"] == []
    assert (await fill(ana, ("paypal", "ben"))).json()["error"]["code"] == "tip_jar_closed"
    assert (await ana.http.get("/api/v1/me")).json()["may_have_tip_jar"] is False
    # To empty it is always possible.
    assert (await fill(ana)).status_code == 200
    await boss.http.patch("/api/v1/admin/settings", json={"tip_jar_percent": 100})
    assert (await fill(ana, ("paypal", "ben"))).status_code == 200


async def test_a_changed_address_is_told_for_a_day_and_logged(world: World) -> None:
    boss, ana = await world.person("boss", administrator=True), await world.person("ana")
    await fill(ana, ("paypal", "ana"), ("venmo", "ana-radio"))
    world.clock.advance(24 * 3600)
    assert (await seen(world, "ana"))["tip_jar_changed_at"] is None
    # Another order, and one less, lead nobody astray.
    await fill(ana, ("venmo", "ana-radio"), ("paypal", "ana"))
    await fill(ana, ("paypal", "ana"))
    assert (await seen(world, "ana"))["tip_jar_changed_at"] is None
    await fill(ana, ("paypal", "thief"))
    assert (await seen(world, "ana"))["tip_jar_changed_at"] == "2026-11-23T19:00:00.000Z"
    logged = (await boss.http.get("/api/v1/admin/audit")).json()["items"]
    changes = [one for one in logged if one["action"] == "tip_jar_changed"]
    # The clock stands still here, so which of two entries comes first is not said.
    assert {one["actor"] for one in changes} == {"ana"}
    swapped = {"before": ["https://paypal.me/ana"], "after": ["https://paypal.me/thief"]}
    assert swapped in [one["data"] for one in changes]
    world.clock.advance(24 * 3600)
    assert (await seen(world, "ana"))["tip_jar_changed_at"] is None


async def test_one_answer_holds_the_tip_sheet_of_a_space_now_and_afterwards(world: World, node: Node) -> None:
    host, ana, ben, mute = [await world.person(name) for name in ("host", "ana", "ben", "mute")]
    for person, name in ((host, "thehost"), (ana, "ana"), (mute, "mute")):
        await fill(person, ("paypal", name))
    space = await live_space(host, who_may_speak="everyone")
    visitor = await world.browser()
    async with live_socket(world, space) as page:
        await mute.http.post(f"/api/v1/spaces/{space}/requests")
        for person in (ana, ben, host):
            await whip(person, space)
        sheet = (await visitor.get(f"/api/v1/spaces/{space}/tips")).json()["items"]
        # Ben has no jar; who is muted comes after all who may be heard.
        assert [(one["handle"], one["role"]) for one in sheet] == [
            ("host", "host"),
            ("ana", "speaker"),
            ("mute", "speaker"),
        ]
        await fill(ana, ("paypal", "other"))
        told = await page.until("tip_jar_changed")
    sheet = (await visitor.get(f"/api/v1/spaces/{space}/tips")).json()["items"]
    assert [one["handle"] for one in sheet if one["participant_id"] == told["participant_id"]] == ["ana"]
    await host.http.post(f"/api/v1/spaces/{space}/end")
    after = (await visitor.get(f"/api/v1/spaces/{space}/tips")).json()["items"]
    assert sorted(one["handle"] for one in after) == ["ana", "host", "mute"]
    assert after[0]["handle"] == "host"
    hidden = await live_space(host, who_may_listen="invited")
    assert (await visitor.get(f"/api/v1/spaces/{hidden}/tips")).status_code == 404
