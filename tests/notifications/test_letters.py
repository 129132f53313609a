"""News by mail: to whom, in which words, once; and the one click that ends a kind of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.live.stage import live_space
from tests.notifications.square import Square, open_square
from tests.postbox import Postbox, open_postbox, text_of
from tests.world import Person
from voxhall.accounts.recovery import store as recovery
from voxhall.kit.clock import to_wire
from voxhall.spaces.actions import ReplayReady
from voxhall.spaces.model import SpaceId


@dataclass
class House:
    square: Square
    box: Postbox

    async def person(self, handle: str, *, mail: str | None = None, language: str | None = None) -> Person:
        """With a confirmed address, unless it is None."""
        person = await self.square.person(handle)
        if mail is not None:
            async with self.square.world.kit.db.write() as tx:
                await recovery.save_mail(tx, person.user.id, mail)
        if language is not None:
            assert (await person.http.patch("/api/v1/me", json={"language": language})).status_code == 200
        return person

    async def plan(self, host: Person, title: str = "Evening radio", **wishes: Any) -> str:
        start = to_wire(self.square.world.clock.now() + timedelta(hours=2))
        return await live_space(host, title=title, scheduled_start=start, **wishes)

    async def letters(self) -> list[tuple[str, EmailMessage]]:
        """All that came since this was last asked."""
        await self.square.told()
        found = self.box.letters()
        self.box.received.clear()
        return found


@pytest.fixture
async def house(tmp_path: Path, database_url: str | None) -> AsyncIterator[House]:
    async with open_postbox() as box, open_square(tmp_path / "data", database_url, **box.settings) as square:
        yield House(square, box)


async def choose(person: Person, kind: str, **ways: bool) -> None:
    settings = (await person.http.get("/api/v1/me/notifications/settings")).json()
    settings["kinds"][kind] |= ways
    assert (await person.http.put("/api/v1/me/notifications/settings", json=settings)).status_code == 200


async def test_a_letter_comes_once_in_the_readers_words_to_a_confirmed_address_alone(house: House) -> None:
    ana = await house.person("ana")
    await house.person("ben", mail="ben@example.org", language="de-AT")
    await house.person("cleo")
    space = await house.plan(ana, "Tea & <cake>", speakers=["ben", "cleo"])
    [(to, letter)] = await house.letters()
    assert (to, letter["From"], letter["To"]) == ("ben@example.org", "Voxhall <voxhall@example.org>", "ben@example.org")
    assert letter["Subject"] == "ana lädt dich zum Sprechen ein"
    plain, html = text_of(letter), text_of(letter, "html")
    assert "Tea & <cake>" in plain
    assert "Tea &amp; &lt;cake&gt;" in html
    assert f"/spaces/{space}" in plain
    assert "@ben" in plain
    assert letter["Auto-Submitted"] == "auto-generated"
    # Noticed again it is not sent again.
    await house.square.world.control.notifications.look()
    assert await house.letters() == []

    # Moved, begun: each a letter, to whoever is meant or asked; going live of itself is none without a word.
    fan = await house.person("fan", mail="fan@example.org")
    await fan.http.put("/api/v1/users/ana/follow")
    await fan.http.put(f"/api/v1/spaces/{space}/reminder")
    later = to_wire(house.square.world.clock.now() + timedelta(hours=3))
    await ana.http.patch(f"/api/v1/spaces/{space}", json={"scheduled_start": later})
    assert sorted(to for to, _ in await house.letters()) == ["ben@example.org", "fan@example.org"]
    await ana.http.post(f"/api/v1/spaces/{space}/start")
    assert sorted((to, one["Subject"]) for to, one in await house.letters()) == [
        ("ben@example.org", "Es geht los"),
        ("fan@example.org", "It begins"),
    ]
    await live_space(ana, title="Unplanned")
    assert await house.letters() == []


async def test_each_kind_is_chosen_and_the_replay_comes_by_itself(house: House) -> None:
    ana, fan = await house.person("ana"), await house.person("fan", mail="fan@example.org")
    kinds = (await fan.http.get("/api/v1/me/notifications/settings")).json()["kinds"]
    on = {kind for kind, ways in kinds.items() if ways["mail"]}
    assert on == {"reminder", "rescheduled", "canceled", "invited", "replay_ready"}
    await fan.http.put("/api/v1/users/ana/follow")
    await choose(fan, "went_live", mail=True)
    await choose(fan, "reminder", mail=False)
    space = await house.plan(ana)
    await fan.http.put(f"/api/v1/spaces/{space}/reminder")
    await ana.http.post(f"/api/v1/spaces/{space}/start")
    assert await house.letters() == []
    await live_space(ana, title="Second")
    assert [letter["Subject"] for _, letter in await house.letters()] == ["ana is live"]
    await ana.http.post(f"/api/v1/spaces/{space}/end")
    await house.square.world.kit.events.publish(ReplayReady(SpaceId(space)))
    assert [letter["Subject"] for _, letter in await house.letters()] == ["The replay is ready"]
    # An older client that knows nothing of mail changes nothing of it.
    settings = (await fan.http.get("/api/v1/me/notifications/settings")).json()
    for ways in settings["kinds"].values():
        del ways["mail"]
    assert (await fan.http.put("/api/v1/me/notifications/settings", json=settings)).status_code == 200
    assert (await fan.http.get("/api/v1/me/notifications/settings")).json()["kinds"]["went_live"]["mail"]


async def test_one_click_without_signing_in_ends_a_kind_of_letters_and_leaves_the_pushes(house: House) -> None:
    ana, ben = await house.person("ana"), await house.person("ben", mail="ben@example.org")
    await house.plan(ana, speakers=["ben"])
    [(_, letter)] = await house.letters()
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = str(letter["List-Unsubscribe"]).strip("<>")
    assert url in text_of(letter)
    assert urlsplit(url).path.startswith("/api/v1/unsubscribe/")
    visitor = await house.square.world.browser()
    path = urlsplit(url).path

    async def wishes() -> tuple[bool, bool]:
        kind = (await ben.http.get("/api/v1/me/notifications/settings")).json()["kinds"]["invited"]
        return kind["mail"], kind["push"]

    # Whoever looks at it, a program that looks at every address for instance, is asked and ends nothing.
    looked = await visitor.get(path)
    assert (looked.status_code, looked.headers["location"]) == (303, f"/unsubscribe#{path.rpartition('/')[2]}")
    assert await wishes() == (True, True)
    # As mail programs send it (RFC 8058 §3.1).
    headers = {"content-type": "application/x-www-form-urlencoded"}
    done = await visitor.post(path, content="List-Unsubscribe=One-Click", headers=headers)
    assert (done.status_code, done.json()) == (200, {"kind": "invited", "way": "mail"})
    assert await wishes() == (False, True)
    for wrong in (path[:-1], f"{path}x", "/api/v1/unsubscribe/x"):
        assert (await visitor.post(wrong)).status_code == 404
    await house.plan(ana, "Second", speakers=["ben"])
    assert await house.letters() == []


async def test_a_mail_server_that_does_not_take_a_letter_now_is_asked_again_and_one_that_never_will_is_not(
    house: House,
) -> None:
    ana = await house.person("ana")
    for name in ("ben", "cleo"):
        await house.person(name, mail=f"{name}@example.org")
    house.box.refusals = ["451 Later", "550 Never"]
    await house.plan(ana, speakers=["ben", "cleo"])
    # One letter each: the two invitations are two announcements.
    assert await house.letters() == []
    house.square.world.clock.advance(6)
    assert len(await house.letters()) == 1
    house.square.world.clock.advance(3600)
    assert await house.letters() == []


async def test_quiet_hours_hold_no_letter_and_the_days_number_counts_them_by_themselves(house: House) -> None:
    ana, fan = await house.person("ana"), await house.person("fan", mail="fan@example.org")
    await fan.http.put("/api/v1/users/ana/follow")
    await choose(fan, "went_live", mail=True)
    settings = (await fan.http.get("/api/v1/me/notifications/settings")).json()
    settings |= {"pushes_a_day": 2, "quiet": {"begin": "00:00", "end": "23:59", "time_zone": "UTC"}}
    assert (await fan.http.put("/api/v1/me/notifications/settings", json=settings)).status_code == 200
    for number in range(4):
        await live_space(ana, title=f"Number {number}")
        house.square.world.clock.advance(1)
        await house.square.told()
    assert [text_of(letter).splitlines()[0] for _, letter in house.box.letters()] == ["Number 0", "Number 1"]
    # What is meant for one alone comes besides.
    house.box.received.clear()
    await house.plan(ana, speakers=["fan"])
    assert [letter["Subject"] for _, letter in await house.letters()] == ["ana invites you to speak"]
    house.square.world.clock.advance(24 * 3600)
    await live_space(ana, title="Tomorrow")
    assert "ana is live" in [letter["Subject"] for _, letter in await house.letters()]


async def test_what_was_read_in_time_is_no_letter_any_more(house: House) -> None:
    ana, ben = await house.person("ana"), await house.person("ben", mail="ben@example.org")
    house.box.refusals = ["451 Later"]
    await house.plan(ana, speakers=["ben"])
    assert await house.letters() == []
    assert (await ben.http.post("/api/v1/me/notifications/read", json={})).status_code == 204
    house.square.world.clock.advance(6)
    assert await house.letters() == []
