"""`kill -9` of the media node and of the control plane by turns, with sound in a recorded space: how long until
everybody hears again, what is lost of the tape, how long nobody can join, and what a page misses.

Kills of one role are 30 s apart and more: the supervisor starts one that keeps dying again with pauses.
`python -m benchmarks.deaths [TIMES]` prints JSON; status 1 if a bar of the design was not kept.
"""

import asyncio
import json
import math
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.report import report
from tests.journeys import chromium
from tests.journeys.firefox import firefox_page
from tests.media.decoders import lost_ms
from tests.recordings.deaths import Scene, joins_again, open_page, scene, until
from tests.recordings.rising_tone import HEARS_LATER, hears_later
from tests.running import RunningServer, running_server

TIMES = 25
PEERS = "() => window.peers.length"
# Half of what a role has to live to be taken for sound again.
APART_S = 16.0
BARS = {"back_s": 3.0, "listener_away_ms": 500.0, "tape_lost_ms": 1_000, "join_s": 5.0, "pause_ms": 60.0}


@dataclass
class Ears:
    """Those who listen in browsers: each can wait for what is said after a moment of the voice, and says how many
    connections it has made until now."""

    later: Callable[[float], Awaitable[Any]]
    peers: Callable[[], Awaitable[int]]


@dataclass
class Measured:
    back_s: dict[str, list[float]] = field(default_factory=dict)
    # Until who listens is sent packets again, spoken or silent, and whether it had to join anew for that.
    listener_away_ms: list[float] = field(default_factory=list)
    rejoined: int = 0
    join_s: list[float] = field(default_factory=list)
    pauses_ms: list[float] = field(default_factory=list)
    stages_changed: int = 0


async def kill_node(here: Scene, browsers: dict[str, Ears], measured: Measured) -> None:
    people, life = here.people(), here.ear.heard[-1].life
    peers = {name: await ears.peers() for name, ears in browsers.items()}
    killed_at_s = here.server.kill("media")
    # What is said later goes into the void until the voice is with the next node.
    said_s = here.voice.said_s

    async def in_browser(name: str) -> None:
        await browsers[name].later(said_s)
        measured.back_s.setdefault(name, []).append(time.monotonic() - killed_at_s)

    async def on_command_line() -> None:
        again = await here.ear.hears_the_next_node(killed_at_s)
        measured.listener_away_ms.append((again.at_s - killed_at_s) * 1000)
        measured.rejoined += again.life != life
        back_at_s = await here.ear.hears(again.at_s)
        measured.back_s.setdefault("speak and listen", []).append(back_at_s - killed_at_s)

    await asyncio.gather(on_command_line(), *map(in_browser, browsers))
    for name, ears in browsers.items():
        measured.rejoined += await ears.peers() != peers[name]
    measured.stages_changed += here.people() != people


async def kill_control(here: Scene, measured: Measured) -> None:
    killed_at_s = here.server.kill("control")
    measured.join_s.append(await joins_again(here, killed_at_s))
    pause_s = here.ear.longest_pause_s(killed_at_s - 1, time.monotonic())
    measured.pauses_ms.append(pause_s * 1000)


async def measure(server: RunningServer, folder: Path, times: int) -> dict[str, Any]:
    measured = Measured()
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(scene(server, "deaths"))
        browsers = await open_browsers(stack, here, folder)
        for _ in range(times):
            for kill in (kill_node(here, browsers, measured), kill_control(here, measured)):
                begun_s = time.monotonic()
                await kill
                await asyncio.sleep(max(0.0, begun_s + APART_S - time.monotonic()))
        wrong_events = await events_missing_or_doubled(here)
        finished = await here.finished()
        lost = [lost_ms(here.tape / f"mix.{node + 1:04}.ogg", payloads(here, node)) for node in range(times)]
    return {
        "node": {
            "kills": times,
            "back_s": {name: summary(found) for name, found in measured.back_s.items()},
            "listener_away_ms": summary(measured.listener_away_ms),
            "listeners_rejoined": measured.rejoined,
            "tape_lost_ms": summary(list(map(float, lost))),
            "gaps_marked": len(finished["gaps"]),
            "stages_changed": measured.stages_changed,
        },
        "control": {
            "kills": times,
            "join_s": summary(measured.join_s),
            "longest_pause_ms": summary(measured.pauses_ms),
            "packets_missing": here.ear.missing_packets(),
            "events_missing_or_doubled": wrong_events,
        },
    }


async def open_browsers(stack: AsyncExitStack, here: Scene, folder: Path) -> dict[str, Ears]:
    address = f"{here.server.url}/spaces/{here.space}"
    page = await stack.enter_async_context(chromium.person(await stack.enter_async_context(chromium.playwright())))
    await page.add_init_script(chromium.REMEMBER_PEERS)
    await chromium.listen(page, address)
    firefox = await stack.enter_async_context(firefox_page(folder))
    await firefox.add_init_script(chromium.REMEMBER_PEERS)
    await firefox.goto(address)
    await firefox.click("start-listening")
    await asyncio.gather(chromium.hears(page), firefox.hears())

    return {
        "chromium": Ears(lambda said_s: page.evaluate(HEARS_LATER, hears_later(said_s)), lambda: page.evaluate(PEERS)),
        "firefox": Ears(
            lambda said_s: firefox.evaluate(f"() => ({HEARS_LATER})({hears_later(said_s)})"),
            lambda: firefox.evaluate(PEERS),
        ),
    }


def payloads(here: Scene, node: int) -> list[bytes]:
    return [one.packet.payload for one in here.ear.by_node()[node] if one.is_loud]


async def events_missing_or_doubled(here: Scene) -> int:
    """What the page saw against what a page is told that was away all the time."""
    seen = list(here.page.events)
    async with open_page(here.api, here.host, after=seen[0]["seq"] - 1) as page:
        await until(lambda: (page.seq or 0) >= seen[-1]["seq"])
        truth = [one["seq"] for one in page.events if one["seq"] <= seen[-1]["seq"]]
    numbers = [one["seq"] for one in seen]
    return len(set(truth) ^ set(numbers)) + len(numbers) - len(set(numbers))


def summary(found: list[float]) -> dict[str, float]:
    """Of a hundred and fewer the p99 is the worst, by nearest rank."""
    ordered = sorted(found)
    ranks = {f"p{part}": ordered[math.ceil(part / 100 * len(ordered)) - 1] for part in (50, 95, 99)}
    return {name: round(value, 2) for name, value in ranks.items()}


def bars_kept(results: dict[str, Any]) -> dict[str, bool]:
    node, control = results["node"], results["control"]
    return {
        "everybody hears again": all(one["p99"] <= BARS["back_s"] for one in node["back_s"].values()),
        "who listens is sent packets again": node["listener_away_ms"]["p99"] <= BARS["listener_away_ms"],
        "nobody who listens joins anew": node["listeners_rejoined"] == 0,
        "the tape": node["tape_lost_ms"]["p99"] <= BARS["tape_lost_ms"],
        "the stage is as before": node["stages_changed"] == 0,
        "joining": control["join_s"]["p99"] <= BARS["join_s"],
        "no packet is missing": control["packets_missing"] == 0,
        "no pause": control["longest_pause_ms"]["p99"] <= BARS["pause_ms"],
        "no event is missing or doubled": control["events_missing_or_doubled"] == 0,
    }


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        results = asyncio.run(measure(server, Path(folder), times))
    kept = bars_kept(results)
    print(json.dumps(report("deaths", results | {"bars": BARS, "bars_kept": kept})))
    sys.exit(0 if all(kept.values()) else 1)


if __name__ == "__main__":
    main()
