"""In by another server, in a real browser: over to the provider's page, back, a handle of one's own, and again."""

import re
import secrets
from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from tests.accounts.provider import provider
from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations_at
from tests.journeys.ports import OPENID_PORT
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def test_somebody_comes_in_by_another_server_and_unlinks_it_when_there_is_a_password(
    server: RunningServer,
) -> None:
    who = f"ana_{secrets.token_hex(4)}"
    async with (
        provider(lambda: datetime.now(UTC), OPENID_PORT, who),
        chromium.playwright() as running,
        chromium.person(running) as page,
    ):
        await page.goto(f"{server.url}/sign-in?next=/settings")
        await page.get_by_test_id("by-provider").wait_for()
        assert await violations_at(page, PHONE, DESK) == []
        await page.get_by_test_id("by-provider").click()
        await page.locator("#come-in").click()
        await expect(page.get_by_test_id("handle")).to_have_value(f"{who}_house")
        await expect(page).to_have_url(f"{server.url}/sign-in/openid/house")
        assert await violations_at(page, PHONE, DESK) == []
        await page.get_by_test_id("handle").fill(who)
        await page.get_by_test_id("openid-submit").click()
        await expect(page).to_have_url(f"{server.url}/settings")
        row = page.get_by_test_id("identities")
        await expect(row).to_contain_text(f"House: {who}@house")

        # The only way in stays, and says so.
        await row.get_by_role("button", name="Remove the way in by House").click()
        await expect(page.get_by_role("alert").filter(has_text="only way into your account")).to_be_visible()
        assert await violations_at(page, PHONE, DESK) == []
        await page.get_by_test_id("sign-out").click()
        await page.wait_for_url(f"{server.url}/")
        await page.goto(f"{server.url}/sign-in?next=/settings")
        await page.get_by_test_id("by-provider").click()
        await page.locator("#come-in").click()
        await expect(page).to_have_url(f"{server.url}/settings")
        await page.get_by_test_id("change-password").click()
        await page.get_by_test_id("new-password").fill("correct horse")
        await page.get_by_test_id("password-save").click()
        await expect(page.get_by_test_id("new-password")).to_be_hidden()
        await row.get_by_role("button", name="Remove the way in by House").click()
        await expect(row).to_be_hidden()
        # And back again, linked to the account that is signed in.
        await page.get_by_test_id("by-provider").click()
        await page.locator("#come-in").click()
        await expect(row).to_contain_text("House")

        await page.goto(f"{server.url}/sign-in/openid/house?error=access_denied&state=x")
        await expect(page.get_by_role("alert")).to_contain_text("called off")
        await page.goto(f"{server.url}/sign-in/openid/house?code=x&state={'x' * 43}")
        await expect(page.get_by_role("alert")).to_contain_text("Begin once more")
        assert await violations_at(page, PHONE, DESK) == []
        await page.goto(f"{server.url}/sign-up")
        await expect(page.get_by_test_id("by-provider")).to_have_text(re.compile("House"))
        assert await violations_at(page, PHONE, DESK) == []
