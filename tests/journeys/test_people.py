"""What one does about somebody whose page one looks at, beside following: mute, report, block, each from the menu."""

import pytest
from playwright.async_api import Page, expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations_at
from tests.journeys.chromium import sign_in
from tests.journeys.test_administration import administrator
from tests.running import RunningServer, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def choose(page: Page, what: str) -> None:
    """By keyboard alone."""
    await page.get_by_test_id("person-more").press("Enter")
    await page.get_by_test_id(what).press("Enter")


async def test_somebody_is_muted_reported_and_blocked_from_their_page(server: RunningServer) -> None:
    loud, ana, boss = server.new_account("loud"), server.new_account("quiet"), administrator(server)
    space, own = server.open_space(loud), server.open_space(ana)

    def is_suggested() -> bool:
        home = server.http.get("/api/v1/home", headers=ana.headers)
        assert home.status_code == 200
        return space["id"] in home.text

    assert is_suggested()
    async with chromium.playwright() as running, chromium.person(running) as page, chromium.person(running) as desk:
        await sign_in(page, server, ana, f"/@{loud.handle}")
        assert await violations_at(page, PHONE, DESK) == []
        await choose(page, "mute-person")
        await eventually(lambda: not is_suggested())

        await choose(page, "report")
        await page.get_by_test_id("report-reason").select_option("abuse")
        await page.get_by_test_id("report-note").fill("Shouts at newcomers.")
        await page.get_by_test_id("report-send").click()
        await expect(page.get_by_role("dialog")).to_contain_text("Thank you")
        await page.keyboard.press("Escape")
        await sign_in(desk, server, boss, "/admin")
        told = desk.get_by_test_id("reports")
        await expect(told).to_contain_text("Shouts at newcomers.")
        await expect(told).to_contain_text(ana.handle)

        await choose(page, "block")
        await page.get_by_test_id("confirm").click()
        await expect(page.get_by_test_id("unblock")).to_be_visible()
        await expect(page.get_by_test_id("person-more")).to_have_count(0)
        assert server.http.get(f"/api/v1/spaces/{own['id']}", headers=loud.headers).status_code == 404
        await page.get_by_test_id("unblock").click()
        await expect(page.get_by_test_id("follow")).to_be_visible()
