"""An operator's own name, accent and logo, as somebody's browser shows and keeps them."""

import json
import signal
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations, violations_at
from tests.publishing.test_brand import logo_file
from tests.running import eventually, running_server
from voxhall.publishing.brand.colors import palette

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NAME, YELLOW = "Hafenradio Altona", "#ffee00"
ACCENT = "() => getComputedStyle(document.querySelector('[data-testid=open-space]')).backgroundColor"
MARK_WIDTH = "() => document.querySelector('header img').naturalWidth"
KEPT_PAGE = "async () => (await (await caches.match('/'))?.text()) ?? ''"


def rgb(color: str) -> str:
    return "rgb({}, {}, {})".format(*(int(color[at : at + 2], 16) for at in (1, 3, 5)))


async def sees(page: Page, name: str, shade: str, mark_px: int) -> None:
    await expect(page.locator("header .wordmark")).to_have_text(name)
    await expect(page.get_by_test_id("open-space")).to_have_css("background-color", rgb(shade))
    await page.wait_for_function(f"{MARK_WIDTH[6:]} === {mark_px}")


async def test_a_server_is_its_operators_on_every_page_and_without_a_network(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    wishes = data / "voxhall.toml"
    logo = logo_file(tmp_path)
    wishes.write_text(f'site_name = "{NAME}"\nsite_accent = "{YELLOW}"\nsite_logo = "{logo}"\n')
    shades = palette(YELLOW)
    with running_server(tmp_path) as server:
        space = server.open_space(server.account("ana"), title="A long evening of radio from the harbour")
        async with chromium.playwright() as running, chromium.person(running) as page:
            await page.emulate_media(color_scheme="dark")
            await page.goto(server.url)
            await sees(page, NAME, shades.dark.accent, 128)
            await page.emulate_media(color_scheme="light")
            await sees(page, NAME, shades.light.accent, 128)
            found = await violations_at(page, PHONE, DESK)
            await page.goto(f"{server.url}/spaces/{space['id']}")
            await page.get_by_test_id("start-listening").click()
            await page.get_by_test_id("status").wait_for()
            found += await violations(page)
            assert found == []

            # As the browser's own menu finds out whether to offer it. The one hindrance is a window without a past.
            browser = await page.context.new_cdp_session(page)
            manifest = await browser.send("Page.getAppManifest")
            assert manifest["errors"] == []
            assert json.loads(manifest["data"])["name"] == NAME
            hindrances = (await browser.send("Page.getInstallabilityErrors"))["installabilityErrors"]
            assert [one["errorId"] for one in hindrances] == ["in-incognito"]

            await page.goto(server.url)
            await page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
            await page.emulate_media(color_scheme="light")
            await page.context.set_offline(True)
            await page.reload()
            await sees(page, NAME, shades.light.accent, 128)
            await page.context.set_offline(False)

            # Another brand, after which nothing that was kept shows the old one.
            wishes.write_text('site_name = "Other"\nsite_accent = "#0b6e4f"\n')
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(30) == 0
            server.start_again()
            await page.goto(server.url)
            await eventually(lambda: is_kept(page, "Other"))
            await page.context.set_offline(True)
            await page.reload()
            await expect(page.locator("header .wordmark")).to_have_text("Other")
            await expect(page.get_by_test_id("open-space")).to_have_css("background-color", rgb("#0b6e4f"))


async def is_kept(page: Page, name: str) -> bool:
    return f'content="{name}"' in await page.evaluate(KEPT_PAGE)
