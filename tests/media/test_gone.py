"""Who vanishes without a word is neither sent anything nor counted."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.running import RunningServer, eventually

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
