"""Run by test_supervisor.py: a supervisor whose children note that they started and do what their role's file says."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from voxhall.supervisor import Supervisor

CHILD = """
import os, pathlib, signal, sys, time
folder, role = pathlib.Path(sys.argv[1]), sys.argv[2]
behaviour = (folder / f"{role}.does").read_text() if (folder / f"{role}.does").exists() else ""
if behaviour == "ignores the signal":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
with (folder / f"{role}.started").open("a") as notes:
    notes.write(f"{os.getpid()} {os.nice(0)} {sys.dont_write_bytecode}\\n")
if behaviour.isdigit():
    sys.exit(int(behaviour))
signal.pause()
"""


def command(role: str) -> Sequence[str]:
    return [sys.executable, "-c", CHILD, sys.argv[1], role]


if __name__ == "__main__":
    Path(sys.argv[1], "supervisor.started").write_text("")
    sys.exit(asyncio.run(Supervisor(command, drain_s=float(sys.argv[2])).run()))
