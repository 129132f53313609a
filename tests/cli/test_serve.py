"""`voxhall serve` as operators run it: three processes, each of which may die."""

import os
import signal
from functools import partial
from pathlib import Path

import httpx2
import pytest

from tests.running import RunningServer, eventually, running_server


def process_of(server: RunningServer, role: str) -> int | None:
    """Found the way an operator would: by the command line."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_text().split("\0")
            except OSError:
                continue
            if str(server.data) in words and "--role" in words and words[words.index("--role") + 1] == role:
                return int(folder.name)
    return None


def has_new_process(server: RunningServer, role: str, before: int) -> bool:
    return process_of(server, role) not in {None, before}


def is_ready(server: RunningServer) -> bool:
    try:
        answer = server.http.get("/readyz")
    except httpx2.TransportError:
        return False
    return answer.status_code == 200 and answer.json()["parts"]["worker"] == "ok"


# Four starts of a whole server, on a machine that may be busy.
@pytest.mark.timeout(180)
async def test_each_role_may_be_killed_and_the_server_recovers(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        ana = server.account("ana")
        for role in ("worker", "media", "control"):
            await eventually(lambda: is_ready(server), within_s=30)
            before = process_of(server, role)
            assert before is not None
            os.kill(before, signal.SIGKILL)
            await eventually(partial(has_new_process, server, role, before), within_s=30)
        await eventually(lambda: is_ready(server), within_s=30)
        # What was committed before the control plane was killed is there.
        assert server.http.get("/api/v1/me", headers=ana.headers).json()["handle"] == "ana"
