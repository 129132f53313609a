"""What is planned: a space that repeats, and whom its host asks to come."""

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


async def invited(studio: Studio) -> None:
    host = studio.person("ada", "Ada Lovelace")
    asked = [
        (studio.person("mary", "Mary Anning"), "cohost"),
        (studio.person("omar", "عمر الخيام"), "speaker"),
        (studio.person("chloe", "Chloé van der Straeten-Montgomery"), "speaker"),
    ]
    space = studio.space(host, "Among ourselves", in_hours=30, who_may_listen="invited")
    for somebody, role in asked:
        path = f"/api/v1/spaces/{space['id']}/stage-invitations/{somebody.handle}"
        host.http.put(path, json={"role": role}).raise_for_status()
    page = await studio.window(host)
    await studio.visit(page, f"/spaces/{space['id']}", "[data-testid=edit-people]")
    await page.get_by_test_id("edit-people").click()
    await page.get_by_test_id("to-stage").locator("li").nth(len(asked) - 1).wait_for()
    await studio.shoot(page)


SCENES = [
    Scene("invited", "Whom the host asks to the stage, and who may listen", invited),
    Scene("series-new", "A space that repeats is put together", series_new),
    Scene(
        "series-planned", "One of a series: the rule, the next ones, and which are meant by a change", series_planned
    ),
]
