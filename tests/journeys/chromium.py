"""People in Chromium: each has a browser process of their own, and a microphone that plays a file."""

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, Playwright, async_playwright

EXECUTABLE = os.environ.get("VOXHALL_TEST_CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    # A page in the background of a headless browser is otherwise slowed down.
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
]

# What the page itself plays is recorded: the stream of its own audio element, as its listener hears it.
START_RECORDING = """
async () => {
  const element = document.querySelector('audio[data-testid=sound]');
  const recorder = new MediaRecorder(element.srcObject, { audioBitsPerSecond: 128000 });
  const chunks = [];
  recorder.ondataavailable = (event) => chunks.push(event.data);
  recorder.start(500);
  window.finishRecording = () => new Promise((resolve) => {
    recorder.onstop = () => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result.split(',')[1]);
      reader.readAsDataURL(new Blob(chunks));
    };
    recorder.stop();
  });
}
"""

# Resolves when the ring around a person has shown one whole round of their microphone's file: after they were seen
# speaking, a long pause, their voice, and a long pause again. No clock of the test's decides when enough was said.
WHOLE_ROUND = """
([name, pause_ms]) => new Promise((resolve) => {
  const find = () => [...document.querySelectorAll('[data-testid=stage-participant]')]
    .find((person) => person.textContent.includes(name));
  const steps = ['voice', 'pause', 'voice', 'pause'];
  let spokeAt = performance.now();
  const look = () => {
    const now = performance.now();
    const speaks = find()?.dataset.speaking === 'true';
    if (speaks) spokeAt = now;
    const sees = speaks ? 'voice' : now - spokeAt > pause_ms ? 'pause' : null;
    if (sees === steps[0]) steps.shift();
    if (steps.length > 0) return setTimeout(look, 50);
    resolve(true);
  };
  look();
})
"""


@asynccontextmanager
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as running:
        yield running


@asynccontextmanager
async def person(running: Playwright, *, microphone: Path | None = None) -> AsyncIterator[Page]:
    """A page in a new browser process; without `microphone` it is Chromium's beep, which nobody here turns on."""
    flags = [*QUIET]
    if microphone is not None:
        flags.append(f"--use-file-for-fake-audio-capture={microphone}")
    browser: Browser = await running.chromium.launch(executable_path=EXECUTABLE, headless=False, args=flags)
    try:
        page = await browser.new_page()
        page.set_default_timeout(20_000)
        yield page
    finally:
        await browser.close()


async def sign_up(page: Page, server: str, handle: str, name: str) -> None:
    await page.goto(f"{server}/sign-up")
    await page.get_by_test_id("handle").fill(handle)
    await page.get_by_test_id("display-name").fill(name)
    await page.get_by_test_id("password").fill(f"the password of {handle}")
    await page.get_by_test_id("sign-up-submit").click()
    await page.get_by_test_id("account").wait_for()


async def start_space(page: Page, server: str, title: str) -> str:
    """Opens a space, which puts its host on stage; answers its address."""
    await page.goto(f"{server}/spaces/new")
    await page.get_by_test_id("space-title").fill(title)
    await page.get_by_test_id("start-space").click()
    await page.wait_for_url("**/spaces/sp_*")
    return page.url


async def listen(page: Page, space_url: str) -> None:
    await page.goto(space_url)
    await page.get_by_test_id("start-listening").click()
    await page.locator("[data-testid=status][data-sound=playing]").wait_for()


async def start_recording(page: Page) -> None:
    await page.evaluate(START_RECORDING)


async def hear_whole_round(page: Page, name: str, pause_s: float) -> None:
    await page.evaluate(WHOLE_ROUND, [name, pause_s * 1000])


async def finish_recording(page: Page) -> bytes:
    return base64.b64decode(await page.evaluate("() => window.finishRecording()"))
