"""Two people speak into their microphones; whoever listens, in Chromium or in Firefox, hears their words."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.journeys import chromium
from tests.journeys.firefox import firefox_page
from tests.journeys.speech import BECKETT, DICKENS, Speech, share_heard, transcribe, words_of, write_microphone
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

# Shorter than the pause between two rounds of a microphone's file, longer than any pause within one.
LONG_PAUSE_S = 2.5


async def watch_rings(page: Page) -> None:
    """Watches the stage from now on: who was ever shown as speaking."""
    await page.evaluate(
        """() => {
          window.rings = new Set();
          const look = () => document.querySelectorAll('[data-testid=stage-participant][data-speaking=true]')
            .forEach((person) => window.rings.add(person.dataset.participant));
          new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
        }"""
    )


def heard_in(recording: bytes, speech: Speech) -> float:
    return share_heard(words_of(speech.words), transcribe(recording))


async def test_two_people_are_heard_in_chromium_and_in_firefox(server: RunningServer, tmp_path: Path) -> None:
    """The listeners touch no microphone; at least 90 % of the words of each voice arrive."""
    host_file = write_microphone(tmp_path / "host.wav", DICKENS)
    guest_file = write_microphone(tmp_path / "speaker.wav", BECKETT)
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(chromium.playwright())
        host = await stack.enter_async_context(chromium.person(running, microphone=host_file))
        speaker = await stack.enter_async_context(chromium.person(running, microphone=guest_file))
        listener = await stack.enter_async_context(chromium.person(running))
        firefox = await stack.enter_async_context(firefox_page(tmp_path))

        await chromium.sign_up(host, server.url, "charles", "Charles")
        await chromium.sign_up(speaker, server.url, "samuel", "Samuel")
        space_url = await chromium.start_space(host, server.url, "Readings")

        await chromium.listen(speaker, space_url)
        await speaker.get_by_test_id("request-to-speak").click()
        await chromium.listen(listener, space_url)
        await firefox.goto(space_url)
        await firefox.click("start-listening")
        await firefox.wait_for("[data-testid=status][data-sound=playing]")
        await watch_rings(listener)
        await chromium.start_recording(listener)
        await firefox.start_recording()
        await expect(listener.get_by_test_id("listener-count")).to_have_attribute("data-count", "3")

        async def everybody_hears(name: str) -> None:
            await asyncio.gather(
                chromium.hear_whole_round(listener, name, LONG_PAUSE_S), firefox.hear_whole_round(name, LONG_PAUSE_S)
            )

        # Both are on stage muted until they say otherwise, their microphones open.
        await chromium.turn_microphone_on(host)
        await everybody_hears("Charles")
        await host.get_by_test_id("mute").click()
        await host.get_by_test_id("accept-request").click()
        await chromium.turn_microphone_on(speaker)
        await everybody_hears("Samuel")

        chromium_heard = await chromium.finish_recording(listener)
        firefox_heard = await firefox.finish_recording()
        rings = await listener.evaluate("() => window.rings.size")

        await chromium.choose_more(host, "end-space")
        await host.get_by_test_id("confirm").click()
        await expect(listener.get_by_test_id("ended")).to_be_visible()

    (tmp_path / "chromium.webm").write_bytes(chromium_heard)
    (tmp_path / "firefox.ogg").write_bytes(firefox_heard)
    shares = {
        f"{browser}: {speech.recording}": heard_in(recording, speech)
        for browser, recording in (("Chromium", chromium_heard), ("Firefox", firefox_heard))
        for speech in (DICKENS, BECKETT)
    }
    assert min(shares.values()) >= 0.9, shares
    assert rings == 2, "the listener was shown two people speaking"
