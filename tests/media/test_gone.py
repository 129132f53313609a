"""Who vanishes without a word is neither sent anything nor counted."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import websockets.asyncio.client as websockets

from tests.journeys.speech import RATE_HZ, decode
from tests.journeys.tone import write_tone
from tests.running import Account, RunningServer, eventually

pytestmark = pytest.mark.timeout(90)

GONE_AFTER_S = 15.0
SHOWN_AFTER_S = 1.0


def busy() -> float:
    """The promise holds for a machine of its own; one that is busy for others is as much slower, and no failure."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1) / 2)


async def told_at_s(page: websockets.ClientConnection, is_it: Callable[[dict[str, Any]], bool]) -> float:
    """When a page is told what it waits for."""
    async for text in page:
        message = json.loads(text)
        if message["type"] == "ping":
            await page.send('{"type": "pong"}')
        elif is_it(message):
            return time.monotonic()
    raise AssertionError("the socket was closed")


def on_stage(server: RunningServer, host: Account, space: str) -> bool:
    answer = server.http.get(f"/api/v1/spaces/{space}/participants", headers=host.headers).json()
    return any(person["role"] == "host" for person in answer["items"])


async def test_who_is_killed_is_silent_and_shown_at_once_and_after_fifteen_seconds_neither_on_stage_nor_counted(
    server: RunningServer, tmp_path: Path
) -> None:
    """A speaker and a listener at the same time: killed, so that they say no goodbye and close nothing."""
    host = server.account("killed_host")
    space = server.open_space(host)["id"]
    file = tmp_path / "heard.wav"
    voxhall = (sys.executable, "-m", "voxhall")
    here = ("--space", space, "--server", server.url)
    listening = await asyncio.create_subprocess_exec(*voxhall, "listen", *here, "--seconds", "16", "--out", str(file))
    await eventually(file.exists, within_s=15)
    listened_from = time.monotonic()
    tone = str(write_tone(tmp_path / "tone.wav"))
    speaking = await asyncio.create_subprocess_exec(
        *voxhall, "speak", tone, *here, "--token", host.token, "--loop", stdout=asyncio.subprocess.DEVNULL
    )
    vanishing = await asyncio.create_subprocess_exec(*voxhall, "listen", *here, "--out", str(tmp_path / "other.ogg"))
    await eventually(lambda: on_stage(server, host, space), within_s=15)
    await eventually(lambda: server.space(space)["listener_count"] == 2, within_s=15)
    # Four seconds more are written, by which the tone is levelled.
    enough = file.stat().st_size + 4 * RATE_HZ * 2
    await eventually(lambda: file.stat().st_size > enough, within_s=15)
    address = f"{server.url.replace('http', 'ws')}/api/v1/spaces/{space}/live"
    async with websockets.connect(address) as page:
        await page.send(json.dumps({"type": "hello", "token": None}))
        await told_at_s(page, lambda told: told["type"] == "snapshot" and told["interrupted"] == [])
        speaking.kill()
        vanishing.kill()
        killed = time.monotonic()
        shown = await told_at_s(page, lambda told: told["type"] == "interrupted" and told["participant_ids"] != [])
        removed = await told_at_s(page, lambda told: told.get("name") == "speaker_removed")
    await asyncio.gather(speaking.wait(), vanishing.wait())
    assert shown - killed < SHOWN_AFTER_S * busy()
    assert removed - killed < GONE_AFTER_S * busy()
    assert not on_stage(server, host, space)
    print(f"gone: shown after {shown - killed:.2f} s, off the stage after {removed - killed:.2f} s")
    assert await asyncio.wait_for(listening.wait(), 40) == 0
    await eventually(lambda: server.space(space)["listener_count"] == 0)

    heard = decode(file.read_bytes(), RATE_HZ).astype(np.int32)
    loud = np.flatnonzero(np.abs(heard) > 1_000)
    silent_after_s = listened_from + loud[-1] / RATE_HZ - killed
    assert silent_after_s < 1
    steady = np.abs(np.diff(heard[loud[-1] - 2 * RATE_HZ : loud[-1] - RATE_HZ])).max()
    at_the_end = np.abs(np.diff(heard[loud[-1] - RATE_HZ :])).max()
    # What is guessed begins a little beside the tone: twice its steepest rise was seen. A cut is seventeen times.
    assert at_the_end < 4 * steady, "a click"
