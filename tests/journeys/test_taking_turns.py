"""From the audience to the stage and back: what a person sees, and what the others hear of it."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations, violations_at
from tests.journeys.tone import write_hum, write_tone
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# A telephone takes the microphone, a headset is unplugged: said within this time.
SAID_WITHIN_MS = 2_000
# The promise is 200 ms from the command to silence; to it a listener's own buffer and this busy machine are added.
SILENT_WITHIN_MS = 1_000
# Longer than the 300 ms up to which the space bar counts as tapped: a tap would leave the microphone open.
HELD_MS = 400


# No headless browser can be rung up: what it tells a page when a telephone takes the microphone is told by the test.
REMEMBER_MICROPHONE = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
  const stream = await ask(wish);
  window.microphone = stream.getAudioTracks()[0];
  return stream;
};
"""
# Nor can anything be plugged into it: the last of Chromium's false microphones is shown to the page when the test says.
HEADSET = """
const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
let isPluggedIn = false;
navigator.mediaDevices.enumerateDevices = async () => {
  const all = await list();
  const headset = all.findLast((one) => one.kind === 'audioinput');
  return all.filter((one) => isPluggedIn || one.deviceId !== headset.deviceId);
};
window.plugHeadset = (isIn) => {
  isPluggedIn = isIn;
  navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
};
"""
TAKE_MICROPHONE = "() => { window.microphone.stop(); window.microphone.dispatchEvent(new Event('mute')); }"


async def finding(page: Page) -> str | None:
    """What the page says keeps its owner from hearing, after it has measured."""
    await chromium.choose_more(page, "cannot-hear")
    found = page.locator("[data-testid=finding]:not([data-finding=''])")
    await found.wait_for()
    said = await found.get_attribute("data-finding")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("finding")).to_have_count(0)
    return said


async def change_headset(speaker: Page, listener: Page) -> None:
    """Plugged in it is offered, and used by a tap; pulled out it is said at once, and sound is back by one tap."""
    before = await speaker.evaluate("() => window.microphone.getSettings().deviceId")
    await speaker.evaluate("() => window.plugHeadset(true)")
    await speaker.get_by_test_id("use-new-microphone").click()
    await speaker.wait_for_function("(id) => window.microphone.getSettings().deviceId !== id", arg=before)
    await expect(speaker.get_by_test_id("mute")).to_be_visible()
    assert await chromium.hears(listener)
    await speaker.evaluate("() => window.plugHeadset(false)")
    notice = speaker.locator("[data-notice=microphone_lost]")
    await expect(notice).to_be_visible(timeout=SAID_WITHIN_MS)
    await notice.get_by_role("button").click()
    await expect(speaker.get_by_test_id("mute")).to_be_visible()
    assert await chromium.hears(listener)


async def widen_panel(page: Page) -> None:
    """By its edge: pulled by the pointer, moved by the keyboard, and remembered."""
    edge = page.get_by_test_id("panel-edge")
    box = await edge.bounding_box()
    assert box is not None
    before = int(str(await edge.get_attribute("aria-valuenow")))
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x - 60, y)
    await page.mouse.up()
    await expect(edge).to_have_attribute("aria-valuenow", str(before + 60))
    await edge.press("ArrowRight")
    await expect(edge).to_have_attribute("aria-valuenow", str(before + 60 - 32))


async def test_somebody_asks_speaks_is_muted_steps_down_and_leaves(server: RunningServer, tmp_path: Path) -> None:
    """A host's mute silences at once, and the microphone opens again by the speaker's own tap alone."""
    hum = write_hum(tmp_path / "hum.wav")
    async with (
        chromium.playwright() as running,
        chromium.person(running) as host,
        chromium.person(running, microphone=hum) as speaker,
        chromium.person(running) as listener,
    ):
        await speaker.add_init_script(REMEMBER_MICROPHONE + HEADSET)
        await chromium.sign_up(host, server.url, "turns_host", "Hedwig")
        await chromium.sign_up(speaker, server.url, "turns_speaker", "Samuel")
        space_url = await chromium.start_space(host, server.url, "Taking turns")
        await speaker.set_viewport_size(PHONE)
        await host.set_viewport_size(DESK)
        # Whoever is alone is told what brings people here; when they are here, no more.
        share = host.get_by_test_id("share-address")
        await share.wait_for()
        assert await violations_at(host, PHONE, DESK) == []
        await chromium.listen(speaker, space_url)
        await expect(share).to_have_count(0)
        assert await violations(speaker) == []
        await chromium.listen(listener, space_url)
        await listener.get_by_test_id("more").click()
        assert await violations_at(listener, PHONE, DESK) == []
        await listener.keyboard.press("Escape")
        await expect(listener.get_by_test_id("listener-count")).to_have_attribute("data-count", "2")

        await speaker.keyboard.press("r")
        await host.get_by_test_id("accept-request").wait_for()
        assert await violations_at(host, PHONE, DESK) == []
        await widen_panel(host)
        await host.get_by_test_id("accept-request").click()
        await speaker.get_by_test_id("unmute").click()
        await speaker.locator("[data-testid=microphone-level][data-heard=true]").wait_for()
        assert await violations(speaker) == []
        await speaker.get_by_test_id("go-on-air").click()
        assert await chromium.hears(listener)
        assert await finding(listener) == "found.all_good"

        # Whoever talks into a muted microphone is told; the space bar held opens it, let go closes it.
        await speaker.keyboard.press("m")
        await expect(speaker.locator("[data-notice=talks_while_muted]")).to_be_visible()
        assert await violations(speaker) == []
        assert await finding(listener) == "found.all_muted"
        pressed_at_ms = await speaker.evaluate("() => performance.now()")
        await speaker.keyboard.down(" ")
        assert await chromium.hears(listener)
        await speaker.wait_for_function("(end) => performance.now() > end", arg=pressed_at_ms + HELD_MS)
        silence = await chromium.begin_to_hear_silence(listener)
        await speaker.keyboard.up(" ")
        assert await silence() < SILENT_WITHIN_MS
        await speaker.keyboard.press("m")
        assert await chromium.hears(listener)

        await change_headset(speaker, listener)

        # Taken away by the system, as by a telephone: muted for everybody to see, and back by one tap.
        await speaker.evaluate(TAKE_MICROPHONE)
        notice = speaker.locator("[data-notice^=microphone]")
        await expect(notice).to_be_visible(timeout=SAID_WITHIN_MS)
        seat = host.get_by_test_id("stage-participant").filter(has_text="Samuel")
        await expect(seat).to_have_attribute("data-muted", "true")
        await notice.get_by_role("button").click()
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
        hint = speaker.get_by_test_id("microphone-hint")
        await expect(hint).to_contain_text("The microphone is not allowed.")
        await speaker.get_by_test_id("close-check").click()
        notice = speaker.locator("[data-notice=microphone_denied]")
        await expect(notice).to_contain_text("The microphone is not allowed.")
        await expect(notice.get_by_role("button", name="Try again")).to_be_visible()
        await expect(speaker.locator("[data-testid=status][data-line=speaking][data-sound=playing]")).to_be_visible()
        assert await chromium.hears(speaker)
