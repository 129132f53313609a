"""In by another server: its button, the handle that is left to choose, and coming back without having been let in."""

from collections.abc import Mapping
from datetime import UTC, datetime

from scripts.screens.studio import Scene, Studio
from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET, provider
from tests.journeys.ports import OPENID_PORT

# What the server is told of it, before it starts.
SETTINGS: Mapping[str, str] = {
    "VOXHALL_OPENID_HOUSE_NAME": "House",
    "VOXHALL_OPENID_HOUSE_ISSUER": f"http://127.0.0.1:{OPENID_PORT}",
    "VOXHALL_OPENID_HOUSE_CLIENT_ID": CLIENT_ID,
    "VOXHALL_OPENID_HOUSE_CLIENT_SECRET": CLIENT_SECRET,
}


async def openid(studio: Studio) -> None:
    async with provider(lambda: datetime.now(UTC), OPENID_PORT, "ana"):
        page = await studio.window()
        await studio.visit(page, "/sign-in", "[data-testid=by-provider]")
        await page.get_by_test_id("by-provider").click()
        await page.locator("#come-in").click()
        await page.get_by_test_id("handle").wait_for()
        await studio.shoot(page, "handle")
        await page.goto(f"{studio.server.url}/sign-in/openid/house?error=access_denied&state=x")
        await page.get_by_role("alert").wait_for()
        await studio.shoot(page, "called-off")


SCENES = [Scene("openid", "In by another server: the handle to choose, and called off there.", openid)]
