"""Who hears whom: whether one can at all, what the operator is told of it; and listening without being in the list."""

from scripts.screens.live import enter, host_of, present
from scripts.screens.pages import cast
from scripts.screens.studio import Scene, Studio
from tests.journeys.chromium import choose_more

# The checks that nobody answers on a machine without a way out wait this long.
EXAMINED_WITHIN_MS = 90_000
# Narrower, what is beside the stage is a sheet that is pulled up.
DESK_PX = 1280


async def check(studio: Studio) -> None:
    page = await studio.window()
    await studio.visit(page, "/check", "[data-testid=verdict]")
    await page.locator("[data-testid=verdict]:not([data-verdict=pending])").wait_for(timeout=EXAMINED_WITHIN_MS)
    await studio.shoot(page, whole=True)


async def doctor(studio: Studio) -> None:
    page = await studio.window(studio.administrator("physician", "Physician"))
    await studio.visit(page, "/admin/doctor")
    await page.locator("[data-testid=verdict]:not([data-verdict=looking])").wait_for(timeout=EXAMINED_WITHIN_MS)
    await studio.shoot(page, whole=True)


async def hidden(studio: Studio) -> None:
    people = cast(studio)
    space = studio.space(host_of(studio), "What the tide tables know", who_may_speak="everyone", recording="off")
    async with present(studio, space, [host_of(studio), people["mary"]]):
        listener = await enter(studio, space, people["ben"])
        await choose_more(listener, "hide-me")
        await listener.get_by_test_id("status").filter(has_text="in no list").wait_for()
        await studio.shoot(listener)
        # Who runs the space counts whom they do not know, and may take them out.
        host = await enter(studio, space, host_of(studio))
        await host.get_by_role("tab", name="People").click()

        async def people_at(width: int) -> None:
            people = host.get_by_role("tab", name="People")
            if width < DESK_PX and not await people.is_visible():
                await host.get_by_role("button", name="Requests and people").click()
                await people.click()
            await host.get_by_test_id("hidden-listener").wait_for()

        await studio.shoot(host, "host", open_at=people_at)


SCENES = [
    Scene("check", '"Can I hear and speak here?": each leg of the way.', check),
    Scene("doctor", "What an operator is told of the way to the server.", doctor),
    Scene("hidden", "Listening without being in the list, and what the host sees of it.", hidden),
]
