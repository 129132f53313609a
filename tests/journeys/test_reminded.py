"""Somebody is reminded: asks for it on the page of a plan, gets the push when it starts, opens it, and is let in."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.journeys import chromium
from tests.journeys.ports import PUSH_PORT
from tests.notifications.push_service import push_service
from tests.running import RunningServer, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

# Where a browser's maker would be asked: from here on everything is real again, but for the way back into the browser,
# which Chromium's own tools take.
SUBSCRIBE = """
(subscription) => {
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    window.applicationServerKey = applicationServerKey;
    return { toJSON: () => subscription, unsubscribe: async () => true };
  };
}
"""
SHOWN = "async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((one) => one.title)"


async def deliver(page: Page, server: str, message: dict[str, Any]) -> None:
    """Into the service worker, as the browser does with what its maker's service hands it."""
    tools = await page.context.new_cdp_session(page)
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def on_update(update: dict[str, Any]) -> None:
        for one in update["registrations"]:
            if one["scopeURL"].startswith(server) and not found.done():
                found.set_result(one["registrationId"])

    tools.on("ServiceWorker.workerRegistrationUpdated", on_update)
    await tools.send("ServiceWorker.enable")
    await tools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": server, "registrationId": await found, "data": json.dumps(message)},
    )


async def test_a_reminder_is_a_push_when_it_starts(server: RunningServer) -> None:
    async with push_service(port=PUSH_PORT) as service:
        ana = server.new_account("ana")
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        plan = {"title": "Evening radio", "scheduled_start": tomorrow, "who_may_speak": "everyone"}
        made = await asyncio.to_thread(server.http.post, "/api/v1/spaces", json=plan, headers=ana.headers)
        space = made.json()["id"]
        async with chromium.playwright() as running, chromium.person(running) as visitor:
            browser = service.browser("vera")
            await visitor.context.grant_permissions(["notifications"], origin=server.url)
            await visitor.add_init_script(f"({SUBSCRIBE})({json.dumps(browser.subscription)})")
            # Who has no account makes one, and is back before the same plan.
            await visitor.goto(f"{server.url}/spaces/{space}")
            await expect(visitor.get_by_test_id("countdown")).to_be_visible()
            await visitor.get_by_test_id("remind").click()
            await visitor.wait_for_url("**/sign-up?next=*")
            await chromium.fill_in_sign_up(visitor, "reminded_vera", "Vera")
            remind = visitor.get_by_test_id("remind")
            await remind.click()
            await expect(remind).to_have_attribute("aria-pressed", "true")
            await visitor.goto(f"{server.url}/notifications")
            await visitor.get_by_test_id("push-on").click()
            await expect(visitor.get_by_test_id("push-on")).to_have_count(0)
            # Whoever reads it in the app at once needs no push; who is elsewhere does.
            service.application_key = await visitor.evaluate("() => window.applicationServerKey")
            await visitor.goto(f"{server.url}/search")
            await expect(visitor.get_by_test_id("bell")).to_have_attribute("data-unread", "0")

            start = f"/api/v1/spaces/{space}/start"
            assert (await asyncio.to_thread(server.http.post, start, headers=ana.headers)).status_code == 200
            await eventually(lambda: bool(browser.messages), within_s=20)
            [message] = browser.messages
            assert (message["title"], message["body"]) == ("It begins", "Evening radio")
            assert service.refusals == []
            await expect(visitor.get_by_test_id("bell")).to_have_attribute("data-unread", "1")
            await deliver(visitor, server.url, message)
            await visitor.wait_for_function(f"async () => (await ({SHOWN})()).includes('It begins')")
            await visitor.goto(f"{server.url}{message['path']}")
            await visitor.get_by_test_id("start-listening").click()
            await visitor.locator("[data-testid=status][data-sound=playing]").wait_for()
