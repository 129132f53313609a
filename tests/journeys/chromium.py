"""People in Chromium, nothing shared between them but a process where their microphones are the same."""

import base64
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, Playwright, async_playwright, expect

from tests.running import Account, RunningServer

EXECUTABLE = os.environ.get("VOXHALL_TEST_CHROMIUM", "/usr/bin/chromium")
# A machine that is busy elsewhere is no failure; what is wrong stays wrong.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)

QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
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

# Resolves when the ring around a person has shown one whole round of their microphone's file: a long pause, the voice,
# and a long pause again. No clock of the test's decides when enough was said.
WHOLE_ROUND = """
([name, pause_ms]) => new Promise((resolve) => {
  const find = () => [...document.querySelectorAll('[data-testid=stage-participant]')]
    .find((person) => person.textContent.includes(name));
  const steps = ['pause', 'voice', 'pause'];
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

# Loud enough to be the tone and not the noise floor of a decoder: RMS of the samples, full scale 1.
AUDIBLE_RMS = 0.01
# Longer than the pause between two words or a lost packet.
SILENCE_MS = 300
# Nobody waits longer for sound: what the page says of itself then is worth more than a test that stands still.
GIVE_UP_MS = 45_000

# Watches what the page's audio elements play, and resolves once it has been audible, or silent for a while; with how
# long after the call the sound began or ended.
LISTEN_FOR = """
([wanted, threshold, silence_ms, give_up_ms]) => {
  const context = new AudioContext();
  const analysers = new Map();
  const samples = new Float32Array(1024);
  const loudness = () => Math.max(0, ...[...document.querySelectorAll('audio[data-testid=sound]')].map((element) => {
    const stream = element.srcObject;
    if (stream === null) return 0;
    if (!analysers.has(stream)) {
      analysers.set(stream, new AnalyserNode(context, { fftSize: samples.length }));
      context.createMediaStreamSource(stream).connect(analysers.get(stream));
    }
    analysers.get(stream).getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  }));
  const begun = performance.now();
  let heardAt = begun;
  let longest_ms = 0;
  const seen = () => JSON.stringify({
    at: location.pathname,
    clock: [context.state, context.currentTime],
    silent_ms: longest_ms,
    status: { ...document.querySelector('[data-testid=status]')?.dataset },
    elements: [...document.querySelectorAll('audio[data-testid=sound]')].map((element) => [
      element.paused, ...(element.srcObject?.getTracks() ?? []).map((track) => [track.readyState, track.muted]),
    ]),
  });
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const isHeard = loudness() > threshold;
      if (isHeard) heardAt = now;
      longest_ms = Math.max(longest_ms, now - heardAt);
      const isDone = wanted === 'sound' ? isHeard : now - heardAt > silence_ms;
      const isLate = now - begun > give_up_ms;
      if (!isDone && !isLate) return;
      clearInterval(timer);
      if (isDone) resolve(heardAt - begun);
      else reject(new Error(`no ${wanted}: ${seen()}`));
      void context.close();
    }, 20);
  });
}
"""


# Of every page, before its own scripts: what connections it has made.
REMEMBER_PEERS = """
window.peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...args) { super(...args); window.peers.push(this); }
};
"""


def listen_for(what: str) -> list[str | float]:
    """What LISTEN_FOR is told."""
    return [what, AUDIBLE_RMS, SILENCE_MS, GIVE_UP_MS]


class Browsers:
    """One process for each set of flags: what a microphone plays is a flag of the whole browser."""

    def __init__(self, playwright: Playwright) -> None:
        self._chromium = playwright.chromium
        self._started: dict[tuple[str, ...], Browser] = {}

    async def with_flags(self, flags: Sequence[str]) -> Browser:
        key = tuple(flags)
        if key not in self._started:
            self._started[key] = await self._chromium.launch(executable_path=EXECUTABLE, headless=False, args=[*flags])
        return self._started[key]

    async def close(self) -> None:
        for browser in self._started.values():
            await browser.close()


@asynccontextmanager
async def playwright() -> AsyncIterator[Browsers]:
    async with async_playwright() as running:
        browsers = Browsers(running)
        try:
            yield browsers
        finally:
            await browsers.close()


@asynccontextmanager
async def person(
    browsers: Browsers,
    *,
    microphone: Path | None = None,
    allows_microphone: bool = True,
    more_flags: Sequence[str] = (),
    time_zone: str | None = None,
) -> AsyncIterator[Page]:
    """A page with storage of its own; without `microphone` it is Chromium's beep, which nobody here turns on."""
    flags = [
        *QUIET,
        *more_flags,
        "--use-fake-ui-for-media-stream" if allows_microphone else "--deny-permission-prompts",
    ]
    if microphone is not None:
        flags.append(f"--use-file-for-fake-audio-capture={microphone}")
    # A context of our own may open a second tab.
    context = await (await browsers.with_flags(flags)).new_context(timezone_id=time_zone)
    try:
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        yield page
    finally:
        await context.close()


async def sign_up(page: Page, server: str, handle: str, name: str) -> None:
    """Into the page's own cookies; the form itself is filled in by the journeys of those who come as guests."""
    person = {"handle": handle, "display_name": name, "password": f"the password of {handle}"}
    answer = await page.context.request.post(f"{server}/api/v1/users", data=person, headers={"origin": server})
    assert answer.status == 201, await answer.text()


async def sign_in(page: Page, server: RunningServer, who: Account, path: str) -> None:
    """By the form, which leads on to `path`."""
    await page.goto(f"{server.url}/sign-in?next={path}")
    await page.get_by_test_id("handle").fill(who.handle)
    await page.get_by_test_id("password").fill(who.password)
    await page.get_by_test_id("sign-in-submit").click()
    await page.wait_for_url(f"{server.url}{path}")


async def fill_in_sign_up(page: Page, handle: str, name: str) -> None:
    # Signing in asks for a handle too: its form may still be there.
    form = page.get_by_test_id("sign-up-form")
    await form.get_by_test_id("handle").fill(handle)
    await form.get_by_test_id("display-name").fill(name)
    await form.get_by_test_id("password").fill(f"the password of {handle}")
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


async def turn_microphone_on(page: Page) -> None:
    """The first time in a browser its level is shown before anybody hears it."""
    await page.get_by_test_id("unmute").click()
    check, is_on = page.get_by_test_id("go-on-air"), page.get_by_test_id("mute")
    await check.or_(is_on).first.wait_for()
    if await check.is_visible():
        await page.locator("[data-testid=go-on-air]:not([aria-disabled])").click()
    await is_on.wait_for()


async def choose_more(page: Page, what: str) -> None:
    await page.get_by_test_id("more").click()
    await page.get_by_test_id(what).click()


async def start_recording(page: Page) -> None:
    await page.evaluate(START_RECORDING)


async def hear_whole_round(page: Page, name: str, pause_s: float) -> None:
    await page.evaluate(WHOLE_ROUND, [name, pause_s * 1000])


async def finish_recording(page: Page) -> bytes:
    return base64.b64decode(await page.evaluate("() => window.finishRecording()"))


async def hears(page: Page) -> bool:
    """Waits until the page plays something audible; asserted, so that a test says what it waits for."""
    await page.evaluate(LISTEN_FOR, listen_for("sound"))
    return True


async def begin_to_hear_silence(page: Page) -> Callable[[], Awaitable[float]]:
    """Listens from now on; what it answers waits for silence and tells after how many milliseconds it began."""
    await page.evaluate(f"(wish) => {{ window.silence = ({LISTEN_FOR})(wish); }}", listen_for("silence"))
    return lambda: page.evaluate("() => window.silence")
