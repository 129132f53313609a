"""Every page but the live space: usable without eyes, without a mouse, without room and without a network."""

import pytest
from playwright.async_api import ConsoleMessage, ViewportSize, expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations_at
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# What is asked for here and is not there: a wrong password's session, a space, a page, what was not recorded.
MISSING = ("/api/v1/sessions", "/sp_nothing", "/nothing-here", "/recording")


async def test_every_page_keeps_wcag_and_its_policy(server: RunningServer) -> None:
    """Empty and full, signed in and not, right and wrong, from both sides; no page writes an error to its console."""
    host = server.new_account("pages_host")
    server.open_space(host, title="A long evening of radio from the harbour, with everybody who was ever there")
    ended = server.open_space(host, title="Over", recording="off")
    server.http.post(f"/api/v1/spaces/{ended['id']}/end", headers=host.headers)
    scheduled = {"title": "ليلة القصص", "scheduled_start": "2027-11-26T20:00:00Z"}
    waiting = server.http.post("/api/v1/spaces", json=scheduled, headers=host.headers).json()["id"]

    async with chromium.playwright() as running, chromium.person(running) as page:
        errors: list[str] = []
        found: list[str] = []

        def note(message: ConsoleMessage) -> None:
            if message.type == "error" and not any(one in message.location["url"] for one in MISSING):
                errors.append(f"{message.text} {message.location['url']}")

        page.on("console", note)

        async def look(path: str, until: str, *sizes: ViewportSize) -> None:
            await page.goto(f"{server.url}{path}")
            await page.locator(until).first.wait_for()
            found.extend(await violations_at(page, *(sizes or (DESK,))))

        await look("/", "[data-testid=live-space]", PHONE, DESK)
        await look(f"/spaces/{waiting}", "[data-testid=title]", PHONE, DESK)
        await look("/spaces/new", "main h1")
        await look("/settings", "main h2")
        await look("/sign-in", "[data-testid=sign-in-form]")
        await page.get_by_test_id("handle").fill("nobody")
        await page.get_by_test_id("password").fill("not the password")
        await page.get_by_test_id("sign-in-submit").click()
        await expect(page.get_by_role("alert")).to_contain_text("wrong")
        found.extend(await violations_at(page, DESK))
        await look(f"/spaces/{ended['id']}", "[data-testid=ended]", PHONE, DESK)
        await expect(page.get_by_text("This one was only live")).to_be_visible()
        await look(f"/@{host.handle}", "[data-testid=profile]")
        await look("/nothing-here", "main h1")
        await look("/spaces/sp_nothing", "[data-testid=not-found]")

        await chromium.sign_up(page, server.url, "pages_reader", "Renée")
        await look("/spaces/new", "[data-testid=space-title]")
        await look("/settings", "[data-testid=devices]")
        await page.get_by_test_id("token-new").click()
        await page.get_by_test_id("token-name").fill("a script")
        await page.get_by_test_id("token-make").click()
        await page.get_by_test_id("new-token").wait_for()
        found.extend(await violations_at(page, DESK))

        await page.get_by_test_id("settings-language").select_option("ar")
        await expect(page.locator("html")).to_have_attribute("dir", "rtl")
        await look("/", "[data-testid=live-space]")
        await look("/settings", "[data-testid=devices]")
    assert found == []
    assert errors == []


async def test_a_space_is_set_up_by_keyboard_alone(server: RunningServer) -> None:
    """From the first key on the home page to the page of a scheduled space, the focus in sight all the way."""
    async with chromium.playwright() as running, chromium.person(running) as page:
        await chromium.sign_up(page, server.url, "pages_keys", "Kim")
        await page.goto(server.url)
        await page.get_by_test_id("open-space").wait_for()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await expect(page.get_by_test_id("open-space")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.get_by_test_id("space-title").focus()
        await page.keyboard.type("By keyboard")
        await page.get_by_test_id("when-now").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_test_id("scheduled-start")).to_be_visible()
        await page.get_by_test_id("schedule-space").focus()
        assert await page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("title")).to_have_text("By keyboard")


async def test_without_a_network_the_pages_open_and_say_so(server: RunningServer) -> None:
    async with chromium.playwright() as running, chromium.person(running) as page:
        await page.goto(server.url)
        await page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
        await page.context.set_offline(True)
        await page.goto(f"{server.url}/settings")
        await expect(page.get_by_test_id("offline")).to_contain_text("You are offline")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
        await page.get_by_role("link", name="Voxhall: home").click()
        await expect(page.locator("[data-notice=home_failed]")).to_be_visible()
        await page.context.set_offline(False)
        await expect(page.get_by_test_id("offline")).to_have_count(0)
