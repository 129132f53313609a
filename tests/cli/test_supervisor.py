"""The supervisor with real child processes: who dies is started again, and nobody is left over."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import eventually

ROLES = ("control", "media", "worker")


class Supervised:
    def __init__(self, folder: Path, drain_s: float = 5) -> None:
        self._folder = folder
        command = [sys.executable, "-m", "tests.cli.supervised", str(folder), str(drain_s)]
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)

    def starts(self, role: str) -> list[int]:
        """The process id of every start of this role."""
        notes = self._folder / f"{role}.started"
        return [int(line.split()[0]) for line in notes.read_text().splitlines()] if notes.exists() else []

    def niceness(self, role: str) -> int:
        return int((self._folder / f"{role}.started").read_text().split()[1])

    def compiles_anew(self, role: str) -> bool:
        return (self._folder / f"{role}.started").read_text().split()[2] == "True"

    async def until_all_run(self) -> None:
        await eventually(lambda: all(self.starts(role) for role in ROLES), within_s=20)


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    running = Supervised(tmp_path)
    yield running
    running.process.kill()
    running.process.wait()


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return status != "Z"


async def test_a_child_that_is_killed_is_started_again_and_the_others_live_on(supervised: Supervised) -> None:
    await supervised.until_all_run()
    os.kill(supervised.starts("media")[0], signal.SIGKILL)
    await eventually(lambda: len(supervised.starts("media")) == 2, within_s=20)
    assert len(supervised.starts("control")) == len(supervised.starts("worker")) == 1


async def test_all_stop_when_told_to_and_the_status_says_that_it_was_asked_for(supervised: Supervised) -> None:
    await supervised.until_all_run()
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.process.wait(20) == 0
    assert not any(is_alive(supervised.starts(role)[0]) for role in ROLES)


async def test_a_child_that_does_not_stop_is_killed_when_the_drain_is_over(tmp_path: Path) -> None:
    (tmp_path / "media.does").write_text("ignores the signal")
    supervised = Supervised(tmp_path, drain_s=0.5)
    await supervised.until_all_run()
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.process.wait(20) == 0
    assert not is_alive(supervised.starts("media")[0])


async def test_a_child_that_cannot_start_at_all_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "control.does").write_text("78")
    supervised = Supervised(tmp_path)
    assert supervised.process.wait(20) == 1
    assert len(supervised.starts("control")) == 1


async def test_a_child_that_keeps_dying_is_tried_again_with_pauses(tmp_path: Path) -> None:
    (tmp_path / "worker.does").write_text("1")
    supervised = Supervised(tmp_path)
    await eventually(lambda: len(supervised.starts("worker")) >= 3, within_s=20)
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.process.wait(20) == 0
    assert len(supervised.starts("worker")) < 10


async def test_children_do_not_outlive_a_supervisor_that_is_killed(supervised: Supervised) -> None:
    await supervised.until_all_run()
    supervised.process.kill()
    await eventually(lambda: not any(is_alive(supervised.starts(role)[0]) for role in ROLES), within_s=20)


async def test_the_worker_gives_way_to_the_others(supervised: Supervised) -> None:
    await supervised.until_all_run()
    assert supervised.niceness("worker") - supervised.niceness("control") == 10


async def test_a_role_starts_as_quickly_the_next_time_whatever_the_environment_says(supervised: Supervised) -> None:
    await supervised.until_all_run()
    assert not any(supervised.compiles_anew(role) for role in ROLES)
