"""Two people speak into their microphones; whoever listens, in Chromium or in Firefox, hears their words."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations_at
from tests.journeys.firefox import firefox_page
from tests.journeys.speech import (
    BECKETT,
    DICKENS,
    LONG_PAUSE_S,
    Speech,
    share_heard,
    transcribe,
    words_of,
    write_microphone,
)
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]

# The words are made while they are spoken; what is left after the end is a sentence or two, on a busy machine.
WORDS_WITHIN_MS = 120_000


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


def heard_in(words: list[str], speech: Speech) -> float:
    return share_heard(words_of(speech.words), words)


async def replay(page: Page, space_url: str) -> None:
    """The page of the space goes on as its replay: the words that were said, the stage in step with them, and time."""
    turns = page.get_by_test_id("turn")
    last = turns.filter(has_text="again").last
    await last.wait_for(timeout=WORDS_WITHIN_MS)
    assert await violations_at(page, PHONE, DESK) == []
    seat, place = page.get_by_test_id("seat"), page.get_by_test_id("seek")
    samuel, charles = seat.filter(has_text="Samuel"), seat.filter(has_text="Charles")

    # A word that is clicked is heard at once, by the person who said it.
    await last.locator("[data-word]").first.click()
    await expect(page.get_by_test_id("play")).to_have_attribute("data-playing", "true")
    await expect(samuel).to_have_attribute("data-speaking", "true")
    await expect(last).to_have_attribute("aria-current", "true")
    assert await page.get_by_test_id("play").is_visible()
    heard_at_s = int(await place.input_value())
    await page.get_by_test_id("play").click()
    await expect(page.get_by_test_id("play")).to_have_attribute("data-playing", "false")

    # Back to the beginning by the keyboard, then played: the first voice is the host's.
    await place.press("Home")
    await page.get_by_test_id("play").press("Enter")
    await expect(charles).to_have_attribute("data-speaking", "true")
    await expect(samuel).to_have_attribute("data-speaking", "false")

    # A link to a moment opens at it.
    await page.goto(f"{space_url}?t={heard_at_s}")
    await expect(place).to_have_value(str(heard_at_s))
    await expect(samuel).to_have_attribute("data-on-stage", "true")


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
        await replay(listener, space_url)

    (tmp_path / "chromium.webm").write_bytes(chromium_heard)
    (tmp_path / "firefox.ogg").write_bytes(firefox_heard)
    heard = {"Chromium": transcribe(chromium_heard), "Firefox": transcribe(firefox_heard)}
    shares = {
        f"{browser}: {speech.recording}": heard_in(words, speech)
        for browser, words in heard.items()
        for speech in (DICKENS, BECKETT)
    }
    assert min(shares.values()) >= 0.9, shares
    assert rings == 2, "the listener was shown two people speaking"
