"""A listener that somebody else wrote, on somebody else's page."""

from pathlib import Path

import pytest

from tests.journeys import chromium
from tests.journeys.other_origin import other_origin
from tests.journeys.tone import tone_on_stage
from tests.running import RunningServer, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

# Loud enough to be the tone and not the noise floor of a decoder: RMS of the samples, full scale 1.
AUDIBLE_RMS = 0.01

HEARS = """
async (threshold) => {
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(document.querySelector('video').srcObject).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return new Promise((resolve) => {
    const look = () => {
      analyser.getFloatTimeDomainData(samples);
      const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      if (rms > threshold) resolve(rms); else setTimeout(look, 20);
    };
    look();
  });
}
"""


async def test_a_published_whep_player_on_another_origin_hears_and_leaves_by_delete(
    server: RunningServer, tmp_path: Path
) -> None:
    host = server.account("whep_host")
    space = server.open_space(host)
    whep = f"{server.url}/api/v1/spaces/{space['id']}/whep"
    with other_origin(tmp_path / "site") as site:
        async with (
            tone_on_stage(server, host, space, tmp_path),
            chromium.playwright() as running,
            chromium.person(running) as page,
        ):
            await page.goto(f"{site}/?whep={whep}")
            await page.get_by_test_id("listen").click()
            await page.wait_for_function("() => document.querySelector('video').srcObject?.getAudioTracks().length > 0")
            assert await page.evaluate(HEARS, AUDIBLE_RMS) > AUDIBLE_RMS
            await eventually(lambda: server.space(space["id"])["listener_count"] == 1)
            async with page.expect_response(lambda answer: answer.request.method == "DELETE") as leaving:
                await page.get_by_test_id("stop").click()
            assert (await leaving.value).status == 200
            await eventually(lambda: server.space(space["id"])["listener_count"] == 0)
