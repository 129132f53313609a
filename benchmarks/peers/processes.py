"""Servers and bridges as processes of their own, each on its core."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.listeners import Usage
from benchmarks.peers.figures import Look
from tests.running import stop

SERVER_CORE = 0
# All that is not measured: the crowd, the bridge, whoever sends the sound.
OTHER_CORE = 1
READY_S = 30
# The kernel's name for the CPU time of a whole process, threads that are gone included (`clock_getcpuclockid`): in
# nanoseconds, where /proc counts in hundredths of a second.
CPU_CLOCK = 2


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started meanwhile stays there; this process goes back to where it was."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(
    command: Sequence[str], log: Path, core: int, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output, on_core(core):
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process)


def bridge_command(port: int, *arguments: str) -> list[str]:
    """A door before a rival's own, on that port (`benchmarks/peers/bridge`)."""
    return [sys.executable, "-m", "benchmarks.peers.bridge", str(port), *arguments]


def wait_until(is_up: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while not is_up():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} did not come up:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def look(pids: Sequence[int]) -> Look:
    usages = [Usage.of(pid) for pid in pids]
    return Look(
        time.monotonic(),
        sum(time.clock_gettime(~pid << 3 | CPU_CLOCK) for pid in pids),
        sum(usage.user_s for usage in usages),
        sum(usage.system_s for usage in usages),
        sum(usage.resident_kb for usage in usages),
    )
