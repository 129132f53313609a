"""Somebody without an account finds a live space, hears it, tips in two taps, makes an account, follows, asks to be
reminded, gets the push when it starts, and is let in: one journey, as a newcomer goes it.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.journeys import chromium
from tests.journeys.ports import PUSH_PORT
from tests.journeys.tone import write_tone
from tests.notifications.push_service import Browser, PushService, push_service
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


async def test_a_newcomer_hears_tips_registers_follows_and_is_reminded(server: RunningServer, tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "tone.wav")
    async with (
        push_service(port=PUSH_PORT) as service,
        chromium.playwright() as running,
        chromium.person(running, microphone=tone) as host,
        chromium.person(running) as visitor,
    ):
        await chromium.sign_up(host, server.url, "ana_radio", "Ana Radio")
        await host.goto(f"{server.url}/settings")
        jar = host.get_by_test_id("tip-jar")
        for kind, name in (("paypal", "AnaRadio"), ("bandcamp", "ana-radio")):
            await jar.get_by_test_id(f"add-{kind}").click()
            await jar.locator(f"input[data-service={kind}]").fill(name)
        # By the keyboard: Bandcamp goes to the front.
        await jar.get_by_role("button", name="Move Bandcamp up").press("Enter")
        await jar.get_by_test_id("save-tips").click()
        await expect(jar.get_by_role("status")).to_have_text("Saved.")
        space_url = await chromium.start_space(host, server.url, "Tips welcome")
        await chromium.turn_microphone_on(host)

        device = service.browser("vera")
        await visitor.context.grant_permissions(["notifications"], origin=server.url)
        await visitor.add_init_script(f"({SUBSCRIBE})({json.dumps(device.subscription)})")

        # The visitor's first page, with no account: one tap on the card is the sound.
        await visitor.goto(server.url)
        space_id = space_url.rpartition("/")[2]
        await visitor.locator(f"[data-testid=live-space][data-space={space_id}]").click()
        await visitor.locator("[data-testid=status][data-sound=playing]").wait_for()
        assert await chromium.hears(visitor)

        # Two taps: the person, then the service, whose whole address stands there before anybody leaves. The second is
        # not made: a test does not call on strangers.
        await visitor.get_by_test_id("tip-face").click()
        links = visitor.get_by_test_id("tip-service")
        await expect(links).to_have_count(2)
        addresses = ["https://ana-radio.bandcamp.com", "https://paypal.me/AnaRadio"]
        for link, address in zip(await links.all(), addresses, strict=True):
            await expect(link).to_contain_text(address)
            assert await link.get_attribute("href") == address
            assert await link.get_attribute("target") == "_blank"
            assert set((await link.get_attribute("rel") or "").split()) >= {"noopener", "noreferrer"}
        await expect(visitor.get_by_role("dialog")).to_contain_text(
            "PayPal may show your name and address to Ana Radio."
        )
        # The sound has not stopped for it.
        assert await chromium.hears(visitor)
        await visitor.get_by_role("button", name="Close").click()

        # To follow one needs an account; afterwards one stands before the same person again.
        await visitor.goto(f"{server.url}/@ana_radio")
        await visitor.get_by_test_id("follow").click()
        await visitor.wait_for_url("**/sign-up?next=*")
        await chromium.fill_in_sign_up(visitor, "vera", "Vera")
        await visitor.wait_for_url("**/@ana_radio")
        follow = visitor.get_by_test_id("follow")
        await follow.click()
        await expect(follow).to_have_attribute("aria-pressed", "true")
        await visitor.goto(server.url)
        await expect(visitor.get_by_role("heading", name="With people you follow")).to_be_visible()
        await visitor.get_by_role("button", name="Why am I seeing this?").first.press("Enter")
        await expect(visitor.get_by_test_id("reasons").first).to_contain_text("You follow Ana Radio")
        found = server.http.get("/api/v1/users/ana_radio").json()
        assert (found["follower_count"], found["on_air"]) == (1, space_id)

        # And found again by the beginnings of words, while one types.
        await visitor.goto(f"{server.url}/search")
        await visitor.get_by_test_id("search").fill("tips wel")
        await expect(visitor.locator(f"[data-space={space_id}]")).to_be_visible()
        await visitor.get_by_test_id("search").fill("ana")
        # Other journeys on this server have an Ana too.
        await expect(visitor.get_by_test_id("found-person").filter(has_text="Ana Radio")).to_be_visible()
        await is_reminded_and_let_in(server, service, device, host, visitor)


async def is_reminded_and_let_in(
    server: RunningServer, service: PushService, device: Browser, host: Page, visitor: Page
) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    origin = {"origin": server.url}
    plan = {"title": "Evening radio", "scheduled_start": tomorrow}
    made = await host.context.request.post(f"{server.url}/api/v1/spaces", data=plan, headers=origin)
    planned = (await made.json())["id"]
    await visitor.goto(f"{server.url}/@ana_radio")
    await visitor.locator(f"[data-testid=upcoming-space][data-space={planned}]").click()
    await expect(visitor.get_by_test_id("countdown")).to_be_visible()
    remind = visitor.get_by_test_id("remind")
    await remind.click()
    await expect(remind).to_have_attribute("aria-pressed", "true")
    await visitor.goto(f"{server.url}/notifications")
    await visitor.get_by_test_id("push-on").click()
    await expect(visitor.get_by_test_id("push-on")).to_have_count(0)
    service.application_key = await visitor.evaluate("() => window.applicationServerKey")
    # Whoever reads it in the app at once needs no push; who is elsewhere does.
    await visitor.goto(f"{server.url}/search")
    bell = visitor.get_by_test_id("bell")
    unread = int(await bell.get_attribute("data-unread") or 0)

    started = await host.context.request.post(f"{server.url}/api/v1/spaces/{planned}/start", headers=origin)
    assert started.status == 200
    await eventually(lambda: bool(device.messages), within_s=20)
    [message] = device.messages
    assert (message["title"], message["body"]) == ("It begins", "Evening radio")
    assert service.refusals == []
    await expect(bell).to_have_attribute("data-unread", str(unread + 1))
    await deliver(visitor, server.url, message)
    await eventually(lambda: visitor.evaluate(f"async () => (await ({SHOWN})()).includes('It begins')"))
    await visitor.goto(f"{server.url}{message['path']}")
    await visitor.get_by_test_id("start-listening").click()
    await visitor.locator("[data-testid=status][data-sound=playing]").wait_for()
