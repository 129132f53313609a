"""A tone on stage, by the command that anybody would use: `voxhall speak`."""

import asyncio
import contextlib
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tests.running import Account, RunningServer

RATE_HZ = 48_000
TONE_HZ = 440
TONE_S = 10


def write_tone(path: Path) -> Path:
    """Whole periods, so that it loops without a click."""
    at = np.arange(RATE_HZ * TONE_S) / RATE_HZ
    samples = (np.sin(2 * np.pi * TONE_HZ * at) * 8000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return path


@asynccontextmanager
async def tone_on_stage(
    server: RunningServer, host: Account, space: dict[str, Any], folder: Path
) -> AsyncIterator[None]:
    command = [sys.executable, "-m", "voxhall", "speak", str(write_tone(folder / "tone.wav")), "--space", space["id"]]
    process = await asyncio.create_subprocess_exec(
        *command, "--server", server.url, "--token", host.token, "--loop", stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield
        assert process.returncode is None, "voxhall speak stopped before it was told to"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
