"""People as others meet them: muted, reported, blocked from their page; listed and invited by the host of a space."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.async_api import Page, expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations_at
from tests.journeys.chromium import sign_in
from tests.journeys.test_administration import administrator
from tests.running import Account, RunningServer, eventually
from voxhall.media import _core

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# The list is fetched again when it is ten seconds old.
AGAIN_MS = 20_000


async def choose(page: Page, what: str) -> None:
    """By keyboard alone."""
    await page.get_by_test_id("person-more").press("Enter")
    await page.get_by_test_id(what).press("Enter")


async def test_somebody_is_muted_reported_and_blocked_from_their_page(server: RunningServer) -> None:
    loud, ana, boss = server.new_account("loud"), server.new_account("quiet"), administrator(server)
    space, own = server.open_space(loud), server.open_space(ana)

    def is_suggested() -> bool:
        home = server.http.get("/api/v1/home", headers=ana.headers)
        assert home.status_code == 200
        return space["id"] in home.text

    assert is_suggested()
    async with chromium.playwright() as running, chromium.person(running) as page, chromium.person(running) as desk:
        await sign_in(page, server, ana, f"/@{loud.handle}")
        assert await violations_at(page, PHONE, DESK) == []
        await choose(page, "mute-person")
        await eventually(lambda: not is_suggested())

        await choose(page, "report")
        await page.get_by_test_id("report-reason").select_option("abuse")
        await page.get_by_test_id("report-note").fill("Shouts at newcomers.")
        await page.get_by_test_id("report-send").click()
        await expect(page.get_by_role("dialog")).to_contain_text("Thank you")
        await page.keyboard.press("Escape")
        await sign_in(desk, server, boss, "/admin")
        told = desk.get_by_test_id("reports")
        await expect(told).to_contain_text("Shouts at newcomers.")
        await expect(told).to_contain_text(ana.handle)

        await choose(page, "block")
        await page.get_by_test_id("confirm").click()
        await expect(page.get_by_test_id("unblock")).to_be_visible()
        await expect(page.get_by_test_id("person-more")).to_have_count(0)
        assert server.http.get(f"/api/v1/spaces/{own['id']}", headers=loud.headers).status_code == 404
        await page.get_by_test_id("unblock").click()
        await expect(page.get_by_test_id("follow")).to_be_visible()


async def test_a_host_sees_who_listens_as_they_come_step_up_and_go(server: RunningServer) -> None:
    """Who comes a moment after somebody else is in the list too, though it is fetched but every ten seconds."""
    ana, ben, cleo = (server.new_account(name) for name in ("watches", "first", "second"))
    space = server.open_space(ana)
    async with chromium.playwright() as running, chromium.person(running) as page:
        await page.set_viewport_size(DESK)
        await sign_in(page, server, ana, f"/spaces/{space['id']}")
        await page.get_by_test_id("start-listening").click()
        await page.get_by_role("tab", name="People").click()
        names = page.get_by_test_id("listener").locator("bdi")
        with listening(server, space["id"], ben):
            await expect(names).to_have_text([ben.handle.capitalize()])
            with listening(server, space["id"], cleo):
                await expect(names).to_have_count(2, timeout=AGAIN_MS)
                stepped_up = server.http.post(f"/api/v1/spaces/{space['id']}/requests", headers=ben.headers)
                assert stepped_up.status_code == 200
                await expect(names).to_have_text([cleo.handle.capitalize()])
        await expect(names).to_have_count(0)


async def test_a_listener_is_invited_says_no_and_the_next_time_comes_onto_the_stage(server: RunningServer) -> None:
    ana, ben = server.new_account("invites"), server.new_account("shy")
    space = server.open_space(ana, who_may_speak="invited")
    path = f"/spaces/{space['id']}"
    async with chromium.playwright() as running, chromium.person(running) as host, chromium.person(running) as listener:
        await host.set_viewport_size(DESK)
        await sign_in(host, server, ana, path)
        await host.get_by_test_id("start-listening").click()
        await host.get_by_role("tab", name="People").click()
        await listener.set_viewport_size(PHONE)
        await sign_in(listener, server, ben, path)
        long_name, here = {"display_name": "Dr. Wilhelmina Schattschneider-Montgomery"}, {"origin": server.url}
        me = await listener.context.request.patch(f"{server.url}/api/v1/me", data=long_name, headers=here)
        assert me.ok
        await listener.get_by_test_id("start-listening").click()

        invite, notice = host.get_by_test_id("invite-to-speak"), listener.locator("[data-notice=invited]")
        await invite.click()
        await expect(invite).to_have_attribute("aria-pressed", "true")
        await expect(host.get_by_test_id("remove-listener")).to_be_in_viewport(ratio=1)
        await expect(notice).to_be_visible()
        assert await violations_at(listener, PHONE, DESK) == []
        assert await violations_at(host, DESK) == []
        await listener.get_by_test_id("decline-invitation").click()
        await expect(notice).to_have_count(0)
        await expect(invite).to_have_attribute("aria-pressed", "false")

        # Taken back before it was answered; then it stands, also for whoever looks at another page, or comes anew.
        await invite.click()
        await notice.wait_for()
        await invite.click()
        await expect(listener.locator("[data-notice=invitation_withdrawn]")).to_be_visible()
        await invite.click()
        await listener.get_by_role("link", name="Voxhall").first.click()
        await expect(listener.get_by_test_id("dock").locator("[data-notice=invited]")).to_be_visible()
        await listener.get_by_test_id("dock-open").click()
        await listener.get_by_test_id("accept-invitation").wait_for()
        await listener.keyboard.press("r")
        await expect(listener.get_by_test_id("unmute")).to_be_visible()
        await expect(host.get_by_test_id("stage-participant")).to_have_count(2)
        await expect(host.get_by_test_id("listener")).to_have_count(0)


@contextmanager
def listening(server: RunningServer, space_id: str, account: Account) -> Iterator[None]:
    """Without a browser, for as long as the block lasts."""
    peer = _core.Subscriber()
    door, headers = f"/api/v1/spaces/{space_id}/whep", {"content-type": "application/sdp", **account.headers}
    answer = server.http.post(door, content=peer.offer(), headers=headers)
    assert answer.status_code == 201, answer.text
    peer.answer(answer.text)
    assert peer.wait_connected(10)
    try:
        yield
    finally:
        peer.close()
        server.http.delete(answer.headers["location"], headers=account.headers)
