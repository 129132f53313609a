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
# It may be told to take its time, as a headset without a wire does.
REMEMBER_MICROPHONE = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
  await window.isReady;
  const stream = await ask(wish);
  window.microphone = stream.getAudioTracks()[0];
  return stream;
};
"""
# Nor can anything be plugged into it: the last of Chromium's false microphones is shown to the page when the test says,
# and told of twice, as what has a loudspeaker too is.
HEADSET = """
const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
let isPluggedIn = false;
navigator.mediaDevices.enumerateDevices = async () => {
  const all = await list();
  const headset = all.findLast((one) => one.kind === 'audioinput');
  return all.filter((one) => isPluggedIn || one.deviceId !== headset.deviceId);
};
window.plugHeadset = async (isIn) => {
  isPluggedIn = isIn;
  for (let told = 0; told < 2; told += 1) {
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    await navigator.mediaDevices.enumerateDevices();
    await new Promise((resolve) => setTimeout(resolve));
  }
};
"""
TAKE_MICROPHONE = "() => { window.microphone.dispatchEvent(new Event('mute')); }"
END_MICROPHONE = "() => { window.microphone.stop(); window.microphone.dispatchEvent(new Event('ended')); }"
MAKE_IT_SLOW = (
    "() => { window.isReady = new Promise((resolve) => (window.beReady = resolve)); window.microphone.stop(); }"
)
# What the page itself gives out, by its pitch.
REMEMBER_TONES = """
window.tones = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
  window.tones.push(this.frequency.value);
  start.apply(this, when);
};
"""
TALKING_MUTED_HZ = [440, 330]
BE_READY = """
() => {
  window.beReady();
  return new Promise((resolve) => setInterval(() => window.microphone.readyState === 'live' && resolve(true), 20));
}
"""


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


async def hold_space_bar(page: Page) -> None:
    pressed_at_ms = await page.evaluate("() => performance.now()")
    await page.keyboard.down(" ")
    await page.wait_for_function("(end) => performance.now() > end", arg=pressed_at_ms + HELD_MS)


async def take_microphone(speaker: Page, listener: Page, sent: list[str]) -> None:
    """By the system, as a telephone does, which pauses it or, on some, ends it: said at once, and back by one tap, on
    the space's page and in the dock. The space bar let go before the device is there opens nothing.
    """
    await speaker.evaluate(TAKE_MICROPHONE)
    notice = speaker.locator("[data-notice=microphone_interrupted]")
    await expect(notice).to_be_visible(timeout=SAID_WITHIN_MS)
    # As the server tells everybody.
    await expect(speaker.locator("[data-you=true]")).to_have_attribute("data-muted", "true")
    sent.clear()
    await speaker.evaluate(MAKE_IT_SLOW)
    await hold_space_bar(speaker)
    await speaker.keyboard.up(" ")
    await speaker.evaluate(BE_READY)
    assert not any("unmute" in one for one in sent)
    await speaker.keyboard.press("m")
    assert await chromium.hears(listener)

    await speaker.get_by_role("link", name="Voxhall").click()
    dock = speaker.get_by_test_id("dock")
    await expect(dock.get_by_test_id("mute")).to_be_visible()
    await speaker.evaluate(END_MICROPHONE)
    await expect(dock.locator("[data-notice=microphone_interrupted]")).to_be_visible(timeout=SAID_WITHIN_MS)
    await dock.get_by_test_id("try-microphone-again").click()
    assert await chromium.hears(listener)
    await dock.get_by_test_id("dock-open").click()
    await expect(speaker.get_by_test_id("mute")).to_be_visible()


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
        await speaker.add_init_script(REMEMBER_MICROPHONE + HEADSET + REMEMBER_TONES)
        sent: list[str] = []
        speaker.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
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
        # The first time every way to the microphone leads through its check.
        await speaker.get_by_test_id("unmute").focus()
        await hold_space_bar(speaker)
        await speaker.locator("[data-testid=microphone-level][data-heard=true]").wait_for()
        await speaker.keyboard.up(" ")
        assert await violations(speaker) == []
        # Whoever tries it out knows that nobody hears.
        await expect(speaker.locator("[data-notice=talks_while_muted]")).to_have_count(0)
        await speaker.get_by_test_id("go-on-air").click()
        assert await chromium.hears(listener)
        await speaker.evaluate("() => window.tones.splice(0)")
        assert await finding(listener) == "found.all_good"

        # Whoever talks into a muted microphone is told; the space bar held opens it, let go closes it.
        await speaker.keyboard.press("m")
        await expect(speaker.locator("[data-notice=talks_while_muted]")).to_be_visible()
        assert await speaker.evaluate("() => window.tones") == TALKING_MUTED_HZ
        assert await violations(speaker) == []
        assert await finding(listener) == "found.all_muted"
        await hold_space_bar(speaker)
        assert await chromium.hears(listener)
        silence = await chromium.begin_to_hear_silence(listener)
        await speaker.keyboard.up(" ")
        assert await silence() < SILENT_WITHIN_MS
        await speaker.keyboard.press("m")
        assert await chromium.hears(listener)

        await change_headset(speaker, listener)

        await speaker.evaluate("() => window.plugHeadset(true)")
        await take_microphone(speaker, listener, sent)

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
        # Who talks on is told, and offered nothing that would be refused.
        await expect(speaker.locator("[data-notice=talks_while_muted]")).to_have_text("You’re muted: nobody hears you.")
        await host.get_by_test_id("person-menu").click()
        await host.get_by_test_id("give-microphone").click()
        await expect(speaker.get_by_test_id("unmute")).to_be_visible()
        # Whatever else there is to say, what one can do stays in sight.
        await expect(speaker.get_by_test_id("notice")).to_have_count(3)
        await expect(speaker.get_by_test_id("unmute")).to_be_in_viewport(ratio=1)

        await chromium.choose_more(speaker, "step-down")
        await expect(speaker.get_by_test_id("request-to-speak")).to_be_visible()
        await expect(speaker.locator("[data-testid=status][data-line=listening][data-sound=playing]")).to_be_visible()
        await expect(host.get_by_test_id("stage-participant")).to_have_count(1)

        await speaker.get_by_test_id("leave").click()
        await expect(speaker.get_by_test_id("start-listening")).to_be_visible()
        await expect(speaker.get_by_test_id("sound")).to_have_count(0)
        await expect(listener.get_by_test_id("listener-count")).to_have_attribute("data-count", "1")


# Where they stand once they have walked on.
FACES = """
async () => {
  const stage = document.querySelector('[data-testid=stage]');
  await Promise.all(stage.getAnimations({ subtree: true }).map((one) => one.finished.catch(() => undefined)));
  return [...stage.querySelectorAll('[data-testid=stage-participant]')].map((one) => {
    const { x, y } = one.getBoundingClientRect();
    return `${one.dataset.participant} ${x} ${y}`;
  });
}
"""


async def test_no_face_moves_when_somebody_leaves_the_stage(server: RunningServer) -> None:
    """Not even on a phone, and when it was the one whose name takes two lines."""
    host, *others = (server.new_account("places") for _ in range(4))
    space = server.open_space(host)["id"]
    space_url = f"{server.url}/spaces/{space}"
    async with chromium.playwright() as running, chromium.person(running) as page, chromium.person(running) as leaving:
        await chromium.sign_up(leaving, server.url, "places_leaving", "Chloé van der Straeten-Montgomery")
        await page.set_viewport_size(PHONE)
        await page.emulate_media(reduced_motion="reduce")
        await chromium.listen(page, space_url)
        await chromium.listen(leaving, space_url)
        people = page.get_by_test_id("stage-participant")
        server.participant(space, others[0])
        await expect(people).to_have_count(1)
        await leaving.get_by_test_id("request-to-speak").click()
        await expect(people).to_have_count(2)
        # Beside and below.
        for one in others[1:]:
            server.participant(space, one)
        await expect(people).to_have_count(4)
        before = await page.evaluate(FACES)
        await chromium.choose_more(leaving, "step-down")
        await expect(people).to_have_count(3)
        assert await page.evaluate(FACES) == [before[0], *before[2:]]


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
