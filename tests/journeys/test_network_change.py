"""Another network in the middle of a sentence: another address, and then one that lets no UDP through."""

from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.journeys import chromium
from tests.journeys.chromium import REMEMBER_PEERS
from tests.journeys.firefox import MICROPHONE, firefox_page
from tests.journeys.relay import UdpRelay, udp_relay
from tests.journeys.test_trouble import TRANSPORT_IN_USE, peer_count, silent, within, within_s
from tests.journeys.tone import write_hum
from tests.running import RunningServer, eventually

# Packets of 20 ms.
A_SENTENCE = 100

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def test_another_network_costs_a_few_seconds_and_neither_seat_nor_role(
    server: RunningServer, tmp_path: Path
) -> None:
    """The speaker and a listener move to another address: nothing is opened anew. Then UDP stops for both, and they
    come back over TCP by themselves, to the same seat and the open microphone.
    """
    async with (
        chromium.playwright() as running,
        udp_relay(server) as relay,
        chromium.person(running) as host,
        chromium.person(running, microphone=write_hum(tmp_path / "hum.wav")) as speaker,
        chromium.person(running) as listener,
    ):
        for page in (speaker, listener):
            await page.add_init_script(REMEMBER_PEERS + relay.script)
        await chromium.sign_up(host, server.url, "moving_host", "Hedwig")
        await chromium.sign_up(speaker, server.url, "moving_speaker", "Samuel")
        space_url = await chromium.start_space(host, server.url, "On the train")
        await chromium.listen(listener, space_url)
        await chromium.listen(speaker, space_url)
        await speaker.get_by_test_id("request-to-speak").click()
        await host.get_by_test_id("accept-request").click()
        await chromium.turn_microphone_on(speaker)
        assert await chromium.hears(listener)
        assert await chromium.hears(host)
        seat = host.get_by_test_id("stage-participant").filter(has_text="Samuel")
        place = str(await seat.get_attribute("data-participant"))
        for page in (speaker, listener):
            await eventually(partial(is_on, page, "udp"))
        peers = [await peer_count(speaker), await peer_count(listener)]

        relay.move()
        await within(within_s(), sound_returns(relay))
        assert await chromium.hears(listener)
        assert await chromium.hears(host)
        assert [await peer_count(speaker), await peer_count(listener)] == peers

        relay.cut()
        await silent(listener)
        await within(within_s(), chromium.hears(listener), chromium.hears(host))
        # The node may be there before the browser, which sends on the old way for a second.
        for page in (speaker, listener):
            await eventually(partial(is_on, page, "tcp"))
        await expect(seat).to_have_count(1)
        await expect(seat).to_have_attribute("data-participant", place)
        await expect(seat).to_have_attribute("data-muted", "false")
        await expect(speaker.get_by_test_id("mute")).to_be_visible()
        await expect(host.get_by_test_id("listener-count")).to_have_attribute("data-count", "1")


async def test_a_speaker_whose_packets_get_out_no_more_is_soon_heard_another_way(
    server: RunningServer, tmp_path: Path
) -> None:
    """What comes from the server goes on coming, so that the page learns of it from the server alone."""
    async with (
        chromium.playwright() as running,
        udp_relay(server) as relay,
        chromium.person(running) as host,
        chromium.person(running, microphone=write_hum(tmp_path / "hum.wav")) as speaker,
    ):
        await speaker.add_init_script(REMEMBER_PEERS + relay.script)
        await chromium.sign_up(host, server.url, "one_way_host", "Hedwig")
        await chromium.sign_up(speaker, server.url, "one_way_speaker", "Samuel")
        space_url = await chromium.start_space(host, server.url, "One way")
        await chromium.listen(speaker, space_url)
        await speaker.get_by_test_id("request-to-speak").click()
        await host.get_by_test_id("accept-request").click()
        await chromium.turn_microphone_on(speaker)
        assert await chromium.hears(host)
        await eventually(partial(is_on, speaker, "udp"))
        await eventually(lambda: max(relay.sent.values(), default=0) >= A_SENTENCE)
        relay.deafen()
        await silent(host)
        await within(within_s(), chromium.hears(host))
        await eventually(partial(is_on, speaker, "tcp"))
        await expect(speaker.get_by_test_id("mute")).to_be_visible()


async def test_firefox_comes_back_over_tcp_as_listener_and_as_speaker(server: RunningServer, tmp_path: Path) -> None:
    """It checks its path so seldom, and says so late, that the page has to notice by itself that nothing comes."""
    async with (
        chromium.playwright() as running,
        udp_relay(server) as relay,
        chromium.person(running, microphone=write_hum(tmp_path / "hum.wav")) as host,
        firefox_page(tmp_path, MICROPHONE) as firefox,
    ):
        await firefox.add_init_script(REMEMBER_PEERS + relay.script)
        await chromium.sign_up(host, server.url, "fox_host", "Hedwig")
        await firefox.sign_up(server.url, "fox", "Renard")
        space_url = await chromium.start_space(host, server.url, "On the train, with a fox")
        await chromium.turn_microphone_on(host)
        await firefox.goto(space_url)
        await firefox.click("start-listening")
        await firefox.hears()
        assert await firefox.evaluate(TRANSPORT_IN_USE) == "udp"
        # It checks its path every four to six seconds: its page is the first to notice.
        relay.move()
        await within(within_s() + 2, sound_returns(relay))
        await firefox.hears()
        relay.cut()
        await firefox.hears("silence")
        await within(within_s(), firefox.hears())
        assert await firefox.evaluate(TRANSPORT_IN_USE) == "tcp"
        await expect(host.get_by_test_id("listener-count")).to_have_attribute("data-count", "1")

        relay.mend()
        await firefox.click("request-to-speak")
        await host.get_by_test_id("accept-request").click()
        await firefox.click("unmute")
        await firefox.wait_for("[data-testid=go-on-air]:not([aria-disabled])")
        await firefox.click("go-on-air")
        await firefox.wait_for("[data-testid=mute]")
        assert await chromium.hears(host)
        seat = host.get_by_test_id("stage-participant").filter(has_text="Renard")
        place = str(await seat.get_attribute("data-participant"))
        assert await firefox.evaluate(TRANSPORT_IN_USE) == "udp"
        relay.cut()
        await silent(host)
        await within(within_s(), chromium.hears(host))
        assert await firefox.evaluate(TRANSPORT_IN_USE) == "tcp"
        await expect(seat).to_have_count(1)
        await expect(seat).to_have_attribute("data-participant", place)
        await expect(seat).to_have_attribute("data-muted", "false")
        await firefox.wait_for("[data-testid=mute]")


async def sound_returns(relay: UdpRelay) -> None:
    """Half a second of it, to where somebody is now: what a browser still plays may have come before."""
    await eventually(lambda: max(relay.returned.values(), default=0) >= 25, within_s=60)


async def transport(page: Page) -> str:
    """By which the sound comes and goes at this moment."""
    found: str = await page.evaluate(TRANSPORT_IN_USE)
    return found


async def is_on(page: Page, protocol: str) -> bool:
    return await transport(page) == protocol
