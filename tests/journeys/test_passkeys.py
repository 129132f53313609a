"""A passkey made and used in a real browser, with an authenticator that Chromium itself plays."""

import pytest
from playwright.async_api import expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, violations_at
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def test_somebody_signs_in_with_a_passkey_and_comes_back_with_a_code(server: RunningServer) -> None:
    ana = server.new_account("passkey")
    async with chromium.playwright() as running, chromium.person(running) as page:
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("WebAuthn.enable")
        await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

        async def sign_out() -> None:
            await page.goto(f"{server.url}/settings")
            await page.get_by_test_id("sign-out").click()
            await page.wait_for_url(f"{server.url}/")
            await page.goto(f"{server.url}/sign-in")

        await page.goto(f"{server.url}/sign-in?next=/settings")
        await page.get_by_test_id("handle").fill(ana.handle)
        await page.get_by_test_id("password").fill(ana.password)
        await page.get_by_test_id("sign-in-submit").click()
        await page.get_by_test_id("new-passkey").click()
        await page.get_by_test_id("passkey-name").fill("This laptop")
        assert await violations_at(page, DESK) == []
        await page.get_by_test_id("passkey-make").click()
        await expect(page.get_by_test_id("passkeys")).to_contain_text("This laptop")
        await page.get_by_test_id("new-codes").click()
        code = (await page.get_by_test_id("codes").inner_text()).split()[0]
        assert await violations_at(page, DESK) == []

        await sign_out()
        assert await violations_at(page, DESK) == []
        await page.get_by_test_id("by-passkey").click()
        await expect(page.get_by_test_id("account")).to_be_visible()

        await sign_out()
        await page.get_by_test_id("by-code").click()
        # The page before it asks for a handle, too: the code says which one this is.
        await page.get_by_test_id("code").fill(code)
        await page.get_by_test_id("handle").fill(ana.handle)
        await page.get_by_test_id("password").fill("an entirely new one")
        assert await violations_at(page, DESK) == []
        await page.get_by_test_id("recover-submit").click()
        await expect(page.get_by_test_id("account")).to_be_visible()
        await page.goto(f"{server.url}/sign-in/link#recover={'x' * 43}")
        await page.get_by_test_id("password").fill("an entirely new one")
        assert await violations_at(page, DESK) == []
        await page.get_by_test_id("link-submit").click()
        await expect(page.get_by_role("alert")).to_contain_text("too old")
