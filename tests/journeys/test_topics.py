"""A topic has a page of its own, which is followed there; and what people write stays words on every page."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from playwright.async_api import Dialog, Page, expect

from tests.journeys import chromium
from tests.journeys.axe import DESK, PHONE, violations_at
from tests.journeys.chromium import sign_in
from tests.publishing.test_hostile import ATTACKS
from tests.running import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

# What no page of ours has inside `main`, and what is written as markup would make.
STRANGE = "script, iframe, base, meta, form[action], [onerror], [onload]"
FOUND = f"() => document.querySelectorAll('main :is({STRANGE})').length"


async def test_a_topic_is_followed_on_its_page(server: RunningServer) -> None:
    ana, ben = server.new_account("tells"), server.new_account("likes")
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for body in ({"title": "Beans"}, {"title": "Peas", "scheduled_start": soon}, {"title": "Cars", "topics": ["Cars"]}):
        wishes = {"topics": ["Kitchen gardens"], **body}
        assert server.http.post("/api/v1/spaces", json=wishes, headers=ana.headers).status_code == 201
    async with chromium.playwright() as running, chromium.person(running) as page:
        await sign_in(page, server, ben, "/topics/kitchen%20gardens")
        main = page.locator("main")
        await expect(main).to_contain_text("Beans")
        await expect(main).to_contain_text("Peas")
        await expect(main).not_to_contain_text("Cars")
        assert await violations_at(page, PHONE, DESK) == []
        follow = page.get_by_test_id("follow-topic")
        await follow.press("Enter")
        await expect(follow).to_have_attribute("aria-pressed", "true")
        topics = server.http.get("/api/v1/me/topics", headers=ben.headers).json()["items"]
        assert topics == ["kitchen gardens"]
        await page.reload()
        await expect(follow).to_have_attribute("aria-pressed", "true")
        await follow.click()
        await expect(follow).to_have_attribute("aria-pressed", "false")


async def test_what_people_write_stays_words_on_every_page(server: RunningServer) -> None:
    ana = server.new_account("writes")
    spaces: list[str] = []
    for text in ATTACKS:
        body = {"title": text[:100], "topics": [text[:30]]}
        made = server.http.post("/api/v1/spaces", json=body, headers=ana.headers)
        if made.status_code == 201:
            spaces.append(made.json()["id"])
    assert len(spaces) > 20
    shown = [text for text in ATTACKS if "script" in text or "on" in text]
    async with chromium.playwright() as running, chromium.person(running) as page:
        await sign_in(page, server, ana, "/")
        ran: list[str] = []

        async def refuse(dialog: Dialog) -> None:
            ran.append(dialog.message)
            await dialog.dismiss()

        page.on("dialog", refuse)
        for text in shown[:6]:
            answer = await page.context.request.patch(
                f"{server.url}/api/v1/me",
                data={"display_name": text[:80], "bio": " ".join(shown)[:500], "pronouns": text[:40]},
                headers={"origin": server.url},
            )
            assert answer.status == 200, await answer.text()
            await _is_quiet(page, f"{server.url}/@{ana.handle}", text[:80])
        topic = quote(ATTACKS[1][:30].lower())
        for path in ("/", "/search?q=alert", f"/spaces/{spaces[0]}", f"/topics/{topic}"):
            await _is_quiet(page, f"{server.url}{path}", "alert")
        assert ran == []


async def _is_quiet(page: Page, url: str, text: str) -> None:
    """The page shows the text as it was written, and has made no element of it."""
    await page.goto(url)
    await expect(page.locator("main")).to_contain_text(text)
    assert await page.evaluate(FOUND) == 0, url
