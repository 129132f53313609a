"""The space while it is live: every role, every trouble."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from playwright.async_api import Page, WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect

from scripts.screens.studio import Scene, Somebody, Studio
from tests.journeys.chromium import choose_more, turn_microphone_on

TITLE = "Poems for engines: reading the notes aloud"
NAMES = [
    "Ben Okri",
    "Mary Anning",
    "林 语堂",
    "عمر الخيام",
    "Chloé van der Straeten-Montgomery",
    "Zoë",
    "Nguyễn Thị Minh Khai",
    "Oluwaseun Adebayo-Williams",
    "Jo",
    "Dr. Wilhelmina Schattschneider",
    "İpek Ongun",
    "Søren Kierkegaard",
]

# Not the one by which the bell is told what is new.
SPACE_SOCKET = "**/spaces/*/live"

REMEMBER_MICROPHONE = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
  const stream = await ask(wish);
  window.microphone = stream.getAudioTracks()[0];
  return stream;
};
"""
TAKE_MICROPHONE = "() => window.microphone.dispatchEvent(new Event('mute'))"


def host_of(studio: Studio) -> Somebody:
    return studio.person("ada", "Ada Lovelace")


def guests(studio: Studio, count: int) -> list[Somebody]:
    return [studio.person(f"guest_{place}", NAMES[place % len(NAMES)]) for place in range(count)]


@asynccontextmanager
async def present(studio: Studio, space: dict[str, Any], people: list[Somebody]) -> AsyncIterator[None]:
    """With an open socket each, which answers when it is asked: whoever has none leaves the stage after a while."""
    address = f"{studio.server.url.replace('http', 'ws', 1)}/api/v1/spaces/{space['id']}/live"
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as answering:
        tasks = []
        for somebody in people:
            token = somebody.http.post("/api/v1/me/tokens", json={"name": "pictures"}).json()["token"]
            socket = await stack.enter_async_context(connect(address, max_size=None, max_queue=None))
            await socket.send(json.dumps({"type": "hello", "token": token, "after": None}))
            tasks.append(answering.create_task(answer(socket)))
        yield
        for task in tasks:
            task.cancel()


async def answer(socket: ClientConnection) -> None:
    async for message in socket:
        if json.loads(message)["type"] == "ping":
            await socket.send(json.dumps({"type": "pong"}))


async def enter(studio: Studio, space: dict[str, Any], somebody: Somebody | None, *scripts: str) -> Page:
    page = await studio.window(somebody)
    for script in scripts:
        await page.add_init_script(script)
    await studio.visit(page, f"/spaces/{space['id']}", "[data-testid=start-listening]")
    await page.get_by_test_id("start-listening").click()
    await page.locator("[data-testid=status]").wait_for()
    await page.locator("[data-testid=stage-participant]").first.wait_for()
    return page


async def many_listen(page: Page, count: int) -> None:
    """Ten thousand are not needed for a picture of their number."""

    def pass_on(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def from_server(message: str | bytes) -> None:
            said = json.loads(message)
            if said["type"] == "snapshot":
                said["listener_count"] = count
            if said["type"] != "audience":
                route.send(json.dumps(said))

        server.on_message(from_server)

    await page.route_web_socket(SPACE_SOCKET, pass_on)


async def door(studio: Studio) -> None:
    ada = host_of(studio)
    space = studio.space(ada, TITLE, who_may_speak="everyone", language="en", recording="on")
    studio.started_ago(space, 34, listeners=312)
    page = await studio.window()
    await studio.visit(page, f"/spaces/{space['id']}")
    await studio.shoot(page)
    waiting = studio.space(ada, TITLE, in_hours=3)
    await studio.visit(page, f"/spaces/{waiting['id']}")
    await studio.shoot(page, "waiting")
    page = await studio.window(ada)
    await studio.visit(page, f"/spaces/{waiting['id']}", "[data-testid=start-space]")
    await studio.shoot(page, "waiting-host")


async def listener(studio: Studio) -> None:
    ada = host_of(studio)
    space = studio.space(ada, TITLE, who_may_speak="everyone", recording="on")
    people = guests(studio, 3)
    host = await enter(studio, space, ada)
    await turn_microphone_on(host)
    async with present(studio, space, people[:2]):
        studio.on_stage(space, *people[:2])
        page = await studio.window(people[2])
        await many_listen(page, 10_000)
        await studio.visit(page, f"/spaces/{space['id']}", "[data-testid=start-listening]")
        await page.get_by_test_id("start-listening").click()
        await page.locator("[data-testid=stage-participant][data-speaking=true]").wait_for()
        await studio.shoot(page)
        await page.get_by_test_id("more").click()
        await studio.shoot(page, "more")
        await page.keyboard.press("Escape")
        await choose_more(page, "cannot-hear")
        await page.locator("[data-testid=finding]:not([data-finding=''])").wait_for()
        await studio.shoot(page, "cannot-hear")
        await page.keyboard.press("Escape")
        await choose_more(page, "open-keys")
        await page.get_by_test_id("letterShortcuts").wait_for()
        await studio.shoot(page, "keys")
        await page.keyboard.press("Escape")
        await page.goto(studio.server.url)
        guest = await enter(studio, space, None)
        await studio.shoot(guest, "guest")


async def called_up(studio: Studio) -> None:
    ada = host_of(studio)
    ben = guests(studio, 1)[0]
    space = studio.space(ada, TITLE, who_may_speak="everyone", recording="on")
    host = await enter(studio, space, ada)
    await turn_microphone_on(host)
    page = await enter(studio, space, ben, REMEMBER_MICROPHONE)
    await page.get_by_test_id("request-to-speak").wait_for()
    studio.invite(ada, space, ben)
    await page.locator("[data-notice=invited]").wait_for()
    await studio.shoot(page, "invited")
    await page.get_by_test_id("accept-invitation").click()
    await page.get_by_test_id("unmute").wait_for()
    await studio.shoot(page)
    await page.get_by_test_id("unmute").click()
    await page.locator("[data-testid=microphone-level][data-heard=true]").wait_for()
    await studio.shoot(page, "check")
    await page.get_by_test_id("go-on-air").click()
    await page.get_by_test_id("mute").wait_for()
    await studio.shoot(page, "speaking")
    await page.get_by_test_id("mute").click()
    await page.locator("[data-notice=talks_while_muted]").wait_for()
    await studio.shoot(page, "talks-while-muted")
    await turn_microphone_on(page)
    await page.evaluate(TAKE_MICROPHONE)
    await page.locator("[data-notice=microphone_interrupted]").wait_for()
    await studio.shoot(page, "microphone-interrupted")
    await page.get_by_role("link", name="Voxhall").click()
    await page.get_by_test_id("dock").wait_for()
    await studio.shoot(page, "dock")


async def host(studio: Studio) -> None:
    ada = host_of(studio)
    people = guests(studio, 49)
    space = studio.space(ada, TITLE, who_may_speak="invited", recording="on")
    page = await enter(studio, space, ada)
    await studio.shoot(page, "alone")
    await turn_microphone_on(page)
    async with present(studio, space, people):
        studio.on_stage(space, *people)
        requests = page.get_by_test_id("request")
        await page.set_viewport_size({"width": 1280, "height": 800})
        await requests.nth(48).wait_for()
        for place in range(19):
            await page.get_by_test_id("accept-request").first.click()
            await page.get_by_test_id("stage-participant").nth(place + 1).wait_for()
        await studio.shoot(page)
        await page.set_viewport_size({"width": 360, "height": 740})
        await page.get_by_test_id("open-requests").click()
        await requests.first.wait_for()
        await studio.shoot(page, "queue-open")
        await page.set_viewport_size({"width": 1280, "height": 800})
        await page.get_by_role("tab", name="People").click()
        await page.get_by_test_id("invite-to-speak").nth(1).wait_for()
        await studio.shoot(page, "people")
        await page.get_by_test_id("leave").click()
        await studio.shoot(page, "leaving")
        await page.keyboard.press("Escape")
        await choose_more(page, "pause-recording")
        await page.locator("[data-recording=paused]").wait_for()
        await studio.shoot(page, "recording-paused")


async def arabic(studio: Studio) -> None:
    ada = studio.person("omar", "عمر الخيام")
    people = guests(studio, 5)
    space = studio.space(
        ada, "ليلة القصص: حكايات من البحر والصحراء", who_may_speak="everyone", recording="on", language="ar"
    )
    page = await studio.window(ada, locale="ar")
    await studio.visit(page, f"/spaces/{space['id']}", "[data-testid=start-listening]")
    await page.get_by_test_id("start-listening").click()
    await page.get_by_test_id("unmute").wait_for()
    async with present(studio, space, people):
        studio.on_stage(space, *people)
        await page.get_by_test_id("stage-participant").nth(5).wait_for()
        await studio.shoot(page)


SCENES = [
    Scene("live-door", "A space, opened by its address: one tap and there is sound; waiting for it to begin.", door),
    Scene(
        "live-listener", "Listening, with ten thousand others; what is behind more; why one hears nothing.", listener
    ),
    Scene("live-stage", "Called up, the microphone's check, speaking, muted, and the dock on another page.", called_up),
    Scene(
        "live-host", "The host: alone; twenty on stage and thirty who ask; leaving; a recording that is paused.", host
    ),
    Scene("live-arabic", "From right to left.", arabic),
]
