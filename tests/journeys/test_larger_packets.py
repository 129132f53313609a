"""Packets of 60 ms, as a full node sends them: both browsers hear what they hear of packets of 20."""

from pathlib import Path

import pytest

from tests.journeys import chromium
from tests.journeys.firefox import firefox_page
from tests.journeys.tone import tone_on_stage
from tests.running import running_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SECONDS = 3

# How much of what was played came in how many packets, and how much of it had to be guessed.
SAMPLES_OF_A_PACKET = """
async (seconds) => {
  const seen = async () => [...(await window.peer.getStats()).values()].find(({ type }) => type === 'inbound-rtp');
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  while (((await seen())?.packetsReceived ?? 0) < 20) await wait(50);
  const before = await seen();
  await wait(seconds * 1000);
  const after = await seen();
  const samples = after.totalSamplesReceived - before.totalSamplesReceived;
  return [
    samples / (after.packetsReceived - before.packetsReceived),
    (after.concealedSamples - before.concealedSamples) / samples,
  ];
}
"""

KEEP_THE_PEER = """
const Peer = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Peer { constructor(...given) { super(...given); window.peer = this; } };
"""


async def test_packets_of_60_ms_are_heard_in_chromium_and_in_firefox(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    with running_server(tmp_path / "server", settings={"VOXHALL_MEDIA_FRAME_MS": "60"}) as server:
        host = server.account("large_host")
        space = server.open_space(host)
        page_url = f"{server.url}/spaces/{space['id']}"
        async with (
            tone_on_stage(server, host, space, tmp_path),
            chromium.playwright() as running,
            chromium.person(running) as page,
            firefox_page(tmp_path) as firefox,
        ):
            await page.add_init_script(KEEP_THE_PEER)
            await chromium.listen(page, page_url)
            samples, concealed = await page.evaluate(SAMPLES_OF_A_PACKET, SECONDS)
            assert samples == pytest.approx(60 * 48, rel=0.2)
            assert concealed < 0.1
            await firefox.goto(page_url)
            await firefox.click("start-listening")
            assert await firefox.hears()
            assert await chromium.hears(page)
