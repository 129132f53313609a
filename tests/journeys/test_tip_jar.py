"""The order of one's Tip Jar, by pointer and by keyboard; and an address that changes while its owner is live."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations_at
from tests.journeys.chromium import sign_in
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

JAR = [
    {"service": "paypal", "name": "ana"},
    {"service": "patreon", "name": "ana"},
    {"service": "venmo", "name": "ana-radio"},
]


async def test_the_order_is_moved_by_pointer_and_by_keyboard_and_kept(server: RunningServer) -> None:
    ana = server.new_account("orders")

    def kept() -> list[str]:
        return [one["service"] for one in server.http.get(f"/api/v1/users/{ana.handle}").json()["tip_jar"]]

    async with chromium.playwright() as running, chromium.person(running) as page:
        await sign_in(page, server, ana, "/")
        await fill(page, server, JAR)
        await page.goto(f"{server.url}/settings")
        jar = page.get_by_test_id("tip-jar")
        lines = jar.locator("li")
        await expect(lines).to_have_count(3)

        async def order() -> list[str]:
            fields = await jar.get_by_test_id("tip-name").all()
            return [await one.get_attribute("data-service") or "" for one in fields]

        await lines.nth(2).locator("strong").drag_to(lines.nth(0).locator("strong"))
        assert await order() == ["venmo", "paypal", "patreon"]
        await expect(jar.get_by_role("status")).to_contain_text("1")

        # With the keyboard to the very top and back again, without ever looking for the button anew.
        up = jar.get_by_role("button", name="Move Patreon up")
        await up.focus()
        for expected in (
            ["venmo", "patreon", "paypal"],
            ["patreon", "venmo", "paypal"],
            ["patreon", "venmo", "paypal"],
        ):
            await page.keyboard.press("Enter")
            assert await order() == expected
            assert await is_focused(up)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await order() == ["venmo", "patreon", "paypal"]
        assert await violations_at(page, PHONE, DESK) == []
        await jar.get_by_test_id("save-tips").click()
        await expect(jar.get_by_role("status")).to_have_text("Saved.")
        assert kept() == ["venmo", "patreon", "paypal"]


async def test_the_audience_is_told_of_an_address_that_changes_while_its_owner_is_live(server: RunningServer) -> None:
    ana = server.new_account("changes")
    space = server.open_space(ana)
    async with chromium.playwright() as running, chromium.person(running) as host, chromium.person(running) as listener:
        await sign_in(host, server, ana, f"/spaces/{space['id']}")
        await fill(host, server, JAR[:1])
        await host.get_by_test_id("start-listening").click()
        await expect(host.get_by_test_id("stage-participant")).to_be_visible()
        await listener.goto(f"{server.url}/spaces/{space['id']}")
        await listener.get_by_test_id("start-listening").click()
        await expect(listener.get_by_test_id("status")).to_have_attribute("data-connection", "open")
        await fill(host, server, [{"service": "paypal", "name": "somebodyelse"}])
        notice = listener.locator("[data-notice=tip_jar_changed]")
        await expect(notice).to_contain_text("has just changed where tips go")
        assert await violations_at(listener, PHONE, DESK) == []
        await notice.get_by_role("button").press("Enter")
        await expect(notice).to_have_count(0)
        # Whoever comes later reads it on the sheet, beside the address.
        await listener.get_by_test_id("tips").click()
        await expect(listener.locator("[data-notice=tip_jar_changed]")).to_be_visible()
        await expect(listener.get_by_test_id("tip-service")).to_contain_text("https://paypal.me/somebodyelse")


async def fill(page: Page, server: RunningServer, jar: list[dict[str, str]]) -> None:
    """By whoever is signed in there."""
    answer = await page.context.request.patch(
        f"{server.url}/api/v1/me", data={"tip_jar": jar}, headers={"origin": server.url}
    )
    assert answer.status == 200, await answer.text()


async def is_focused(what: Locator) -> bool:
    return bool(await what.evaluate("element => element === document.activeElement"))
