"""A page that is reloaded comes back to what it was; a tab that leaves takes its person along."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.journeys import chromium
from tests.journeys.firefox import firefox_page
from tests.journeys.tone import write_tone
from tests.running import RunningServer

# Run while the sound plays: whatever begins, stops or replaces it from then on is remembered. The page is asked and not
# what comes out of it: a busy machine tears holes into that, and no page is to blame.
WATCH_SOUND = """
() => {
  const sounds = () => [...document.querySelectorAll('audio[data-testid=sound]')];
  const [element, peers] = [sounds()[0], window.peers.length];
  const happened = [];
  for (const name of ['play', 'pause', 'waiting', 'stalled', 'emptied', 'ended']) {
    document.addEventListener(name, (event) => happened.push(name), true);
  }
  window.disturbances = () => {
    const track = element.srcObject?.getTracks()[0];
    if (sounds().length !== 1 || sounds()[0] !== element) happened.push('another element');
    if (track?.readyState !== 'live' || track.muted) happened.push('a dead track');
    if (window.peers.length !== peers) happened.push('another connection');
    if (element.paused) happened.push('paused');
    return happened;
  };
}
"""

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def test_a_reload_keeps_the_seat_with_the_microphone_off(server: RunningServer, tmp_path: Path) -> None:
    """Whoever listens is counted once before and after; whoever speaks stands on the same place of the stage."""
    tone = write_tone(tmp_path / "tone.wav")
    async with (
        chromium.playwright() as running,
        chromium.person(running, microphone=tone) as host,
        chromium.person(running, microphone=tone) as speaker,
        chromium.person(running) as listener,
    ):
        await chromium.sign_up(host, server.url, "reload_host", "Hedwig")
        await chromium.sign_up(speaker, server.url, "reload_speaker", "Samuel")
        space_url = await chromium.start_space(host, server.url, "Coming back")
        await chromium.turn_microphone_on(host)
        await chromium.listen(listener, space_url)
        await chromium.listen(speaker, space_url)
        await speaker.get_by_test_id("request-to-speak").click()
        await host.get_by_test_id("accept-request").click()
        await chromium.turn_microphone_on(speaker)
        seat = host.get_by_test_id("stage-participant").filter(has_text="Samuel")
        await expect(seat).to_have_attribute("data-muted", "false")
        place = await seat.get_attribute("data-participant")
        # A page that goes in the middle of its handshake says no goodbye, and is waited for.
        is_heard = speaker.locator("[data-testid=status][data-line=speaking][data-sound=playing]")
        await expect(is_heard).to_be_visible()

        await speaker.reload()
        await expect(seat).to_have_attribute("data-connected", "false")
        await speaker.get_by_test_id("start-listening").click()
        await expect(is_heard).to_be_visible()
        await expect(seat).to_have_attribute("data-connected", "true")
        await expect(seat).to_have_attribute("data-participant", str(place))
        await expect(seat).to_have_attribute("data-muted", "true")
        await expect(speaker.get_by_test_id("unmute")).to_be_visible()

        await listener.reload()
        await expect(host.get_by_test_id("listener-count")).to_have_attribute("data-count", "0")
        await listener.get_by_test_id("start-listening").click()
        assert await chromium.hears(listener)
        await expect(host.get_by_test_id("listener-count")).to_have_attribute("data-count", "1")


async def test_two_tabs_have_one_sound_and_one_place_and_leave_together(server: RunningServer, tmp_path: Path) -> None:
    async with (
        chromium.playwright() as running,
        chromium.person(running, microphone=write_tone(tmp_path / "tone.wav")) as host,
        chromium.person(running) as tab,
    ):
        await chromium.sign_up(host, server.url, "tabs_host", "Hedwig")
        space_url = await chromium.start_space(host, server.url, "Two tabs")
        await chromium.turn_microphone_on(host)
        count = host.get_by_test_id("listener-count")
        await chromium.listen(tab, space_url)
        other_tab = await tab.context.new_page()
        await other_tab.goto(space_url)
        await expect(other_tab.get_by_test_id("elsewhere")).to_be_visible()
        await chromium.listen(other_tab, space_url)
        # One sound at a time: it went along to the other tab, and comes back by a tap.
        await expect(tab.get_by_test_id("status")).to_have_attribute("data-sound", "elsewhere")
        await expect(tab.get_by_test_id("sound")).to_have_count(0)
        await tab.get_by_test_id("listen-here").click()
        assert await chromium.hears(tab)
        await expect(other_tab.get_by_test_id("sound")).to_have_count(0)
        await expect(other_tab.get_by_test_id("listener-count")).to_have_attribute("data-count", "1")
        await expect(count).to_have_attribute("data-count", "1")

        # A microphone is heard from the tab in which it is turned on.
        hosts_other_tab = await host.context.new_page()
        await chromium.listen(hosts_other_tab, space_url)
        await expect(host.get_by_test_id("status")).to_have_attribute("data-sound", "elsewhere")
        await host.get_by_test_id("unmute").click()
        assert await chromium.hears(tab)
        await expect(hosts_other_tab.get_by_test_id("status")).to_have_attribute("data-sound", "elsewhere")

        await other_tab.get_by_test_id("leave").click()
        await expect(tab.get_by_test_id("left-elsewhere")).to_be_visible()
        await expect(tab.get_by_test_id("sound")).to_have_count(0)
        await expect(count).to_have_attribute("data-count", "0")


async def test_a_guest_who_looks_around_misses_nothing_and_signed_up_may_ask_to_speak(
    server: RunningServer, tmp_path: Path
) -> None:
    """The sound goes on in the dock without a gap, and the page they come back to knows them."""
    async with (
        chromium.playwright() as running,
        chromium.person(running, microphone=write_tone(tmp_path / "tone.wav")) as host,
        chromium.person(running) as guest,
    ):
        await guest.add_init_script(chromium.REMEMBER_PEERS)
        await chromium.sign_up(host, server.url, "door_host", "Hedwig")
        space_url = await chromium.start_space(host, server.url, "Through the door")
        await chromium.turn_microphone_on(host)
        await chromium.listen(guest, space_url)
        assert await chromium.hears(guest)
        await guest.evaluate(WATCH_SOUND)
        await guest.get_by_role("link", name="Voxhall").click()
        await guest.get_by_test_id("dock-open").click()
        await guest.get_by_test_id("sign-in-to-speak").click()
        await expect(guest.get_by_test_id("dock")).to_contain_text("Hedwig")
        await guest.get_by_role("link", name="Make an account").click()
        await guest.get_by_test_id("sign-up-form").wait_for()
        assert await guest.evaluate("() => window.disturbances()") == []
        assert await chromium.hears(guest)
        await chromium.fill_in_sign_up(guest, "door_guest", "Greta")

        await guest.get_by_test_id("request-to-speak").click()
        await expect(host.get_by_test_id("request")).to_contain_text("Greta")
        await expect(host.get_by_test_id("listener-count")).to_have_attribute("data-count", "1")

        await guest.get_by_role("link", name="Voxhall").click()
        await expect(guest.get_by_test_id("dock")).to_be_visible()
        # From the dock, too, a host is asked what becomes of the others.
        await host.get_by_role("link", name="Voxhall").click()
        await host.get_by_test_id("dock").get_by_test_id("leave").click()
        await host.get_by_test_id("confirm").click()
        await expect(guest.get_by_test_id("dock")).to_contain_text("This space has ended")
        await expect(guest.get_by_test_id("sound")).to_have_count(0)


async def test_in_firefox_too_the_sound_goes_on_in_the_dock_and_two_tabs_have_one(
    server: RunningServer, tmp_path: Path
) -> None:
    async with (
        chromium.playwright() as running,
        chromium.person(running, microphone=write_tone(tmp_path / "tone.wav")) as host,
        firefox_page(tmp_path) as tab,
    ):
        await chromium.sign_up(host, server.url, "dock_host", "Hedwig")
        await tab.sign_up(server.url, "dock_fox", "Renard")
        space_url = await chromium.start_space(host, server.url, "In the dock")
        await chromium.turn_microphone_on(host)
        await tab.goto(space_url)
        await tab.click("start-listening")
        assert await tab.hears()
        await tab.evaluate("""() => document.querySelector('header a[href="/"]').click()""")
        await tab.wait_for("[data-testid=dock]")
        assert await tab.evaluate("() => location.pathname") == "/"
        assert await tab.hears()
        await tab.click("dock-open")
        await tab.wait_for("[data-testid=stage-participant]")
        assert await tab.hears()

        other = await tab.another_tab()
        await other.goto(space_url)
        await other.click("start-listening")
        assert await other.hears()
        await tab.wait_for("[data-testid=status][data-sound=elsewhere]")
        await other.wait_for("[data-testid=listener-count][data-count='1']")
