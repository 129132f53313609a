"""The command line as a script calls it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

TIMEOUT_S = 40


def start(*arguments: str | Path, stdin: int | IO[bytes] = subprocess.DEVNULL) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VOXHALL_")}
    return subprocess.Popen(
        [sys.executable, "-m", "voxhall", *map(str, arguments)],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its status and what it said on standard error; it says nothing else."""
    with process:
        try:
            output, errors = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert output == ""
    return process.returncode, errors


def run(*arguments: str | Path) -> tuple[int, str]:
    return ended(start(*arguments))
