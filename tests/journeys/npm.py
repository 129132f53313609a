"""What tests and benchmarks use of npm, installed once a checkout; the lock of each folder holds the hashes."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
NODE_MODULES = FOLDER / "node_modules"
BIN = Path(sys.executable).parent


def install(folder: Path = FOLDER) -> None:
    stamp = folder / "node_modules" / ".installed"
    lock = folder / "package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return
    command = [str(BIN / "npm"), "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--silent"]
    subprocess.run(command, cwd=folder, check=True, timeout=300)
    stamp.touch()
