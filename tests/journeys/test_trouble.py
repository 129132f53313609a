"""What goes wrong on the way, and comes back by itself: a lost network, and a media node that is killed."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.journeys import chromium
from tests.journeys.cuttable import cuttable_network
from tests.journeys.firefox import firefox_page
from tests.journeys.tone import write_tone
from tests.recordings.deaths import speaking
from tests.recordings.rising_tone import HEARS_LATER, hears_later
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

OUTAGE_S = 10
# From the moment the network is back, or the node was killed, to the first audible sample at everybody's ear.
BACK_WITHIN_S = 5.0


def within_s() -> float:
    """The promise holds for a machine of its own; one that is busy for others is as much slower, and no failure."""
    return BACK_WITHIN_S * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1) / 2)


# Chromium names the path in the transport's report, Firefox in its own.
TRANSPORT_IN_USE = """
async () => {
  const reports = await window.peers.at(-1).getStats();
  const all = [...reports.values()];
  const named = all.find((one) => one.type === 'transport')?.selectedCandidatePairId;
  const path = reports.get(named) ?? all.find((one) => one.type === 'candidate-pair' && one.selected);
  return reports.get(path.localCandidateId).protocol;
}
"""


async def within(limit_s: float, *awaited: Awaitable[object]) -> float:
    """How long all of them took together; asserted against the promise."""
    begun = time.monotonic()
    await asyncio.gather(*awaited)
    took_s = time.monotonic() - begun
    assert took_s < limit_s, f"{took_s:.1f} s"
    return took_s


async def silent(page: Page) -> None:
    await (await chromium.begin_to_hear_silence(page))()


async def peer_count(page: Page) -> int:
    found: int = await page.evaluate("() => window.peers.length")
    return found


async def joins_anew(page: Page, peers_before: int) -> None:
    await page.wait_for_function("(before) => window.peers.length > before", arg=peers_before)


async def test_a_lost_network_and_a_killed_media_node_cost_a_few_seconds_of_sound(
    server: RunningServer, tmp_path: Path
) -> None:
    """Nobody reloads. The speaker and a listener lose their network, which lets no UDP through, and come back by
    themselves: to the same seat, the same role and the open microphone.
    """
    tone = write_tone(tmp_path / "tone.wav")
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(cuttable_network())
        running = await stack.enter_async_context(chromium.playwright())
        host = await stack.enter_async_context(chromium.person(running))
        speaker = await stack.enter_async_context(
            chromium.person(running, microphone=tone, more_flags=network.chromium_flags)
        )
        listener = await stack.enter_async_context(chromium.person(running, more_flags=network.chromium_flags))
        firefox = await stack.enter_async_context(firefox_page(tmp_path))

        for page in (host, speaker, listener):
            await page.add_init_script(chromium.REMEMBER_PEERS)
        await chromium.sign_up(host, server.url, "trouble_host", "Hedwig")
        await chromium.sign_up(speaker, server.url, "trouble_speaker", "Samuel")
        space_url = await chromium.start_space(host, server.url, "Bad weather")
        await chromium.listen(listener, space_url)
        await firefox.goto(space_url)
        await firefox.click("start-listening")
        await chromium.listen(speaker, space_url)
        await speaker.get_by_test_id("request-to-speak").click()
        await host.get_by_test_id("accept-request").click()
        await chromium.turn_microphone_on(speaker)
        everybody = (chromium.hears(listener), chromium.hears(host), firefox.hears())
        await asyncio.gather(*everybody)
        assert await speaker.evaluate(TRANSPORT_IN_USE) == "tcp"
        seat = host.get_by_test_id("stage-participant").filter(has_text="Samuel")
        place = await seat.get_attribute("data-participant")

        network.cut()
        mended = asyncio.get_running_loop().call_later(OUTAGE_S, network.mend)
        # The others see it on the face long before the seat is given up.
        await asyncio.gather(silent(listener), expect(seat).to_have_attribute("data-connected", "false"))
        await expect(speaker.get_by_test_id("status")).to_have_attribute("data-sound", "reconnecting")
        await asyncio.sleep(mended.when() - asyncio.get_running_loop().time())
        await within(within_s(), chromium.hears(listener), chromium.hears(host), firefox.hears())
        await expect(seat).to_have_attribute("data-connected", "true")

        # The next one goes on with those who listen; those on the stage join it anew, as soon as it says that it is
        # there. The silence is too short to wait for.
        assert await listener.evaluate(TRANSPORT_IN_USE) == "tcp"
        peers = {page: await peer_count(page) for page in (host, speaker)}
        os.kill(server.pid_of("media"), signal.SIGKILL)
        begun = time.monotonic()
        await within(within_s() * 0.6, *(joins_anew(page, before) for page, before in peers.items()))
        await expect(listener.get_by_test_id("status")).to_have_attribute("data-sound", "playing")
        await within(
            within_s() - (time.monotonic() - begun),
            chromium.hears(listener),
            chromium.hears(host),
            firefox.hears(),
        )

        await expect(seat).to_have_count(1)
        await expect(seat).to_have_attribute("data-participant", str(place))
        await expect(seat).to_have_attribute("data-muted", "false")
        await expect(speaker.get_by_test_id("mute")).to_be_visible()
        await expect(listener.get_by_test_id("listener-count")).to_have_attribute("data-count", "2")


async def test_who_mutes_while_the_server_is_away_is_muted_for_everybody_when_it_is_back(
    server: RunningServer, tmp_path: Path
) -> None:
    async with (
        chromium.playwright() as running,
        chromium.person(running, microphone=write_tone(tmp_path / "tone.wav")) as host,
        chromium.person(running) as listener,
    ):
        await chromium.sign_up(host, server.url, "away_host", "Hedwig")
        space_url = await chromium.start_space(host, server.url, "Nobody at the desk")
        await chromium.turn_microphone_on(host)
        await chromium.listen(listener, space_url)
        seat = listener.get_by_test_id("stage-participant")
        await expect(seat).to_have_attribute("data-muted", "false")

        server.kill("control")
        await host.locator("[data-testid=status][data-connection=reconnecting]").wait_for()
        await host.keyboard.press("m")
        await silent(listener)
        await expect(host.get_by_test_id("unmute")).to_be_visible()
        await expect(host.locator("[data-notice=refusal]")).to_have_count(0)
        await expect(seat).to_have_attribute("data-muted", "true")


# Whether anything but sound was ever shown since this was run.
WATCH_STATUS = """
() => {
  const status = document.querySelector('[data-testid=status]');
  window.shown = [status.dataset.sound];
  new MutationObserver(() => window.shown.push(status.dataset.sound)).observe(status, { attributes: true });
}
"""
SHOWN = "() => JSON.stringify([...new Set(window.shown)])"
CONNECTIONS = "() => JSON.stringify(window.peers.map((one) => one.connectionState))"


async def test_who_listens_keeps_their_connection_when_the_media_node_is_killed(
    server: RunningServer, tmp_path: Path
) -> None:
    """In both browsers: not one connection is made anew, and the page has nothing to say about the sound."""
    host = server.new_account("carried")
    space = server.open_space(host)["id"]
    api = f"{server.url}/api/v1/spaces/{space}"
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(chromium.playwright())
        page = await stack.enter_async_context(chromium.person(running))
        firefox = await stack.enter_async_context(firefox_page(tmp_path))
        voice = stack.enter_context(speaking(api, host.token))
        await page.add_init_script(chromium.REMEMBER_PEERS)
        await firefox.add_init_script(chromium.REMEMBER_PEERS)
        await chromium.listen(page, f"{server.url}/spaces/{space}")
        await firefox.goto(f"{server.url}/spaces/{space}")
        await firefox.click("start-listening")
        server.verb(space, server.participant(space, host), "unmute", host)
        browsers = (page, firefox)
        await asyncio.gather(chromium.hears(page), firefox.hears())
        for one in browsers:
            await one.evaluate(WATCH_STATUS)

        server.kill("media")
        later = hears_later(voice.said_s)
        await asyncio.gather(page.evaluate(HEARS_LATER, later), firefox.evaluate(f"() => ({HEARS_LATER})({later})"))
        for one in browsers:
            assert await one.evaluate(CONNECTIONS) == '["connected"]'
            assert await one.evaluate(SHOWN) == '["playing"]'
