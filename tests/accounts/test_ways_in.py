"""Back into an account without the password: codes, letters, an administrator's link. And changing the password."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from tests.postbox import Postbox, open_postbox, text_of
from tests.world import Person, World, open_world
from voxhall.accounts.openid import store as identities
from voxhall.accounts.openid.model import Identity
from voxhall.accounts.passkeys import store as passkeys
from voxhall.accounts.passkeys.store import Passkey
from voxhall.accounts.store import users
from voxhall.app import perform

ANA = {"handle": "ana", "display_name": "Ana", "password": "correct horse"}
MAIL = "Ana.B@Example.org"


@dataclass
class Post:
    """A world whose letters come here."""

    world: World
    box: Postbox

    async def letters(self) -> list[tuple[str, EmailMessage]]:
        await self.world.control.accounts.outbox.settled()
        return self.box.letters()

    async def last_token(self, kind: str) -> str:
        _, letter = (await self.letters())[-1]
        found = re.search(rf"/sign-in/link#{kind}=(\S+)", text_of(letter))
        assert found is not None
        return found[1]


@pytest.fixture
async def post(tmp_path: Path, database_url: str | None) -> AsyncIterator[Post]:
    async with open_postbox() as box, open_world(tmp_path / "data", database_url, **box.settings) as world:
        yield Post(world, box)


async def signed_up(world: World) -> httpx2.AsyncClient:
    browser = await world.browser()
    assert (await browser.post("/api/v1/users", json=ANA)).status_code == 201
    return browser


async def is_signed_in(browser: httpx2.AsyncClient) -> bool:
    return (await browser.get("/api/v1/me/ways-in")).status_code == 200


async def test_a_code_opens_the_account_once_and_ends_every_other_sign_in(world: World) -> None:
    ana = await signed_up(world)
    first = (await ana.post("/api/v1/me/recovery-codes")).json()["codes"]
    codes = (await ana.post("/api/v1/me/recovery-codes")).json()["codes"]
    assert len(set(first) | set(codes)) == 20
    stranger = await world.browser()

    async def recover(code: str, password: str = "another battery", handle: str = "ana") -> int:
        body = {"handle": handle, "code": code, "password": password}
        return (await stranger.post("/api/v1/sessions/recover", json=body)).status_code

    assert await recover(first[0]) == 401
    assert await recover(codes[0], handle="nobody") == 401
    assert await recover(codes[0], password="short") == 422
    assert await recover(codes[0].upper().replace("-", " ")) == 201
    assert await is_signed_in(stranger)
    assert not await is_signed_in(ana)
    assert await recover(codes[0]) == 401
    assert (await stranger.get("/api/v1/me/ways-in")).json()["recovery_codes_left"] == 9
    for password, status in ((ANA["password"], 401), ("another battery", 201)):
        again = await (await world.browser()).post("/api/v1/sessions", json={"handle": "ana", "password": password})
        assert again.status_code == status
    guesses = [await recover(f"aaaa-aaaa-aaaa-aaa{place}") for place in "bcdefghijk"]
    assert guesses[-1] == 429


async def test_a_link_comes_by_mail_to_a_confirmed_address_alone(post: Post) -> None:
    world = post.world
    ana, stranger = await signed_up(world), await world.browser()

    async def ask(mail: str) -> int:
        return (await stranger.post("/api/v1/sessions/mail", json={"mail": mail})).status_code

    assert (await ana.put("/api/v1/me/mail", json={"mail": MAIL})).status_code == 202
    confirm = await post.last_token("confirm")
    # Not confirmed: nobody is told, and no letter goes out.
    assert await ask(MAIL) == 202
    assert len(await post.letters()) == 1
    # What confirms an address opens no account.
    assert (await stranger.post("/api/v1/sessions/link", json={"token": confirm})).status_code == 401
    assert (await stranger.post("/api/v1/mail-confirmations", json={"token": confirm})).status_code == 204
    assert (await stranger.post("/api/v1/mail-confirmations", json={"token": confirm})).status_code == 401
    assert (await ana.get("/api/v1/me/ways-in")).json()["mail"] == MAIL.lower()
    assert "mail" not in (await stranger.get("/api/v1/users/ana")).json()

    assert (await ask("ben@example.org"), await ask("no address")) == (202, 422)
    assert len(await post.letters()) == 1
    assert await ask(MAIL.upper()) == 202
    assert [to for to, _ in await post.letters()] == [MAIL.lower()] * 2
    token = await post.last_token("token")
    assert (await stranger.post("/api/v1/mail-confirmations", json={"token": token})).status_code == 401
    assert await ask(MAIL) == 202
    older, token = token, await post.last_token("token")
    for wrong in (older, "x" * 43, ""):
        assert (await stranger.post("/api/v1/sessions/link", json={"token": wrong})).status_code == 401
    assert (await stranger.post("/api/v1/sessions/link", json={"token": token})).status_code == 201
    assert await is_signed_in(stranger)
    assert await is_signed_in(ana)
    assert (await stranger.post("/api/v1/sessions/link", json={"token": token})).status_code == 401
    await ask(MAIL)
    late = await post.last_token("token")
    world.clock.advance(15 * 60)
    assert (await stranger.post("/api/v1/sessions/link", json={"token": late})).status_code == 401
    assert await ask(MAIL) == 429

    ben = await world.person("ben")
    assert (await ben.http.put("/api/v1/me/mail", json={"mail": "ben@example.org"})).status_code == 202
    taken = await post.last_token("confirm")
    assert (await ana.delete("/api/v1/me/mail")).status_code == 204
    assert (await stranger.post("/api/v1/mail-confirmations", json={"token": taken})).status_code == 204
    assert (await ana.put("/api/v1/me/mail", json={"mail": "ben@example.org"})).status_code == 202
    twice = {"token": await post.last_token("confirm")}
    assert (await stranger.post("/api/v1/mail-confirmations", json=twice)).json()["error"]["code"] == "mail_taken"


async def test_a_link_opens_nothing_for_whom_is_suspended_in_the_meantime(post: Post) -> None:
    ana, stranger = await signed_up(post.world), await post.world.browser()
    await ana.put("/api/v1/me/mail", json={"mail": MAIL})
    await stranger.post("/api/v1/mail-confirmations", json={"token": await post.last_token("confirm")})
    assert (await stranger.post("/api/v1/sessions/mail", json={"mail": MAIL})).status_code == 202
    link = {"token": await post.last_token("token")}
    await perform(post.world.kit, post.world.control.accounts, "suspend", {"handle": "ana", "is_suspended": True})
    refused = await stranger.post("/api/v1/sessions/link", json=link)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "suspended")
    assert not await is_signed_in(stranger)


async def test_an_administrator_makes_a_link_back_in_and_the_log_says_so(world: World) -> None:
    ana, root = await signed_up(world), await world.person("root_of_all", administrator=True)
    ben = await world.person("ben")
    assert (await ben.http.post("/api/v1/admin/users/ana/recovery-link")).status_code == 403
    assert (await root.http.post("/api/v1/admin/users/nobody/recovery-link")).status_code == 404
    made = await root.http.post("/api/v1/admin/users/ana/recovery-link")
    assert made.status_code == 201
    token = made.json()["url"].partition("#recover=")[2]
    audit = (await root.http.get("/api/v1/admin/audit")).json()["items"][0]
    assert (audit["action"], audit["actor"], audit["data"]) == ("recovery_link_made", "root_of_all", {"handle": "ana"})
    stranger = await world.browser()
    wanted: dict[str, Any] = {"token": token}
    assert (await stranger.post("/api/v1/sessions/link", json=wanted)).status_code == 422
    wanted["password"] = "a new beginning"
    assert (await stranger.post("/api/v1/sessions/link", json=wanted)).status_code == 201
    assert not await is_signed_in(ana)
    body = {"handle": "ana", "password": "a new beginning"}
    assert (await (await world.browser()).post("/api/v1/sessions", json=body)).status_code == 201


async def test_a_changed_password_signs_out_the_other_devices(small_world: World) -> None:
    here = await signed_up(small_world)
    there = await small_world.browser()
    await there.post("/api/v1/sessions", json={name: ANA[name] for name in ("handle", "password")})
    assert await is_signed_in(there)
    for body, status in (
        ({"current": "wrong", "new": "another battery"}, 401),
        ({"new": "another battery"}, 401),
        ({"current": ANA["password"], "new": "short"}, 422),
        ({"current": ANA["password"], "new": "another battery"}, 204),
    ):
        assert (await here.put("/api/v1/me/password", json=body)).status_code == status, body
    assert await is_signed_in(here)
    assert not await is_signed_in(there)
    # Nothing was configured: nothing is sent, and it says so.
    assert (await here.put("/api/v1/me/mail", json={"mail": MAIL})).json()["error"]["code"] == "no_mail"
    # Made by the operator without a password: the first is set without one.
    ben = await small_world.person("ben")
    assert (await ben.http.put("/api/v1/me/password", json={"new": "another battery"})).status_code == 204


async def test_the_last_way_in_is_not_taken_away(post: Post) -> None:
    """An account that the operator made for a script has a token and no way in; this one gets a passkey first."""
    ben = await post.world.person("ben")
    await give_passkey(post.world, ben, "pk_only")

    async def remove(path: str) -> tuple[int, str | None]:
        answer = await ben.http.delete(path)
        return answer.status_code, None if answer.status_code == 204 else answer.json()["error"]["code"]

    last = (409, "last_way_in")
    assert await remove("/api/v1/me/passkeys/pk_only") == last
    assert len((await ben.http.get("/api/v1/me/passkeys")).json()["items"]) == 1
    assert await remove("/api/v1/me/passkeys/pk_nobodys") == (404, "not_found")

    await ben.http.put("/api/v1/me/mail", json={"mail": MAIL})
    # Not confirmed, it opens nothing yet.
    assert await remove("/api/v1/me/passkeys/pk_only") == last
    stranger = await post.world.browser()
    confirmed = await stranger.post("/api/v1/mail-confirmations", json={"token": await post.last_token("confirm")})
    assert confirmed.status_code == 204, confirmed.text
    assert await remove("/api/v1/me/passkeys/pk_only") == (204, None)
    assert await remove("/api/v1/me/mail") == last
    assert (await ben.http.get("/api/v1/me/ways-in")).json()["mail"] == MAIL.lower()
    assert (await ben.http.post("/api/v1/me/recovery-codes")).status_code == 201
    assert await remove("/api/v1/me/mail") == (204, None)


async def test_an_address_is_no_way_in_where_no_mail_is_sent(small_world: World) -> None:
    ben = await small_world.person("ben")
    await give_passkey(small_world, ben, "pk_only")
    async with small_world.kit.db.write() as tx:
        # Confirmed before the operator took the mail server away.
        await tx.execute(update(users).where(users.c.id == ben.user.id).values(mail="ben@example.org"))
    assert (await ben.http.delete("/api/v1/me/passkeys/pk_only")).json()["error"]["code"] == "last_way_in"


async def test_a_provider_that_was_taken_away_is_no_way_in(small_world: World) -> None:
    ben = await small_world.person("ben")
    await give_passkey(small_world, ben, "pk_only")
    gone = Identity("oi_gone", ben.user.id, "https://gone.example.org", "ben", "Ben", small_world.clock.now(), None)
    async with small_world.kit.db.write() as tx:
        # Linked before the operator took the provider out of the settings.
        await identities.add_identity(tx, gone)
    assert (await ben.http.delete("/api/v1/me/passkeys/pk_only")).json()["error"]["code"] == "last_way_in"


async def give_passkey(world: World, person: Person, passkey_id: str) -> None:
    """As a browser would; `journeys/test_passkeys.py` has one that does."""
    one = Passkey(passkey_id, passkey_id.encode(), person.user.id, b"key", 0, "Phone", world.clock.now())
    async with world.kit.db.write() as tx:
        await passkeys.add(tx, one)


async def test_a_passkey_that_answers_another_question_opens_nothing(small_world: World) -> None:
    ana, stranger = await signed_up(small_world), await small_world.browser()
    options = (await ana.post("/api/v1/me/passkeys/options")).json()
    assert options["rp"]["id"] == "localhost"
    assert (await stranger.post("/api/v1/me/passkeys/options")).status_code == 401
    asked = (await stranger.post("/api/v1/sessions/passkey/options")).json()
    assert asked["userVerification"] == "required"
    wrong: tuple[dict[str, Any], ...] = (
        {},
        {"rawId": "!", "response": {"clientDataJSON": "e30"}},
        {"rawId": "AA", "response": {"clientDataJSON": "bnVsbA"}},
        {
            "id": "AA",
            "rawId": "AA",
            "type": "public-key",
            "response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOiJBQUFBIn0"},
        },
        {"response": []},
    )
    for credential in wrong:
        for client, path, more in (
            (stranger, "/api/v1/sessions/passkey", {}),
            (ana, "/api/v1/me/passkeys", {"name": "Phone"}),
        ):
            answer = await client.post(path, json={"credential": credential, **more})
            assert answer.status_code == 401, answer.text
