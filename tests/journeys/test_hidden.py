"""Listening without being in the list: chosen before coming in, remembered on the device, changed while inside."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations, violations_at
from tests.journeys.chromium import choose_more, sign_in
from tests.running import RunningServer, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def test_a_listener_hides_and_the_host_counts_them_all_the_same(server: RunningServer) -> None:
    ana, ben = server.new_account("hides_host"), server.new_account("hides")
    space = server.open_space(ana, who_may_speak="invited")

    def listed() -> tuple[list[str], int]:
        answer: dict[str, Any] = server.http.get(
            f"/api/v1/spaces/{space['id']}/participants", headers=ana.headers
        ).json()
        return [one["handle"] for one in answer["items"] if one["role"] == "listener"], answer["hidden_count"]

    async with chromium.playwright() as running, chromium.person(running) as host, chromium.person(running) as listener:
        await sign_in(listener, server, ben, "/settings")
        await listener.get_by_test_id("listen-hidden").check()
        assert await violations_at(listener, PHONE, DESK) == []
        await listener.goto(f"{server.url}/spaces/{space['id']}")
        await listener.get_by_test_id("start-listening").click()
        await eventually(lambda: listed() == ([], 1), 20)

        await host.set_viewport_size(DESK)
        await sign_in(host, server, ana, f"/spaces/{space['id']}")
        await host.get_by_test_id("start-listening").click()
        people = host.get_by_role("tab", name="People")
        await people.click()
        await expect(host.get_by_test_id("hidden-count")).to_have_text("1 of them in no list")
        await expect(host.get_by_test_id("listener")).to_have_count(0)
        assert await violations_at(host, DESK) == []
        # As a tablet that is turned: the panel is another, what it showed is not.
        await host.set_viewport_size(PHONE)
        await host.get_by_role("button", name="Requests and people").click()
        await expect(host.get_by_test_id("hidden-count")).to_be_visible()
        await host.set_viewport_size(DESK)
        await expect(people).to_have_attribute("aria-selected", "true")

        # On this device it is remembered, and can be thought better of from inside.
        await choose_more(listener, "hide-me")
        await expect(listener.get_by_test_id("status")).to_have_text("You are in the list again.")
        assert listed() == ([ben.handle], 0)
        await choose_more(listener, "hide-me")
        await expect(listener.get_by_test_id("status")).to_have_text("You are in no list now.")
        assert listed() == ([], 1)
        await listener.get_by_test_id("more").click()
        assert await violations_at(listener, PHONE, DESK) == []

        # The host takes out somebody of whom they know nothing but that they are there.
        await host.reload()
        await host.get_by_test_id("start-listening").click()
        await people.click()
        await expect(host.get_by_test_id("hidden-listener")).to_have_text(re.compile("A hidden listener"))
        await host.get_by_test_id("remove-hidden").click()
        # At the width it has: another lays the panel out anew, without the question.
        assert await violations(host) == []
        await host.get_by_test_id("confirm").click()
        await expect(host.get_by_test_id("hidden-listener")).to_have_count(0)
        assert listed() == ([], 0)
        await expect(listener.get_by_test_id("removed")).to_be_visible()
