"""Who vanishes without a word is neither sent anything nor counted."""

import asyncio
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.journeys.speech import RATE_HZ, decode
from tests.journeys.tone import write_tone
from tests.running import Account, RunningServer, eventually

pytestmark = pytest.mark.timeout(90)

GONE_AFTER_S = 15.0


async def test_a_vanished_listener_is_not_counted_after_fifteen_seconds(server: RunningServer, tmp_path: Path) -> None:
    """Killed, so that it says no goodbye and closes nothing."""
    host = server.account("gone_host")
    space = server.open_space(host)
    command = [sys.executable, "-m", "voxhall", "listen", "--space", space["id"], "--server", server.url]
    process = await asyncio.create_subprocess_exec(*command, "--seconds", "80", "--out", str(tmp_path / "heard.ogg"))
    await eventually(lambda: server.space(space["id"])["listener_count"] == 1, within_s=15)
    process.kill()
    await process.wait()
    await eventually(lambda: server.space(space["id"])["listener_count"] == 0, within_s=GONE_AFTER_S + 2)


def on_stage(server: RunningServer, host: Account, space: str) -> bool:
    answer = server.http.get(f"/api/v1/spaces/{space}/participants", headers=host.headers).json()
    return any(person["role"] == "host" for person in answer["items"])


async def test_a_killed_speaker_is_silent_at_once_without_a_click_and_leaves_the_stage(
    server: RunningServer, tmp_path: Path
) -> None:
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
    await eventually(lambda: on_stage(server, host, space), within_s=15)
    # Four seconds more are written, by which the tone is levelled.
    enough = file.stat().st_size + 4 * RATE_HZ * 2
    await eventually(lambda: file.stat().st_size > enough, within_s=15)
    speaking.kill()
    killed = time.monotonic()
    await speaking.wait()
    await eventually(lambda: not on_stage(server, host, space), within_s=GONE_AFTER_S + 2)
    assert await asyncio.wait_for(listening.wait(), 40) == 0

    heard = decode(file.read_bytes(), RATE_HZ).astype(np.int32)
    loud = np.flatnonzero(np.abs(heard) > 1_000)
    silent_after_s = listened_from + loud[-1] / RATE_HZ - killed
    assert silent_after_s < 1
    steady = np.abs(np.diff(heard[loud[-1] - 2 * RATE_HZ : loud[-1] - RATE_HZ])).max()
    at_the_end = np.abs(np.diff(heard[loud[-1] - RATE_HZ :])).max()
    # What is guessed begins a little beside the tone: twice its steepest rise was seen. A cut is seventeen times.
    assert at_the_end < 4 * steady, "a click"
