"""What goes wrong while a space is live, each with its sentence and its next step."""

import json
from typing import Any

from playwright.async_api import Page, Route, WebSocketRoute

from scripts.screens.live import SPACE_SOCKET, TITLE, enter, guests, host_of
from scripts.screens.studio import Scene, Somebody, Studio
from tests.journeys.chromium import turn_microphone_on

# What no headless browser has: a microphone that is denied, or missing.
REFUSE_MICROPHONE = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '%s'));"
# A device that is there, allowed, and hears nothing: muted by its own switch.
SILENT_MICROPHONE = """
navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  return new MediaStreamAudioDestinationNode(context).stream;
};
"""
# A browser that has not been tapped yet plays nothing.
NO_AUTOPLAY = "HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('', 'NotAllowedError'));"
# An address that nobody has (RFC 5737).
NOWHERE = "192.0.2.1"


async def into_nowhere(route: Route) -> None:
    """The server answers, and what it names cannot be reached: a network that lets no sound through."""
    answer = await route.fetch()
    lines = (await answer.text()).splitlines()
    kept = [
        " ".join([*line.split(" ")[:4], NOWHERE, *line.split(" ")[5:]]) if line.startswith("a=candidate") else line
        for line in lines
    ]
    # What the browser sends for checking is not let through either.
    body = "\r\n".join("a=ice-pwd:" + "x" * 24 if line.startswith("a=ice-pwd") else line for line in kept)
    await route.fulfill(response=answer, body=body + "\r\n")


async def told_more(page: Page) -> list[WebSocketRoute]:
    """The page's own socket, into which the server's part can be spoken."""
    sockets: list[WebSocketRoute] = []

    def pass_on(route: WebSocketRoute) -> None:
        route.connect_to_server()
        sockets.append(route)

    await page.route_web_socket(SPACE_SOCKET, pass_on)
    return sockets


async def cuttable_socket(page: Page) -> list[WebSocketRoute]:
    """Holds the socket once it is open; none opens after it has been taken out and closed."""
    sockets: list[WebSocketRoute] = []
    seen = 0

    def pass_on(route: WebSocketRoute) -> None:
        nonlocal seen
        seen += 1
        if seen == 1:
            route.connect_to_server()
            sockets.append(route)

    await page.route_web_socket(SPACE_SOCKET, pass_on)
    return sockets


async def trouble(studio: Studio) -> None:
    ada = host_of(studio)
    people = guests(studio, 8)
    space = studio.space(ada, TITLE, who_may_speak="everyone", recording="off")
    host = await enter(studio, space, ada)
    await turn_microphone_on(host)
    await sound(studio, space, people)
    await microphones(studio, space, people[1], people[7])
    await elsewhere(studio, space, people[2])
    await cut_off(studio, space, ada, people[3], people[4])


async def sound(studio: Studio, space: dict[str, Any], people: list[Somebody]) -> None:
    page = await enter(studio, space, people[0], NO_AUTOPLAY)
    await page.get_by_test_id("tap-to-hear").wait_for()
    await studio.shoot(page, "blocked")

    page = await studio.window(people[5])
    await page.route("**/whep*", into_nowhere)
    await studio.visit(page, f"/spaces/{space['id']}", "[data-testid=start-listening]")
    await page.get_by_test_id("start-listening").click()
    await page.locator("[data-sound=no_path]").wait_for()
    await studio.shoot(page, "no-path")

    page = await studio.window(people[6])
    sockets = await told_more(page)
    await studio.visit(page, f"/spaces/{space['id']}", "[data-testid=start-listening]")
    await page.route("**/whep*", lambda route: route.abort())
    await page.get_by_test_id("start-listening").click()
    await page.locator("[data-testid=stage-participant]").first.wait_for()
    sockets[-1].send(json.dumps({"type": "media", "state": "lost"}))
    await page.get_by_test_id("status").filter(has_text="restarting").wait_for()
    await studio.shoot(page, "sound-restarting")


async def microphones(studio: Studio, space: dict[str, Any], somebody: Somebody, silent: Somebody) -> None:
    for name, error in (("denied", "NotAllowedError"), ("none", "NotFoundError"), ("busy", "NotReadableError")):
        page = await enter(studio, space, somebody, REFUSE_MICROPHONE % error)
        await page.get_by_test_id("request-to-speak").or_(page.get_by_test_id("unmute")).first.wait_for()
        if await page.get_by_test_id("request-to-speak").is_visible():
            await page.get_by_test_id("request-to-speak").click()
        await page.get_by_test_id("unmute").click()
        await page.locator(f"[data-hint='notice.microphone_{name}']").wait_for()
        if name == "denied":
            await studio.shoot(page, "microphone-denied-check")
        await page.get_by_test_id("close-check").click()
        await page.locator(f"[data-notice=microphone_{name}]").wait_for()
        await studio.shoot(page, f"microphone-{name}")
        await page.context.close()

    page = await enter(studio, space, silent, SILENT_MICROPHONE)
    await page.get_by_test_id("request-to-speak").click()
    await page.get_by_test_id("unmute").click()
    await page.locator("[data-testid=microphone-hint]:not(:empty)").wait_for()
    await studio.shoot(page, "microphone-silent-check")
    await page.get_by_test_id("go-on-air").click()
    await page.locator("[data-notice=microphone_silent]").wait_for()
    await studio.shoot(page, "microphone-silent")
    await page.context.close()


async def elsewhere(studio: Studio, space: dict[str, Any], somebody: Somebody) -> None:
    tab = await enter(studio, space, somebody)
    other = await tab.context.new_page()
    await studio.visit(other, f"/spaces/{space['id']}", "[data-testid=elsewhere]")
    await studio.shoot(other, "other-tab-door")
    await other.get_by_test_id("start-listening").click()
    await tab.get_by_test_id("listen-here").wait_for()
    await studio.shoot(tab, "elsewhere")


async def cut_off(
    studio: Studio, space: dict[str, Any], ada: Somebody, to_be_removed: Somebody, unlucky: Somebody
) -> None:
    removed = await enter(studio, space, to_be_removed)
    cut = await studio.window(unlucky)
    sockets = await cuttable_socket(cut)
    await studio.visit(cut, f"/spaces/{space['id']}", "[data-testid=start-listening]")
    await cut.get_by_test_id("start-listening").click()
    await cut.locator("[data-testid=stage-participant]").first.wait_for()
    await sockets.pop().close(code=3000, reason="cut")
    await cut.locator("[data-connection=reconnecting]").wait_for()
    await studio.shoot(cut, "reconnecting")

    listing = ada.http.get(f"/api/v1/spaces/{space['id']}/participants?limit=100").json()["items"]
    chosen = next(one for one in listing if one["handle"] == to_be_removed.handle)
    ada.http.post(f"/api/v1/spaces/{space['id']}/participants/{chosen['id']}/remove")
    await removed.get_by_test_id("removed").wait_for()
    await studio.shoot(removed, "removed")

    staying = await enter(studio, space, None)
    ada.http.post(f"/api/v1/spaces/{space['id']}/end").raise_for_status()
    await staying.get_by_test_id("ended").wait_for()
    await studio.shoot(staying, "ended")


SCENES = [Scene("live-trouble", "What goes wrong, each with its sentence and its next step.", trouble)]
