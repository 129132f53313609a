"""What a screen reader says by itself of a live space: what happened to oneself, once, and not who speaks."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.journeys import chromium
from tests.journeys.tone import write_hum
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

WORDS = json.loads((Path(__file__).parent.parent.parent / "web/src/locales/en.json").read_text())

# Only a region that was there before is read out, and only what then changes in it.
LISTEN = """
(() => {
  const live = '[aria-live=polite], [aria-live=assertive], [role=status], [role=alert]';
  window.announced = [];
  let known = new Set();
  setInterval(() => {
    known = new Set([...document.querySelectorAll(live)].filter((one) => one.checkVisibility()));
  }, 20);
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const region = (target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement)?.closest(live);
      const words = region?.textContent.replaceAll(/\\s+/g, ' ').trim();
      if (known.has(region) && words !== '' && words !== window.announced.at(-1)) window.announced.push(words);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
})();
"""


def sentence(key: str) -> str:
    found = WORDS
    for part in key.split("."):
        found = found[part]
    return str(found).replace("{{count, number}}", "1")


async def is_told(page: Page, *either: str) -> None:
    """One of these, since the last time it was asked."""
    await page.wait_for_function(
        """(sentences) => {
          const at = window.announced.findIndex((one) => sentences.some((sentence) => one.includes(sentence)));
          return at >= 0 && window.announced.splice(0, at + 1).length > 0;
        }""",
        arg=[sentence(key) for key in either],
    )


async def test_each_turn_of_ones_own_is_told_and_nobody_elses(server: RunningServer, tmp_path: Path) -> None:
    async with (
        chromium.playwright() as running,
        chromium.person(running, microphone=write_hum(tmp_path / "hum.wav")) as host,
        chromium.person(running) as speaker,
        chromium.person(running) as listener,
    ):
        for page in (host, speaker, listener):
            await page.add_init_script(LISTEN)
        await chromium.sign_up(host, server.url, "told_host", "Hedwig")
        await chromium.sign_up(speaker, server.url, "told_speaker", "Samuel")
        space_url = await chromium.start_space(host, server.url, "Without eyes")
        await chromium.turn_microphone_on(host)
        await chromium.listen(listener, space_url)
        await chromium.listen(speaker, space_url)
        await is_told(speaker, "status.listening")

        await speaker.get_by_test_id("request-to-speak").click()
        await is_told(speaker, "status.requested")
        await is_told(host, "space.requests_waiting_one")
        await host.get_by_test_id("accept-request").click()
        await is_told(speaker, "said.called_up")
        await chromium.turn_microphone_on(speaker)
        await is_told(speaker, "status.on_air")
        await host.get_by_test_id("person-menu").click()
        await host.get_by_test_id("mute-person").click()
        await is_told(speaker, "said.muted_by_somebody")

        server.kill("media")
        # Who speaks joins anew; who listens hears on, and where they do not, is told the same.
        # The other where the next node is there before the page has made sure that it hears nothing.
        await is_told(host, "status.sound_restarting", "status.reconnecting_speaker")
        await is_told(host, "status.on_air")
        await expect(listener.get_by_test_id("status")).to_have_attribute("data-sound", "playing")

        await host.get_by_test_id("person-menu").click()
        await host.get_by_test_id("remove-person").click()
        await host.get_by_test_id("confirm").click()
        await is_told(speaker, "space.removed")
        told = await listener.evaluate("() => window.announced.splice(0)")
        assert not [one for one in told if "Hedwig" in one or "Samuel" in one]
        await chromium.choose_more(host, "end-space")
        await host.get_by_test_id("confirm").click()
        await is_told(listener, "space.ended")
