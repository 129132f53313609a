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
from numpy.typing import NDArray

from tests.running import Account, RunningServer

RATE_HZ = 48_000
TONE_HZ = 440
TONE_S = 10


def write_tone(path: Path) -> Path:
    """Whole periods, so that it loops without a click."""
    at = np.arange(RATE_HZ * TONE_S) / RATE_HZ
    return _write(path, (np.sin(2 * np.pi * TONE_HZ * at) * 8000).astype("<i2"))


def _write(path: Path, samples: NDArray[np.int16]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return path


def write_hum(path: Path) -> Path:
    """Somebody who hums without drawing breath: never silent, and moving like a voice, so that no browser takes it for
    the noise of a fan and suppresses it, as it does with a tone.
    """
    at = np.arange(RATE_HZ * TONE_S) / RATE_HZ
    pitch = 2 * np.pi * 160 * at + 12 * np.sin(2 * np.pi * 2.5 * at)
    voice = sum(np.sin(overtone * pitch) / overtone for overtone in range(1, 9))
    samples = voice * (0.7 + 0.3 * np.sin(2 * np.pi * 4 * at)) * 6000
    return _write(path, samples.astype("<i2"))


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
