"""A space that repeats: the form, its page for host and visitor, and the question which of them are meant."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scripts.screens.studio import Scene, Studio

TITLE = "Slow radio: one record, start to end"


async def series_new(studio: Studio) -> None:
    page = await studio.window(studio.person("ada", "Ada Lovelace"))
    await studio.visit(page, "/spaces/new", "[data-testid=space-title]")
    await page.get_by_test_id("space-title").fill(TITLE)
    await page.get_by_test_id("when-later").check()
    await page.get_by_test_id("repeats").select_option("custom")
    await page.get_by_test_id("repeats-end-on").check()
    await studio.shoot(page, whole=True)


async def series_planned(studio: Studio) -> None:
    host, visitor = studio.person("ada", "Ada Lovelace"), studio.person("mary", "Mary Anning")
    start = (datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(days=2)).replace(hour=20, minute=0, second=0)
    space = studio.space(
        host,
        TITLE,
        scheduled_start=start.replace(microsecond=0).isoformat(),
        topics=["music"],
        repeats={"rule": "FREQ=WEEKLY;INTERVAL=2", "time_zone": "America/New_York"},
    )
    visitor.http.put(f"/api/v1/series/{space['series_id']}/reminder")
    page = await studio.window(visitor)
    await studio.visit(page, f"/spaces/{space['id']}", "[data-testid=series-next]")
    await studio.shoot(page, whole=True)
    page = await studio.window(visitor, locale="ar")
    await studio.visit(page, f"/spaces/{space['id']}", "[data-testid=series-next]")
    await studio.shoot(page, "arabic", whole=True)
    page = await studio.window(host)
    await studio.visit(page, f"/spaces/{space['id']}", "[data-testid=series-next]")
    await page.get_by_test_id("edit-space").click()
    await page.get_by_test_id("scope-following").check()
    await studio.shoot(page, "which")


SCENES = [
    Scene("series-new", "A space that repeats is put together", series_new),
    Scene(
        "series-planned", "One of a series: the rule, the next ones, and which are meant by a change", series_planned
    ),
]
