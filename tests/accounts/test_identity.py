"""Who somebody is without an account: a guest by a cookie, known again and kept nowhere."""

from dataclasses import replace
from http.cookies import SimpleCookie

import pytest
from starlette.requests import HTTPConnection

from tests.world import World
from voxhall.accounts.identity import ANONYMOUS, actor_of, new_guest
from voxhall.accounts.model import Scope
from voxhall.errors import UnauthorizedError


def a_connection(cookie: str) -> HTTPConnection:
    return HTTPConnection({"type": "http", "headers": [(b"cookie", cookie.encode("latin-1"))]})


async def test_a_guest_is_known_again_by_the_cookie(small_world: World) -> None:
    guest, set_cookie = await new_guest(small_world.kit)
    assert guest.person_id is not None
    assert guest.person_id.startswith("gu_")
    secret = SimpleCookie(set_cookie)["voxhall_guest"].value
    assert await actor_of(a_connection(f"voxhall_guest={secret}"), small_world.kit) == guest
    # The id is told to others; the secret must not follow from it.
    assert secret not in guest.person_id
    other, _ = await new_guest(small_world.kit)
    assert other.person_id != guest.person_id


@pytest.mark.parametrize("secret", ["", "x", "a" * 42, "a" * 44, "a" * 42 + "!", "ä" * 43, "a" * 20_000])
async def test_a_cookie_that_is_not_ours_is_nobody(small_world: World, secret: str) -> None:
    for name in ("voxhall_guest", "voxhall_session"):
        assert await actor_of(a_connection(f"{name}={secret}"), small_world.kit) == ANONYMOUS


async def test_a_guest_cannot_do_what_needs_an_account(small_world: World) -> None:
    guest, _ = await new_guest(small_world.kit)
    with pytest.raises(UnauthorizedError):
        guest.require_user(Scope.READ)


async def test_a_cookie_goes_over_https_only_where_there_is_https(small_world: World) -> None:
    _, cookie = await new_guest(small_world.kit)
    assert "Secure" not in cookie
    settings = small_world.kit.settings.model_copy(update={"public_url": "https://live.example.org"})
    _, cookie = await new_guest(replace(small_world.kit, settings=settings))
    assert cookie.endswith("; Secure")
