"""Every page but the live space."""

from functools import partial
from typing import Any

from scripts.screens.studio import Scene, Somebody, Studio
from tests.running import eventually

LONG_TITLE = "The last lighthouse keeper of Saint Helier and the very long title that her grandson gave us"
TITLES = [
    "Poems for engines: reading the notes aloud",
    "What the tide tables know",
    "Open stage: first chapters, unfinished",
    "Wie man eine Stadt hört",
]


async def home(studio: Studio) -> None:
    people = cast(studio)
    await home_full(studio, people)
    page = await studio.window(people["ben"])
    await studio.visit(page, "/", "[data-testid=live-space]")
    await studio.shoot(page, whole=True)


async def home_full(studio: Studio, people: dict[str, Somebody]) -> None:
    """People live, whoever was so for an earlier picture not any more; what is to come and what was, once for all."""
    ada, mary, omar, chloe = people["ada"], people["mary"], people["omar"], people["chloe"]
    for host, space in studio.live:
        host.http.post(f"/api/v1/spaces/{space['id']}/end")
    studio.live.clear()
    live = [
        (ada, TITLES[0], 34, 312, [people["ben"], mary, people["lin"], omar]),
        (chloe, TITLES[1], 71, 10_000, [people["ben"]]),
        (omar, "ليلة القصص: حكايات من البحر والصحراء", 12, 48, []),
    ]
    is_first = not studio.has_past
    studio.has_past = True
    if is_first:
        await past_and_future(studio, people)
    for host, title, minutes, listeners, others in live:
        language = "ar" if host is omar else "en"
        space = studio.space(host, title, who_may_speak="everyone", language=language, recording="off")
        studio.live.append((host, space))
        studio.on_stage(space, *others)
        studio.started_ago(space, minutes, listeners=listeners)


async def past_and_future(studio: Studio, people: dict[str, Somebody]) -> None:
    ada, ben, mary = people["ada"], people["ben"], people["mary"]
    studio.space(mary, TITLES[2], in_hours=3)
    studio.space(people["lin"], "夜話:静かな街の音を聴く", in_hours=27)
    studio.space(people["chloe"], TITLES[3], in_hours=98)
    for host, title, days, lasted in (
        (ben, LONG_TITLE, 1, 64),
        (ada, "Ask me anything about looms", 3, 41),
        (mary, "Fossils before breakfast", 9, 27),
    ):
        path = f"/api/v1/spaces/{studio.space(host, title, who_may_speak='everyone', recording='on')['id']}"
        host.http.post(f"{path}/end").raise_for_status()
        # What became of it is written down by itself, a moment later.
        space = await eventually(partial(_with_replay, host, path), within_s=60)
        studio.started_ago(space, days * 24 * 60, lasted=lasted)


def _with_replay(host: Somebody, path: str) -> dict[str, Any] | None:
    space: dict[str, Any] = host.http.get(path).json()
    return space if space["replay"] is not None else None


async def home_visitor(studio: Studio) -> None:
    page = await studio.window()
    await studio.visit(page, "/", "main h2")
    await studio.shoot(page)


async def home_arabic(studio: Studio) -> None:
    await home_full(studio, cast(studio))
    page = await studio.window(locale="ar")
    await studio.visit(page, "/", "[data-testid=live-space]")
    await studio.shoot(page)


async def home_unreachable(studio: Studio) -> None:
    page = await studio.window()
    await page.route("**/api/v1/home*", lambda route: route.abort())
    await studio.visit(page, "/", "[data-testid=notice]")
    await studio.shoot(page)


async def create(studio: Studio) -> None:
    page = await studio.window(studio.person("ada", "Ada Lovelace"))
    await studio.visit(page, "/spaces/new", "[data-testid=space-title]")
    await studio.shoot(page, whole=True)
    await page.get_by_test_id("space-title").fill(TITLES[2])
    await page.get_by_test_id("when-later").check()
    await page.get_by_test_id("recording-off").check()
    await studio.shoot(page, "scheduled", whole=True)


async def create_visitor(studio: Studio) -> None:
    page = await studio.window()
    await studio.visit(page, "/spaces/new")
    await studio.shoot(page)


async def sign_in(studio: Studio) -> None:
    page = await studio.window()
    await studio.visit(page, "/sign-in")
    await studio.shoot(page)
    await page.get_by_test_id("handle").fill("ada")
    await page.get_by_test_id("password").fill("not her password")
    await page.get_by_test_id("sign-in-submit").click()
    await page.get_by_role("alert").filter(has_text="wrong").wait_for()
    await studio.shoot(page, "wrong")


async def sign_up(studio: Studio) -> None:
    page = await studio.window()
    await studio.visit(page, "/sign-up")
    await studio.shoot(page)
    form = page.get_by_test_id("sign-up-form")
    await form.get_by_test_id("display-name").fill("Ada Lovelace")
    await form.get_by_test_id("handle").fill("a!")
    await form.get_by_test_id("password").fill("short")
    await page.get_by_test_id("sign-up-submit").click()
    await page.locator(".mistake").first.wait_for()
    await studio.shoot(page, "mistake")


async def not_found(studio: Studio) -> None:
    page = await studio.window()
    await studio.visit(page, "/nothing-here")
    await studio.shoot(page)
    await studio.visit(page, "/spaces/sp_nothing")
    await studio.shoot(page, "space")


async def profile(studio: Studio) -> None:
    people = cast(studio)
    ada = people["ada"]
    links = ["https://example.org/notes", "https://example.org/engine"]
    bio = "Poetical science. I read old notes aloud and ask what the machines would have made of them."
    ada.http.patch("/api/v1/me", json={"bio": bio, "links": links}).raise_for_status()
    await home_full(studio, people)
    page = await studio.window(people["ben"])
    await studio.visit(page, "/@ada", "[data-testid=profile]")
    await studio.shoot(page)
    page = await studio.window()
    await studio.visit(page, "/@nobody_here")
    await studio.shoot(page, "not-found")


async def settings(studio: Studio) -> None:
    ada = cast(studio)["ada"]
    ada.http.post("/api/v1/me/tokens", json={"name": "The encoder in the studio"}).raise_for_status()
    page = await studio.window(ada)
    await studio.visit(page, "/settings", "[data-testid=tokens]")
    await studio.shoot(page, whole=True)
    page = await studio.window()
    await studio.visit(page, "/settings", "main h2")
    await studio.shoot(page, "guest")


async def ended(studio: Studio) -> None:
    ada = cast(studio)["ada"]
    space = studio.space(ada, "Ask me anything about looms", recording="off", topics=["weaving", "history"])
    ada.http.post(f"/api/v1/spaces/{space['id']}/end").raise_for_status()
    page = await studio.window()
    await studio.visit(page, f"/spaces/{space['id']}", "[data-testid=ended]")
    await page.locator(".empty").wait_for()
    await studio.shoot(page)


async def search(studio: Studio) -> None:
    people = cast(studio)
    await home_full(studio, people)
    page = await studio.window(people["ben"])
    await studio.visit(page, "/search", "[data-testid=search]")
    await page.get_by_test_id("search").fill("a")
    await page.get_by_test_id("found-person").first.wait_for()
    await studio.shoot(page)
    await page.get_by_test_id("search").fill("xylophone")
    await page.locator("main .empty").wait_for()
    await studio.shoot(page, "nothing")


async def admin(studio: Studio) -> None:
    root = studio.administrator("root", "Root")
    page = await studio.window(root)
    await studio.visit(page, "/admin", "[data-testid=invites_per_account]")
    await studio.shoot(page, whole=True)
    await studio.visit(page, "/admin/jobs")
    await studio.shoot(page, "jobs")
    page = await studio.window(cast(studio)["ben"])
    await studio.visit(page, "/admin")
    await studio.shoot(page, "not-allowed")


async def offline(studio: Studio) -> None:
    page = await studio.window()
    await studio.visit(page, "/")
    await page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    await page.context.set_offline(True)
    await studio.visit(page, "/", "[data-testid=notice]")
    await studio.shoot(page)


def cast(studio: Studio) -> dict[str, Somebody]:
    names = {
        "ada": "Ada Lovelace",
        "ben": "Ben Okri",
        "mary": "Mary Anning",
        "lin": "林 语堂",
        "omar": "عمر الخيام",
        "chloe": "Chloé van der Straeten-Montgomery",
    }
    return {handle: studio.person(handle, name) for handle, name in names.items()}


SCENES = [
    Scene("home-visitor", "Home on a fresh server, seen without an account: empty is a beginning.", home_visitor),
    Scene("home", "Home, with people live, spaces to come and replays.", home),
    Scene("home-arabic", "Home from right to left.", home_arabic),
    Scene("home-unreachable", "Home while the server cannot be reached.", home_unreachable),
    Scene("create", "Opening a space, now and at a set time.", create),
    Scene("create-visitor", "Opening a space without an account.", create_visitor),
    Scene("sign-in", "Signing in, and a wrong password.", sign_in),
    Scene("sign-up", "Making an account, and mistakes at their fields.", sign_up),
    Scene("profile", "Somebody's page, and nobody's.", profile),
    Scene("settings", "Settings, signed in and as a guest.", settings),
    Scene("search", "Looking for spaces, people, topics and words that were said.", search),
    Scene("admin", "What an operator switches while it runs; jobs; and who is none.", admin),
    Scene("ended", "A space that is over and was not recorded.", ended),
    Scene("offline", "Without a network.", offline),
    Scene("not-found", "No such page, no such space.", not_found),
]
