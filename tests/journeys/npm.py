"""What the journeys use of npm, installed once a checkout; the lock holds the hashes."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
NODE_MODULES = FOLDER / "node_modules"
BIN = Path(sys.executable).parent


def install() -> None:
    stamp = NODE_MODULES / ".installed"
    lock = FOLDER / "package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return
    command = [str(BIN / "npm"), "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--silent"]
    subprocess.run(command, cwd=FOLDER, check=True, timeout=120)
    stamp.touch()
