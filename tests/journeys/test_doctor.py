"""The doctor's two pages: everybody finds out whether they can hear and speak, the administrator how the server is."""

import asyncio
import sys
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations_at
from tests.journeys.firefox import firefox_page
from tests.running import RunningServer, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

VERDICT = "() => document.querySelector('[data-testid=verdict]')?.dataset.verdict ?? 'pending'"
STATES = """
() => [...document.querySelectorAll('[data-testid=finding]')]
  .map((one) => `${one.dataset.name} ${one.dataset.state}`).join(', ')
"""
WELL = "browser good, server good, socket good, address good, udp good, tcp good, microphone good"
# A key that no language has words for is shown as it is.
KEYS = "() => document.body.innerText.match(/\\b(doctor|admin|jobs|check|frame)\\.[a-z_.]+/g) ?? []"


async def test_a_visitor_finds_out_whether_they_can_hear_and_speak(server: RunningServer) -> None:
    found: list[str] = []
    async with chromium.playwright() as running, chromium.person(running) as page:
        await page.goto(server.url)
        await page.get_by_test_id("go-check").click()
        verdict = page.get_by_test_id("verdict")
        await expect(verdict).to_have_attribute("data-verdict", "all")
        assert await page.evaluate(STATES) == WELL
        await page.get_by_test_id("try-microphone").click()
        await page.locator("[data-hint='doctor.microphone_heard']").wait_for()
        found += await violations_at(page, DESK)

        # As behind a proxy that passes no WebSocket on.
        await page.route_web_socket("**/api/v1/doctor", lambda socket: socket.close())
        for language in ("en", "de", "ar"):
            await page.evaluate("(language) => localStorage.setItem('voxhall.language', language)", language)
            await page.reload()
            await expect(verdict).to_have_attribute("data-verdict", "nothing")
            broken = page.locator("[data-testid=finding][data-state=bad]")
            await expect(broken).to_have_attribute("data-name", "socket")
            await expect(broken).to_contain_text("WebSocket")
            assert await page.evaluate(KEYS) == []
        found += await violations_at(page, PHONE)
    assert found == []


async def test_firefox_finds_both_ways_of_the_sound_too(server: RunningServer, tmp_path: Path) -> None:
    async with firefox_page(tmp_path) as page:
        await page.goto(f"{server.url}/check")

        async def is_done() -> bool:
            return bool(await page.evaluate(VERDICT) != "pending")

        await eventually(is_done, 20)
        assert "socket good, address good, udp good, tcp good" in await page.evaluate(STATES)


async def test_the_administrator_sees_what_the_doctor_finds(server: RunningServer) -> None:
    found: list[str] = []
    async with chromium.playwright() as running, chromium.person(running) as page:
        await chromium.sign_up(page, server.url, "doctors_host", "Dora")
        await page.goto(f"{server.url}/admin/doctor")
        await expect(page.get_by_text("Only administrators see this page.")).to_be_visible()
        command = ["-m", "voxhall", "admin", "make-administrator", "doctors_host", "--data", str(server.data)]
        made = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.DEVNULL)
        assert await made.wait() == 0
        for language in ("en", "de", "ar"):
            await page.evaluate("(language) => localStorage.setItem('voxhall.language', language)", language)
            await page.goto(f"{server.url}/admin/doctor")
            await expect(page.get_by_test_id("verdict")).to_have_attribute("data-verdict", "well")
            for name in ("server", "udp", "tcp", "disk", "clock"):
                await expect(page.locator(f"[data-testid=finding][data-name={name}]").first).to_be_visible()
            assert await page.evaluate(KEYS) == []
        found += await violations_at(page, PHONE)
    assert found == []
