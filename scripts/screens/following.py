"""Home for somebody who follows nobody, and for somebody who follows many; and where a guest tips."""

from scripts.screens.pages import cast, home_full
from scripts.screens.studio import Scene, Studio


async def following_nobody(studio: Studio) -> None:
    await home_full(studio, cast(studio))
    page = await studio.window(studio.person("newcomer", "Vera Novak"))
    await studio.visit(page, "/", "[data-testid=live-space]")
    await studio.shoot(page, whole=True)


async def following_many(studio: Studio) -> None:
    people = cast(studio)
    reader = studio.person("reader", "Rosa Klein")
    for one in people.values():
        reader.http.put(f"/api/v1/users/{one.handle}/follow")
    await home_full(studio, people)
    page = await studio.window(reader)
    await studio.visit(page, "/", "[data-testid=live-space]")
    await studio.shoot(page, whole=True)


async def tip_sheet(studio: Studio) -> None:
    people = cast(studio)
    ada, ben = people["ada"], people["ben"]
    jars = {
        "ada": [{"service": "paypal", "name": "AdaLovelace"}, {"service": "bandcamp", "name": "ada-engines"}],
        "ben": [{"service": "patreon", "name": "ben_radio"}],
    }
    for somebody in (ada, ben):
        somebody.http.patch("/api/v1/me", json={"tip_jar": jars[somebody.handle]}).raise_for_status()
    space = studio.space(ada, "Poems for engines", who_may_speak="everyone")
    studio.on_stage(space, ben)
    page = await studio.window()
    await studio.visit(page, f"/@{ada.handle}", "[data-testid=profile]")
    await page.get_by_test_id("tip").click()
    await page.get_by_test_id("tip-service").first.wait_for()
    await studio.shoot(page, "profile")
    await studio.visit(page, f"/spaces/{space['id']}", "[data-testid=start-listening]")
    await page.get_by_test_id("start-listening").click()
    await page.get_by_test_id("tip-face").first.click()
    await page.get_by_test_id("tip-service").first.wait_for()
    await studio.shoot(page)


SCENES = [
    Scene("home-following-nobody", "Home for whoever follows nobody: the directory alone.", following_nobody),
    Scene(
        "home-following-many", "Home for whoever follows many: their people first, with the reasons.", following_many
    ),
    Scene("tip-sheet", "A tip in two taps: the services, whole addresses, what PayPal shows.", tip_sheet),
]
