"""What an administrator turns in a browser, and what everybody sets for themselves: each switch is really turned."""

import secrets
import subprocess
import sys
from typing import Literal

import pytest
from playwright.async_api import FilePayload, expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations_at
from tests.journeys.chromium import sign_in
from tests.running import Account, RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def administrator(server: RunningServer) -> Account:
    """As the operator makes one, on the command line of the server's machine."""
    who = Account(f"boss_{secrets.token_hex(4)}", "the password of the boss", "")
    command = [sys.executable, "-m", "voxhall", "admin", "create-user", who.handle, "--admin", "--password-stdin"]
    command += ["--data", str(server.data)]
    subprocess.run(command, input=who.password, text=True, check=True, stdout=subprocess.DEVNULL)
    return who


async def test_an_administrator_hides_and_features_and_helps_somebody_back_in(server: RunningServer) -> None:
    boss, ana = administrator(server), server.new_account("shown")
    title = f"Tea {secrets.token_hex(4)}"
    space = server.open_space(ana, title=title)

    def found(query: str, kind: str) -> int:
        return len(server.http.get("/api/v1/search", params={"q": query, "kind": kind}).json()[kind])

    async with chromium.playwright() as running, chromium.person(running) as page:
        await sign_in(page, server, boss, f"/@{ana.handle}")
        shown = page.get_by_test_id("promotion")
        await expect(shown).to_have_value("normal")
        assert await violations_at(page, PHONE, DESK) == []
        assert found(ana.handle, "people") == 1
        await shown.select_option("hidden")
        await expect(page.get_by_text("In force.")).to_be_visible()
        assert found(ana.handle, "people") == 0
        await page.reload()
        await expect(shown).to_have_value("hidden")
        await shown.select_option("featured")
        await expect(page.get_by_text("In force.")).to_be_visible()
        assert found(ana.handle, "people") == 1

        await page.goto(f"{server.url}/spaces/{space['id']}")
        await expect(shown).to_have_value("normal")
        assert await violations_at(page, PHONE, DESK) == []
        assert found(title, "spaces") == 1
        await shown.select_option("hidden")
        await expect(page.get_by_text("In force.")).to_be_visible()
        assert found(title, "spaces") == 0

        await page.goto(f"{server.url}/admin")
        await page.get_by_test_id("hosted_per_invite").fill("4")
        await page.get_by_test_id("hosted_per_invite").press("Enter")
        await expect(page.get_by_text("In force.")).to_be_visible()
        await page.get_by_test_id("recovery-handle").fill(f"@{ana.handle}")
        await page.get_by_test_id("recovery-make").click()
        link = await page.get_by_test_id("recovery-url").inner_text()
        await expect(page.get_by_text("recovery_link_made").first).to_be_visible()
        assert await violations_at(page, PHONE, DESK) == []
        async with chromium.person(running) as other:
            await other.goto(link)
            await other.get_by_test_id("password").fill("an entirely new one")
            await other.get_by_test_id("link-submit").click()
            await expect(other.get_by_test_id("account")).to_be_visible()
    server.end(space, ana)


async def test_somebody_takes_their_follows_along_and_says_how_much_they_hear_of_one(server: RunningServer) -> None:
    ana, ben = server.new_account("followed"), server.new_account("imports")
    lines = ["Account address,Show boosts,Notify on new posts,Languages", f"{ana.handle}@localhost,true,false,"]
    exported = "\n".join([*lines, "somebody@elsewhere.example,true,false,"]).encode()
    async with chromium.playwright() as running, chromium.person(running) as page:
        await sign_in(page, server, ben, "/settings")
        file: FilePayload = {
            "name": "following_accounts.csv",
            "mimeType": "application/octet-stream",
            "buffer": exported,
        }
        await page.get_by_test_id("follows-file").set_input_files(file)
        await expect(page.get_by_text("You follow 1 more person.")).to_be_visible()
        await expect(page.get_by_text("1 is not here.")).to_be_visible()
        assert await violations_at(page, PHONE, DESK) == []

        await page.goto(f"{server.url}/@{ana.handle}")
        level = page.get_by_test_id("person-level")
        await expect(level).to_have_value("")
        await level.select_option("hosts")
        await expect(page.get_by_text("Saved.")).to_be_visible()
        assert await violations_at(page, PHONE, DESK) == []
        kept = server.http.get(f"/api/v1/users/{ana.handle}/notifications", headers=ben.headers).json()
        assert kept == {"level": "hosts"}
        await page.get_by_test_id("follow").click()
        await expect(level).to_be_hidden()

        # Where the address in a letter leads; this one is nobody's.
        await page.goto(f"{server.url}/api/v1/unsubscribe/nobodys")
        await expect(page).to_have_url(f"{server.url}/unsubscribe#nobodys")
        await page.get_by_test_id("unsubscribe").click()
        await expect(page.get_by_role("alert")).to_contain_text("not valid")
        assert await violations_at(page, PHONE, DESK) == []


async def test_whoever_chose_light_or_dark_gets_it_whatever_the_system_says(server: RunningServer) -> None:
    """And at once at the next visit; until a choice is made the system's holds."""
    schemes: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
    paper = "() => getComputedStyle(document.documentElement).backgroundColor"
    async with chromium.playwright() as running, chromium.person(running) as page:
        await page.goto(f"{server.url}/settings")
        seen: dict[str, str] = {}
        for system in schemes:
            await page.emulate_media(color_scheme=system)
            seen[system] = await page.evaluate(paper)
        assert seen["light"] != seen["dark"]
        for system in schemes:
            await page.emulate_media(color_scheme=system)
            for chosen in schemes:
                await page.get_by_test_id(f"appearance-{chosen}").check()
                assert await page.evaluate(paper) == seen[chosen]
            await page.reload()
            await page.get_by_test_id("appearance-dark").wait_for()
            assert await page.evaluate(paper) == seen["dark"]
        await page.get_by_test_id("appearance-system").check()
        await page.emulate_media(color_scheme="light")
        assert await page.evaluate(paper) == seen["light"]
