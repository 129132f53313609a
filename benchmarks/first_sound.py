"""From the click on "listen" to the first audible sample, in Chromium and in Firefox, with a tone on stage.

The sample is looked for in the very stream that the page plays, every few milliseconds, by the page's own clock.
Run it alone on the machine: a busy one measures itself. `python -m benchmarks.first_sound [JOINS]` prints JSON.
"""

import asyncio
import json
import math
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.report import report
from tests.journeys import chromium
from tests.journeys.firefox import firefox_page
from tests.journeys.tone import tone_on_stage
from tests.media.peers import listener
from tests.running import RunningServer, running_server

JOINS = 20
# Far above a decoder's noise, far below the tone: lower, and the fade-in counts as sound a millisecond or two earlier.
AUDIBLE = 0.01

WATCH = (
    """() => {
  const property = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
  let clicked = 0;
  const context = new AudioContext({ latencyHint: 'interactive' });
  window.clockRuns = () => context.resume();
  window.firstSound = new Promise((resolve) => {
    document.addEventListener('click', (event) => {
      if (clicked || !event.target.closest('[data-testid=start-listening]')) return;
      clicked = performance.now();
      context.resume();
    }, { capture: true });
    Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
      ...property,
      set(stream) {
        property.set.call(this, stream);
        if (!stream || !clicked) return;
        const analyser = context.createAnalyser();
        analyser.fftSize = 2048;
        context.createMediaStreamSource(stream).connect(analyser);
        const samples = new Float32Array(analyser.fftSize);
        const look = () => {
          analyser.getFloatTimeDomainData(samples);
          if (samples.some((sample) => Math.abs(sample) > AUDIBLE)) resolve(performance.now() - clicked);
          else setTimeout(look, 2);
        };
        look();
      },
    });
  });
}"""
).replace("AUDIBLE", str(AUDIBLE))


async def chromium_joins(space_url: str, joins: int) -> list[float]:
    """A fresh page each time in one running browser: a person who has it open already."""
    times = []
    async with chromium.playwright() as running, chromium.person(running) as first_page:
        assert first_page.context.browser is not None
        for _ in range(joins):
            page = await first_page.context.browser.new_page()
            await page.add_init_script(f"({WATCH})()")
            await page.goto(space_url)
            await page.get_by_test_id("start-listening").click()
            times.append(float(await page.evaluate("() => window.firstSound")))
            await page.get_by_test_id("leave").click()
            await page.close()
    return times


async def firefox_joins(space_url: str, joins: int) -> list[float]:
    times = []
    with tempfile.TemporaryDirectory() as folder:
        # Starting an audio device takes Firefox most of a second: the clock that measures has to run before the click.
        async with firefox_page(Path(folder), {"media.autoplay.default": 0}) as page:
            await page.command("script.addPreloadScript", functionDeclaration=WATCH)
            for _ in range(joins):
                await page.goto(space_url)
                await page.evaluate("() => window.clockRuns()")
                await page.click("start-listening")
                times.append(float(await page.evaluate("() => window.firstSound")))
                await page.click("leave")
                await page.goto("about:blank")
    return times


def summary(times: list[float]) -> dict[str, float]:
    """The p95 of twenty is the second slowest, not the slowest: nearest rank."""
    ordered = sorted(times)

    def rank(part: float) -> float:
        return round(ordered[math.ceil(part * len(ordered)) - 1], 1)

    return {"joins": len(ordered), "p50_ms": rank(0.5), "p95_ms": rank(0.95), "max_ms": round(ordered[-1], 1)}


async def measure(server: RunningServer, folder: Path, joins: int) -> dict[str, dict[str, float]]:
    host = server.new_account("tone")
    space = server.open_space(host)
    space_url = f"{server.url}/spaces/{space['id']}"
    browsers: dict[str, Callable[[str, int], Awaitable[list[float]]]] = {
        "chromium": chromium_joins,
        "firefox": firefox_joins,
    }
    async with tone_on_stage(server, host, space, folder):
        async with listener(f"{server.url}/api/v1/spaces/{space['id']}/whep") as (ear, _):
            await ear.hears_something(within_s=20)
        return {name: summary(await joined(space_url, joins)) for name, joined in browsers.items()}


def main() -> None:
    joins = int(sys.argv[1]) if len(sys.argv) > 1 else JOINS
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        results = asyncio.run(measure(server, Path(folder), joins))
    print(json.dumps(report("first_sound", results)))


if __name__ == "__main__":
    main()
