"""Where an account is signed in, and signing out from afar, on both databases."""

import pytest

from tests.world import World
from voxhall.accounts.devices.model import device_name

PHONE = "Mozilla/5.0 (Android 15; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0"
DESK = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"


async def test_a_device_signed_out_from_another_is_out_at_once(world: World) -> None:
    ana = {"handle": "ana", "display_name": "Ana", "password": "a few words in a row"}
    desk, phone = await world.browser(), await world.browser()
    assert (await desk.post("/api/v1/users", json=ana, headers={"user-agent": DESK})).status_code == 201
    world.clock.advance(60)
    signed_in = {"handle": "ana", "password": ana["password"]}
    assert (await phone.post("/api/v1/sessions", json=signed_in, headers={"user-agent": PHONE})).status_code == 201

    devices = (await desk.get("/api/v1/me/sessions")).json()["items"]
    assert [(one["device"], one["is_current"]) for one in devices] == [
        ("Firefox on Android", False),
        ("Chrome on Linux", True),
    ]
    # When each was last used, to the hour.
    for seconds in (3600, 60):
        world.clock.advance(seconds)
        assert (await phone.get("/api/v1/me")).status_code == 200
    later = (await desk.get("/api/v1/me/sessions")).json()["items"]
    assert [one["used_at"] for one in devices] == [one["created_at"] for one in devices]
    assert later[0]["used_at"] < later[1]["used_at"]
    assert later[0]["used_at"] > devices[0]["used_at"]
    address = f"/api/v1/me/sessions/{devices[0]['id']}"
    assert (await desk.delete(address)).status_code == 204
    assert (await phone.get("/api/v1/me")).status_code == 401
    assert (await desk.get("/api/v1/me")).status_code == 200
    assert (await desk.delete(address)).status_code == 404


async def test_nobody_signs_out_a_stranger(world: World) -> None:
    ana, ben = await world.person("ana"), await world.browser()
    person = {"handle": "ben", "display_name": "Ben", "password": "a few words in a row"}
    assert (await ben.post("/api/v1/users", json=person)).status_code == 201
    device = (await ben.get("/api/v1/me/sessions")).json()["items"][0]["id"]
    assert (await ana.http.delete(f"/api/v1/me/sessions/{device}")).status_code in {403, 404}
    assert (await ben.get("/api/v1/me")).status_code == 200


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (PHONE, "Firefox on Android"),
        (DESK, "Chrome on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) Version/18.4 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        ("curl/8.0", ""),
        ("x" * 10_000, ""),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_device_is_named_by_what_people_call_it(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name
