"""What stands beside every number: the commit, the machine, and how much of the machine others took meanwhile."""

import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_BEGAN = time.time()


def report(benchmark: str, results: Any) -> dict[str, Any]:
    return {"benchmark": benchmark, "commit": commit(), "machine": machine(), "results": results}


def commit() -> str:
    """With `+` behind it when the checkout has changes that no commit holds."""

    def git(*arguments: str) -> str:
        answer = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return answer.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_1_minute": round(os.getloadavg()[0], 2),
        "seconds": round(time.time() - _BEGAN, 1),
        "stolen_seconds_since_boot": _stolen_s(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _stolen_s() -> float | None:
    """Time that the host gave to other machines; None where the kernel does not say."""
    try:
        fields = Path("/proc/stat").read_text().splitlines()[0].split()
    except OSError:
        return None
    return int(fields[8]) / os.sysconf("SC_CLK_TCK") if len(fields) > 8 else None
