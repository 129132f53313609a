"""Devices that take pushes, and push services that do not always answer as one likes."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.live.stage import live_space
from tests.notifications.push_service import b64, unb64
from tests.notifications.square import Square
from voxhall.errors import InvalidError
from voxhall.notifications import words
from voxhall.notifications.model import NewsKind
from voxhall.notifications.push import CURVE, PushKey, check_endpoint, encrypt


async def test_a_device_that_is_gone_is_forgotten_and_one_that_is_busy_is_tried_again(square: Square) -> None:
    host = await square.person("host")
    fan = await square.person("fan", follows="host", device=True)
    second = await square.subscribe(fan, "second")
    busy = await square.person("busy", follows="host", device=True)
    square.browser_of("fan").answers = [410]
    square.browser_of("busy").answers = [503]
    space_id = await live_space(host)
    await square.told()
    devices = (await fan.http.get("/api/v1/me/push-devices")).json()["items"]
    assert len(devices) == 1
    assert second.titles() == ["host is live"]
    # Five seconds later once more, for the one that was not reached.
    square.world.clock.advance(6)
    await square.told()
    assert square.browser_of("busy").titles() == ["host is live"]
    assert second.titles() == ["host is live"]
    assert square.pushes.received == 4
    # The same browser again is the same device; taken over by somebody else it is theirs alone.
    again = await busy.http.post("/api/v1/me/push-devices", json=second.subscription)
    assert (again.status_code, again.json()["id"]) == (201, devices[0]["id"])
    assert (await fan.http.get("/api/v1/me/push-devices")).json()["items"] == []
    assert (await fan.http.delete(f"/api/v1/me/push-devices/{devices[0]['id']}")).status_code == 404
    assert (await busy.http.delete(f"/api/v1/me/push-devices/{devices[0]['id']}")).status_code == 204
    assert space_id


async def test_one_tap_without_signing_in_ends_one_kind_and_nothing_else(square: Square) -> None:
    host = await square.person("host")
    await square.person("fan", follows="host", device=True)
    await live_space(host)
    await square.told()
    token = square.browser_of("fan").messages[0]["unsubscribe"]
    visitor = await square.world.browser()
    said, _, mac = token.partition(".")
    forged = b64(unb64(said).replace(b"went_live", b"reminder"))
    for wrong in (f"{forged}.{mac}", said, f"{said}.", "x", f"{said}.{'A' * 22}"):
        assert (await visitor.post(f"/api/v1/unsubscribe/{wrong}")).status_code == 404, wrong
    # As mail programs send it (RFC 8058).
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await visitor.post(f"/api/v1/unsubscribe/{token}", content="List-Unsubscribe=One-Click", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"kind": "went_live", "way": "push"})
    await live_space(host, title="Second")
    planned = await live_space(host, title="Planned", scheduled_start="2026-11-22T20:00:00Z")
    await square.people["fan"].http.put(f"/api/v1/spaces/{planned}/reminder")
    await host.http.post(f"/api/v1/spaces/{planned}/start")
    await square.told()
    assert square.browser_of("fan").titles() == ["host is live", "It begins"]
    assert (await square.kinds("fan")).count("went_live") == 2


async def test_no_address_but_a_push_services_is_ever_called(square: Square) -> None:
    fan = await square.person("fan")
    fine = square.pushes.browser("fine").subscription
    for endpoint in (
        "http://127.0.0.1:1/x",
        "https://127.0.0.1/x",
        "file:///etc/passwd",
        "https://fcm.googleapis.com.evil.org/x",
        f"{square.pushes.address}@evil.org/x",
        f"https://user:pw@{square.pushes.address.partition('://')[2]}/x",
        f"{square.pushes.address}/a b",
        "x" * 1_500,
        "",
    ):
        refused = await fan.http.post("/api/v1/me/push-devices", json={**fine, "endpoint": endpoint})
        assert refused.status_code == 422, endpoint
    for keys in ({"p256dh": "AAAA", "auth": fine["keys"]["auth"]}, {**fine["keys"], "auth": "AAAA"}, {}):
        assert (await fan.http.post("/api/v1/me/push-devices", json={**fine, "keys": keys})).status_code == 422
    makers = ("fcm.googleapis.com", ".push.apple.com")
    for good in (
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://web.push.apple.com/Q",
        "https://x.push.apple.com:443/",
    ):
        assert check_endpoint(good, makers) == good
    for wrong in ("https://fcm.googleapis.com:8443/x", "http://fcm.googleapis.com/x", "https://push.apple.com.evil/x"):
        with pytest.raises(InvalidError):
            check_endpoint(wrong, makers)


def test_a_body_is_the_one_of_the_standards_example() -> None:
    """RFC 8291, appendix A."""
    private = int.from_bytes(unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
        ephemeral=ec.derive_private_key(private, CURVE),
        salt=unb64("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert b64(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7"
        "A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_every_language_says_everything() -> None:
    special = {"canceled.not_started", "invited.cohost", "letter", "open", "stop"}
    for language in words.LANGUAGES:
        said = words.sentences(language)
        assert said.keys() == {kind.value for kind in NewsKind} | special, language
        for key, english in words.sentences("en").items():
            names = {name for name in ("{name}", "{title}", "{site}", "{handle}") if name in str(english)}
            assert all(name in str(said[key]) for name in names), (language, key)


def test_the_bits_of_kinds_are_those_that_are_stored() -> None:
    assert [kind.bit for kind in NewsKind] == [1 << number for number in range(12)]
    assert PushKey(b"\1" * 32, "mailto:a@example.org").public_key.startswith("B")
