"""A disk that fills up under a recorded space: a warning, then no new recording, then not a byte; never the sound."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recordings.deaths import broken

# The host reads it within 5 s; a busy machine needs some of it.
TOLD_WITHIN_S = 8


def own_mounts() -> list[str]:
    return ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]


# What needs no disk of its own is tested anyway: tests/live/test_recording.py, tape-survives-its-disk.rs in rust/node.
@pytest.mark.skipif(
    subprocess.run([*own_mounts(), "true"], check=False, capture_output=True).returncode != 0,
    reason="this machine lets nobody mount, without which no disk is small enough to fill",
)
@pytest.mark.timeout(180)
def test_a_disk_that_fills_up_is_told_in_time_and_costs_the_recording_alone(tmp_path: Path) -> None:
    command = [*own_mounts(), sys.executable, "-m", "tests.recordings.on_a_small_disk", str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=170)
    assert answer.returncode == 0, answer.stderr[-4_000:]
    seen = json.loads(answer.stdout.splitlines()[-1])
    assert seen["tracebacks"] == []

    assert seen["low_after_s"] < TOLD_WITHIN_S
    assert seen["readyz_low"]["ready"]
    assert "at 97 % no recording begins" in seen["readyz_low"]["parts"]["recording"]
    assert "full, and no recording begins" in seen["readyz_full"]["parts"]["recording"]
    status, refusal = seen["refused"]
    assert (status, refusal["error"]["code"]) == (507, "disk_full")
    assert refusal["error"]["message"].startswith("The server's disk is nearly full, so nothing can be recorded.")

    assert seen["halted_after_s"] < TOLD_WITHIN_S
    assert (seen["missing_packets"], seen["lives"]) == (0, 1), "the sound goes on"
    assert seen["lost_ms"] <= 1_000
    ffmpeg, libopus = seen["decoded"]
    assert abs(ffmpeg - libopus) <= 960
    assert [gap["reason"] for gap in broken(seen["gaps"])] == ["disk_full"]
    assert seen["sound"] == seen["duration_ms"] * 48
