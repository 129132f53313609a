"""Eight in the evening in Berlin, every week: opened on a page, shown to somebody in New York in their own time."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests.journeys import axe, chromium
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


async def test_a_series_is_opened_moved_and_partly_called_off_on_its_pages(server: RunningServer) -> None:
    tomorrow = (datetime.now(BERLIN) + timedelta(days=1)).replace(hour=20, minute=0, second=0, microsecond=0)
    async with (
        chromium.playwright() as running,
        chromium.person(running, time_zone=BERLIN.key) as host,
        chromium.person(running, time_zone=NEW_YORK.key) as visitor,
    ):
        await chromium.sign_up(host, server.url, "weekly_hana", "Hana")
        await chromium.sign_up(visitor, server.url, "weekly_noah", "Noah")
        await host.goto(f"{server.url}/spaces/new")
        await host.get_by_test_id("space-title").fill("Radio")
        await host.get_by_test_id("more-choices").click()
        await host.get_by_test_id("space-delay").select_option("low")
        await host.get_by_test_id("when-later").check()
        await host.get_by_test_id("scheduled-start").fill(f"{tomorrow:%Y-%m-%dT%H:%M}")
        await host.get_by_test_id("repeats").select_option("custom")
        await host.get_by_test_id("repeats-interval").fill("1")
        await host.get_by_test_id("repeats-end-after").check()
        await host.get_by_test_id("repeats-count").fill("4")
        assert await axe.violations(host) == []
        await host.get_by_test_id("schedule-space").click()
        await host.wait_for_url("**/spaces/sp_*")
        await expect(host.get_by_test_id("series-rule")).to_contain_text("4 times")
        assert server.space(host.url.rpartition("/")[2])["delay"] == "low"

        # Whoever comes from elsewhere reads their own clock, and the host's beside it.
        await visitor.goto(host.url)
        elsewhere = tomorrow.astimezone(NEW_YORK)
        await expect(visitor.locator("main")).to_contain_text(f"{elsewhere:%-I:%M}")
        await expect(visitor.get_by_test_id("series-rule")).to_contain_text("Berlin")
        await visitor.get_by_test_id("remind-series").click()
        await expect(visitor.get_by_test_id("remind-series")).to_have_attribute("aria-pressed", "true")
        await expect(visitor.get_by_test_id("remind")).to_be_disabled()
        assert await axe.violations(visitor) == []

        # From the second on an hour later; the first stays.
        await host.get_by_test_id("series-next").get_by_role("link").first.click()
        await host.get_by_test_id("edit-space").click()
        await host.get_by_test_id("scope-following").check()
        second = tomorrow + timedelta(days=7)
        await host.get_by_test_id("edit-start").fill(f"{second:%Y-%m-%d}T21:00")
        await host.get_by_test_id("save-space").click()
        await expect(host.get_by_test_id("series-rule")).to_contain_text("3 times")
        await expect(host.get_by_test_id("series-next").get_by_role("link")).to_have_count(2)
        # One of them is called off, alone.
        await host.get_by_test_id("series-next").get_by_role("link").first.click()
        await expect(host.get_by_test_id("series-next").get_by_role("link").first).to_contain_text(str(second.day))
        await host.get_by_test_id("edit-space").click()
        assert await axe.violations(host) == []
        await host.get_by_test_id("call-off").click()
        await host.get_by_test_id("cancel-space").click()
        await expect(host.get_by_test_id("canceled")).to_be_visible()

        listed = await asyncio.to_thread(server.http.get, "/api/v1/spaces?host=weekly_hana&state=scheduled")
        starts = sorted(datetime.fromisoformat(one["scheduled_start"]) for one in listed.json()["items"])
        expected = [tomorrow, second.replace(hour=21), (second + timedelta(days=14)).replace(hour=21)]
        assert [start.astimezone(BERLIN).replace(tzinfo=None) for start in starts] == [
            at.replace(tzinfo=None) for at in expected
        ]
        # In the list of what is to come the series stands once, in each visitor's own time.
        await visitor.goto(f"{server.url}/@weekly_hana")
        await expect(visitor.get_by_test_id("upcoming-space")).to_have_count(2)
