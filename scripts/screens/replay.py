"""The same space, later: a real recording with its words, and what of it is still being made or went wrong."""

import asyncio
import subprocess
import sys
from contextlib import ExitStack
from typing import Any

from playwright.async_api import Page, Route

from scripts.screens.live import host_of
from scripts.screens.studio import Scene, Somebody, Studio
from tests.journeys.speech import BECKETT, DICKENS, write_microphone

TITLE = "Read aloud: two cities, and failing better"
# Both have said their piece by then.
RECORDED_S = 12.0
MADE_WITHIN_S = 240.0


def speaks(studio: Studio, space: dict[str, Any], somebody: Somebody, file: str) -> subprocess.Popen[bytes]:
    """`voxhall speak`, as anybody would."""
    token = somebody.http.post("/api/v1/me/tokens", json={"name": "pictures"}).json()["token"]
    command = [sys.executable, "-m", "voxhall", "speak", file, "--loop", "--space", space["id"]]
    return subprocess.Popen([*command, "--server", studio.server.url, "--token", token], stdout=subprocess.DEVNULL)


async def recorded(studio: Studio) -> dict[str, Any]:
    """Two people read; afterwards the files are all there."""
    ada, ben = host_of(studio), studio.person("ben", "Ben Okri")
    folder = studio.server.data.parent
    jar = [{"service": "paypal", "name": "AdaReads"}, {"service": "patreon", "name": "adareads"}]
    ada.http.patch("/api/v1/me", json={"tip_jar": jar}).raise_for_status()
    space = studio.space(ada, TITLE, who_may_speak="everyone", recording="on", language="en", topics=["books"])
    with ExitStack() as stack:
        for somebody, speech, name in ((ada, DICKENS, "ada.wav"), (ben, BECKETT, "ben.wav")):
            file = str(write_microphone(folder / name, speech))
            voice = stack.enter_context(speaks(studio, space, somebody, file))
            stack.callback(voice.terminate)
            await asyncio.sleep(RECORDED_S / 2)
        await asyncio.sleep(RECORDED_S / 2)
        ada.http.post(f"/api/v1/spaces/{space['id']}/end").raise_for_status()
    end = asyncio.get_running_loop().time() + MADE_WITHIN_S
    while not is_made(recording := ada.http.get(f"/api/v1/spaces/{space['id']}/recording").json()):
        assert asyncio.get_running_loop().time() < end, recording
        await asyncio.sleep(0.5)
    return space


def is_made(recording: dict[str, Any]) -> bool:
    return recording["transcript"]["state"] == "ready" and recording["waveform"] is not None


async def as_if(page: Page, **transcript: Any) -> None:
    """What takes a slow machine or a missing model to see: the same recording with its words in another state."""

    async def answer(route: Route) -> None:
        found = await route.fetch()
        recording = await found.json()
        recording["transcript"] |= {"json": None, "vtt": None, "srt": None, "txt": None} | transcript
        await route.fulfill(json=recording)

    await page.route("**/recording", answer)


async def replay(studio: Studio) -> None:
    space = await recorded(studio)
    path = f"/spaces/{space['id']}"
    page = await studio.window()
    await studio.visit(page, path, "[data-testid=transcript]")
    await page.get_by_test_id("tips").wait_for()
    await studio.shoot(page)
    await page.get_by_test_id("play").click()
    await page.locator("[data-testid=seat][data-speaking=true]").first.wait_for()
    await studio.shoot(page, "playing")
    await page.get_by_test_id("play").click()
    await page.get_by_test_id("transcript-search").fill("fail")
    await page.get_by_test_id("transcript-matches").wait_for()
    await studio.shoot(page, "search")
    await page.get_by_test_id("downloads").click()
    await page.get_by_role("menuitem").first.wait_for()
    await studio.shoot(page, "downloads")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("tip-face").first.click()
    await page.get_by_test_id("tip-service").first.wait_for()
    await studio.shoot(page, "tips")

    for state, progress in (("processing", 0.4), ("failed", None)):
        page = await studio.window(host_of(studio))
        await as_if(page, state=state, progress=progress)
        await studio.visit(page, path, "[data-testid=player]")
        await page.get_by_test_id("stage-then").wait_for()
        await studio.shoot(page, f"words-{state}")


SCENES = [
    Scene(
        "replay",
        "The replay: before a tap, playing, a word looked for, files, tips; its words still being written, or failed.",
        replay,
    )
]
