"""Somebody without an account finds a live space, hears it, tips in two taps, makes an account, and follows."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.journeys import chromium
from tests.journeys.tone import write_tone
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


async def test_a_visitor_hears_tips_registers_and_follows(server: RunningServer, tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "tone.wav")
    async with (
        chromium.playwright() as running,
        chromium.person(running, microphone=tone) as host,
        chromium.person(running) as visitor,
    ):
        await chromium.sign_up(host, server.url, "ana_radio", "Ana Radio")
        await host.goto(f"{server.url}/settings")
        jar = host.get_by_test_id("tip-jar")
        for service, name in (("paypal", "AnaRadio"), ("bandcamp", "ana-radio")):
            await jar.get_by_test_id(f"add-{service}").click()
            await jar.locator(f"input[data-service={service}]").fill(name)
        # By the keyboard: Bandcamp goes to the front.
        await jar.get_by_role("button", name="Move Bandcamp up").press("Enter")
        await jar.get_by_test_id("save-tips").click()
        await expect(jar.get_by_role("status")).to_have_text("Saved.")
        space_url = await chromium.start_space(host, server.url, "Tips welcome")
        await chromium.turn_microphone_on(host)

        # The visitor's first page, with no account: one tap on the card is the sound.
        await visitor.goto(server.url)
        space_id = space_url.rpartition("/")[2]
        await visitor.locator(f"[data-testid=live-space][data-space={space_id}]").click()
        await visitor.locator("[data-testid=status][data-sound=playing]").wait_for()
        assert await chromium.hears(visitor)

        # Two taps: the person, then the service, whose whole address stands there before anybody leaves. The second is
        # not made: a test does not call on strangers.
        await visitor.get_by_test_id("tip-face").click()
        links = visitor.get_by_test_id("tip-service")
        await expect(links).to_have_count(2)
        addresses = ["https://ana-radio.bandcamp.com", "https://paypal.me/AnaRadio"]
        for link, address in zip(await links.all(), addresses, strict=True):
            await expect(link).to_contain_text(address)
            assert await link.get_attribute("href") == address
            assert await link.get_attribute("target") == "_blank"
            assert set((await link.get_attribute("rel") or "").split()) >= {"noopener", "noreferrer"}
        await expect(visitor.get_by_role("dialog")).to_contain_text(
            "PayPal may show your name and address to Ana Radio."
        )
        # The sound has not stopped for it.
        assert await chromium.hears(visitor)
        await visitor.get_by_role("button", name="Close").click()

        # To follow one needs an account; afterwards one stands before the same person again.
        await visitor.goto(f"{server.url}/@ana_radio")
        await visitor.get_by_test_id("follow").click()
        await visitor.wait_for_url("**/sign-up?next=*")
        await chromium.fill_in_sign_up(visitor, "vera", "Vera")
        await visitor.wait_for_url("**/@ana_radio")
        follow = visitor.get_by_test_id("follow")
        await follow.click()
        await expect(follow).to_have_attribute("aria-pressed", "true")
        await visitor.goto(server.url)
        await expect(visitor.get_by_role("heading", name="With people you follow")).to_be_visible()
        await visitor.get_by_role("button", name="Why am I seeing this?").first.press("Enter")
        await expect(visitor.get_by_test_id("reasons").first).to_contain_text("You follow Ana Radio")
        found = server.http.get("/api/v1/users/ana_radio").json()
        assert (found["follower_count"], found["on_air"]) == (1, space_id)

        # And found again by the beginnings of words, while one types.
        await visitor.goto(f"{server.url}/search")
        await visitor.get_by_test_id("search").fill("tips wel")
        await expect(visitor.locator(f"[data-space={space_id}]")).to_be_visible()
        await visitor.get_by_test_id("search").fill("ana")
        # Other journeys on this server have an Ana too.
        await expect(visitor.get_by_test_id("found-person").filter(has_text="Ana Radio")).to_be_visible()
