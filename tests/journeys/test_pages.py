"""Every page but the live space: usable without eyes, without a mouse, without room and without a network."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.journeys import chromium
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

AXE = (Path(__file__).parent.parent.parent / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
# WCAG 2.2 A and AA, as axe names them.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Colours on their way from one scheme to the other belong to neither.
SETTLED = """
async () => {
  const frame = () => new Promise(requestAnimationFrame);
  for (let still = 0; still < 3; ) {
    await frame();
    still = document.getAnimations().some((one) => one.playState === 'running') ? 0 : still + 1;
  }
}
"""
# The narrowest width at which WCAG 1.4.10 wants no second direction of scrolling.
NARROW_PX = 320


async def faults(page: Page) -> list[str]:
    """What axe finds against WCAG, and how far the page is wider than a narrow screen."""
    await page.evaluate(AXE)
    found: list[str] = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="light" if scheme == "light" else "dark", reduced_motion="reduce")
        await page.evaluate(SETTLED)
        result: dict[str, Any] = await page.evaluate("(rules) => axe.run({ runOnly: rules })", RULES)
        found += [
            f"{page.url} {scheme} {violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]
    size = page.viewport_size
    await page.set_viewport_size({"width": NARROW_PX, "height": 640})
    wide = await page.evaluate("() => document.documentElement.scrollWidth")
    if wide > NARROW_PX:
        found.append(f"{page.url} is {wide} px wide on a screen of {NARROW_PX}")
    await page.set_viewport_size(size or {"width": 1280, "height": 720})
    return found


async def test_every_page_keeps_wcag_and_its_policy(server: RunningServer) -> None:
    """Empty and full, signed in and not, right and wrong, from both sides; nothing is refused by the page's policy."""
    host = server.new_account("pages_host")
    server.open_space(host, title="A long evening of radio from the harbour, with everybody who was ever there")
    ended = server.open_space(host, title="Over", recording="off")
    server.http.post(f"/api/v1/spaces/{ended['id']}/end", headers=host.headers)
    scheduled = {"title": "ليلة القصص", "scheduled_start": "2027-11-26T20:00:00Z"}
    assert server.http.post("/api/v1/spaces", json=scheduled, headers=host.headers).status_code == 201

    async with chromium.playwright() as running, chromium.person(running) as page:
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
        found: list[str] = []

        async def look(path: str, until: str) -> None:
            await page.goto(f"{server.url}{path}")
            await page.locator(until).first.wait_for()
            found.extend(await faults(page))

        await look("/", "[data-testid=live-space]")
        await look("/spaces/new", "main h1")
        await look("/settings", "main h2")
        await look("/sign-in", "[data-testid=sign-in-form]")
        await page.get_by_test_id("handle").fill("nobody")
        await page.get_by_test_id("password").fill("not the password")
        await page.get_by_test_id("sign-in-submit").click()
        await expect(page.get_by_role("alert")).to_contain_text("wrong")
        found.extend(await faults(page))
        await look(f"/spaces/{ended['id']}", "[data-testid=ended]")
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
        found.extend(await faults(page))

        await page.get_by_test_id("settings-language").select_option("ar")
        await expect(page.locator("html")).to_have_attribute("dir", "rtl")
        await look("/", "[data-testid=live-space]")
        await look("/settings", "[data-testid=devices]")
    assert found == []
    assert refused == []


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
