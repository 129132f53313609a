"""Somebody who listens on, in Chromium and in Firefox, through a network that loses one packet in twenty: after a
minute without any network the sound is back, and the first wrap of the packets' numbers, which every session meets
within 22 minutes, costs nothing.

`python -m benchmarks.listening_on [MINUTES]` prints JSON; status 1 if a bar was not kept.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import report
from tests.impaired import Loss
from tests.journeys import chromium
from tests.journeys.chromium import REMEMBER_PEERS
from tests.journeys.firefox import FirefoxPage, firefox_page
from tests.journeys.relay import udp_relay
from tests.journeys.tone import tone_on_stage
from tests.running import RunningServer, running_server

# The numbers begin below 2^15, and 2^16 of them last 21.8 minutes at 50 a second.
MINUTES = 22.5
OUTAGE_S = 60
LOSS = 0.05
BARS = {"back_s": 3.0, "seconds_without_a_packet": 0}

# No way but the relay's: what is cut is cut.
NO_TCP = r"""
const set = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
  const kept = sdp.split('\r\n').filter((line) => !/^a=candidate:\S+ \d+ tcp /i.test(line));
  return set.call(this, { type, sdp: kept.join('\r\n') });
};
"""
SEEN = """
async () => {
  const inbound = [...(await window.peers.at(-1).getStats()).values()].find(({ type }) => type === 'inbound-rtp');
  return JSON.stringify({
    sessions: window.peers.length,
    received: inbound?.packetsReceived ?? 0,
    lost: inbound?.packetsLost ?? 0,
    samples: inbound?.totalSamplesReceived ?? 0,
    concealed: (inbound?.concealedSamples ?? 0) - (inbound?.silentConcealedSamples ?? 0),
  });
}
"""


@dataclass
class Browser:
    evaluate: Callable[[str], Awaitable[Any]]
    sound: Callable[[], Awaitable[Any]]

    async def seen(self) -> dict[str, int]:
        found: dict[str, int] = json.loads(await self.evaluate(SEEN))
        return found


async def time_until(awaited: Awaitable[Any]) -> float:
    begun_s = time.monotonic()
    await awaited
    return round(time.monotonic() - begun_s, 2)


async def listen_on(browser: Browser, minutes: float) -> dict[str, Any]:
    """Looks once a second at what came."""
    first = before = await browser.seen()
    empty_seconds = 0
    ends_s = time.monotonic() + minutes * 60
    while time.monotonic() < ends_s:
        await asyncio.sleep(1)
        now = await browser.seen()
        empty_seconds += now["received"] <= before["received"]
        before = now
    came = {name: before[name] - first[name] for name in first}
    return {
        "packets": came["received"],
        "lost": came["lost"],
        "more_sessions": came["sessions"],
        "seconds_without_a_packet": empty_seconds,
        "concealed_share": round(came["concealed"] / came["samples"], 4) if came["samples"] else None,
    }


async def measure(server: RunningServer, folder: Path, minutes: float) -> dict[str, Any]:
    host = server.account("listening_on")
    space = server.open_space(host)
    address = f"{server.url}/spaces/{space['id']}"
    async with (
        tone_on_stage(server, host, space, folder),
        udp_relay(server) as relay,
        chromium.playwright() as running,
        chromium.person(running) as page,
        firefox_page(folder) as firefox,
    ):
        for one in (page, firefox):
            await one.add_init_script(REMEMBER_PEERS + NO_TCP + relay.script)
        await chromium.listen(page, address)
        await open_in(firefox, address)
        browsers = {
            "chromium": Browser(page.evaluate, lambda: chromium.hears(page)),
            "firefox": Browser(firefox.evaluate, firefox.hears),
        }
        await asyncio.gather(*(one.sound() for one in browsers.values()))

        relay.cut()
        # Firefox cannot be taken off line: its page goes on asking the server.
        await page.context.set_offline(True)
        await asyncio.sleep(OUTAGE_S)
        relay.mend()
        await page.context.set_offline(False)
        back_s = await asyncio.gather(*(time_until(one.sound()) for one in browsers.values()))

        relay.loss = Loss(LOSS)
        after = await asyncio.gather(*(listen_on(one, minutes) for one in browsers.values()))
    return {
        name: {"back_after_a_minute_s": back, **found}
        for name, back, found in zip(browsers, back_s, after, strict=True)
    }


async def open_in(firefox: FirefoxPage, address: str) -> None:
    await firefox.goto(address)
    await firefox.click("start-listening")


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        results = asyncio.run(measure(server, Path(folder), minutes))
    kept = {
        name: found["back_after_a_minute_s"] <= BARS["back_s"]
        and found["seconds_without_a_packet"] <= BARS["seconds_without_a_packet"]
        and found["more_sessions"] == 0
        for name, found in results.items()
    }
    print(json.dumps(report("listening_on", results | {"bars": BARS, "bars_kept": kept})))
    sys.exit(0 if all(kept.values()) else 1)


if __name__ == "__main__":
    main()
