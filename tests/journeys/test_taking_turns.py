"""From the audience to the stage and back: what a person sees, and what the others hear of it."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.journeys import chromium
from tests.journeys.tone import write_tone
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

# The promise is 200 ms from the command to silence; to it a listener's own buffer and this busy machine are added.
SILENT_WITHIN_MS = 1_000


async def test_somebody_asks_speaks_is_muted_steps_down_and_leaves(server: RunningServer, tmp_path: Path) -> None:
    """A host's mute silences at once, and the microphone opens again by the speaker's own tap alone."""
    tone = write_tone(tmp_path / "tone.wav")
    async with (
        chromium.playwright() as running,
        chromium.person(running) as host,
        chromium.person(running, microphone=tone) as speaker,
        chromium.person(running) as listener,
    ):
        await chromium.sign_up(host, server.url, "turns_host", "Hedwig")
        await chromium.sign_up(speaker, server.url, "turns_speaker", "Samuel")
        space_url = await chromium.start_space(host, server.url, "Taking turns")
        await chromium.listen(speaker, space_url)
        await chromium.listen(listener, space_url)
        await expect(listener.get_by_test_id("listener-count")).to_have_attribute("data-count", "2")

        await speaker.get_by_test_id("request-to-speak").click()
        await host.get_by_test_id("accept-request").click()
        await chromium.turn_microphone_on(speaker)
        assert await chromium.hears(listener)

        await host.get_by_test_id("person-menu").click()
        silence = await chromium.begin_to_hear_silence(listener)
        await host.get_by_test_id("mute-person").click()
        await expect(speaker.locator("[data-notice=muted_by_somebody]")).to_be_visible()
        assert await silence() < SILENT_WITHIN_MS

        await chromium.turn_microphone_on(speaker)
        assert await chromium.hears(listener)

        await host.get_by_test_id("person-menu").click()
        await host.get_by_test_id("take-microphone").click()
        await expect(speaker.get_by_test_id("microphone-taken")).to_have_attribute("aria-disabled", "true")
        await host.get_by_test_id("person-menu").click()
        await host.get_by_test_id("give-microphone").click()
        await expect(speaker.get_by_test_id("unmute")).to_be_visible()

        await chromium.choose_more(speaker, "step-down")
        await expect(speaker.get_by_test_id("request-to-speak")).to_be_visible()
        await expect(speaker.locator("[data-testid=status][data-line=listening][data-sound=playing]")).to_be_visible()
        await expect(host.get_by_test_id("stage-participant")).to_have_count(1)

        await speaker.get_by_test_id("leave").click()
        await expect(speaker.get_by_test_id("start-listening")).to_be_visible()
        await expect(speaker.get_by_test_id("sound")).to_have_count(0)
        await expect(listener.get_by_test_id("listener-count")).to_have_attribute("data-count", "1")


async def test_a_denied_microphone_is_said_and_the_sound_goes_on(server: RunningServer, tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "tone.wav")
    async with (
        chromium.playwright() as running,
        chromium.person(running, microphone=tone) as host,
        chromium.person(running, allows_microphone=False) as speaker,
    ):
        await chromium.sign_up(host, server.url, "denied_host", "Hedwig")
        await chromium.sign_up(speaker, server.url, "denied_speaker", "Samuel")
        space_url = await chromium.start_space(host, server.url, "Without a microphone")
        await chromium.turn_microphone_on(host)
        await chromium.listen(speaker, space_url)
        await speaker.get_by_test_id("request-to-speak").click()
        await host.get_by_test_id("accept-request").click()

        await speaker.get_by_test_id("unmute").click()
        hint = speaker.get_by_test_id("check-hint")
        await expect(hint).to_contain_text("The microphone is not allowed.")
        await speaker.get_by_test_id("close-check").click()
        notice = speaker.locator("[data-notice=microphone_denied]")
        await expect(notice).to_contain_text("The microphone is not allowed.")
        await expect(notice.get_by_role("button", name="Try again")).to_be_visible()
        await expect(speaker.locator("[data-testid=status][data-line=speaking][data-sound=playing]")).to_be_visible()
        assert await chromium.hears(speaker)
