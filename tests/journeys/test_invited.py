"""Whom a host invites, changed on the page of a planned space after it was made."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations_at
from tests.journeys.chromium import sign_in
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def test_a_host_changes_who_may_listen_and_who_steps_up(server: RunningServer) -> None:
    ana, ben, cleo = [server.new_account(name) for name in ("invites", "listens", "speaks")]
    start = datetime.now(UTC) + timedelta(days=1)
    body = {"title": "Among ourselves", "scheduled_start": start.isoformat(), "who_may_listen": "invited"}
    space: dict[str, Any] = server.http.post("/api/v1/spaces", json=body, headers=ana.headers).json()
    path = f"/api/v1/spaces/{space['id']}"

    def may_come_in(who: Any) -> bool:
        return server.http.get(path, headers=who.headers).status_code == 200

    def on_stage() -> dict[str, str]:
        found = server.http.get(f"{path}/stage-invitations", headers=ana.headers).json()["items"]
        return {one["handle"]: one["role"] for one in found}

    async with chromium.playwright() as running, chromium.person(running) as host:
        await sign_in(host, server, ana, f"/spaces/{space['id']}")
        await host.get_by_test_id("edit-people").click()
        listening, stage = host.get_by_test_id("to-listen"), host.get_by_test_id("to-stage")
        await expect(listening).to_contain_text("Nobody yet.")
        assert not may_come_in(ben)
        await host.get_by_test_id("to-listen-handles").fill(f"@{ben.handle}, nobody_at_all")
        await host.get_by_test_id("to-listen-add").click()
        # The first is in the list, and of the other it is said.
        await expect(listening.locator("li")).to_have_count(1)
        await expect(listening.locator(".mistake")).to_be_visible()
        assert may_come_in(ben)
        await host.get_by_label("Co-host").check()
        await host.get_by_test_id("to-stage-handles").fill(cleo.handle)
        await host.get_by_test_id("to-stage-add").click()
        await expect(stage.locator("li")).to_contain_text("Co-host")
        assert on_stage() == {cleo.handle: "cohost"}
        assert await violations_at(host, PHONE, DESK) == []

        await listening.get_by_role("button", name="Take off").press("Enter")
        await expect(listening).to_contain_text("Nobody yet.")
        assert not may_come_in(ben)
        await stage.get_by_role("button", name="Take off").click()
        await expect(stage).to_contain_text("Nobody yet.")
        assert (on_stage(), may_come_in(cleo)) == ({}, False)
        await host.get_by_test_id("invited-done").click()
        await expect(host.get_by_test_id("expected")).to_have_count(0)
