"""How much of a process's time is its own, and not the system's.

The kernel's own figures of the two are made from where its tick happens to fall, 250 times a second. Our frames of
20 ms keep step with that, so that they are wrong by any amount. Here perf looks at a rate that keeps step with nothing.
"""

import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

# A prime number of looks a second: 30,000 at a fifth of a core in ten minutes, half a percent of what they look at.
LOOKS_PER_S = 997


class UserShare:
    """Looks at a process from its making until it is asked."""

    def __init__(self, pid: int) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._found = Path(self._folder.name) / "perf.data"
        self._process: subprocess.Popen[bytes] | None = None
        if perf := shutil.which("perf"):
            events = ["-e", "cpu-clock:u", "-e", "cpu-clock:k"]
            self._process = subprocess.Popen(
                [perf, "record", "-q", "-F", str(LOOKS_PER_S), *events, "-p", str(pid), "-o", self._found],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def end(self) -> float | None:
        """None: perf is not there, or may not look."""
        with self._folder:
            if self._process is None:
                return None
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            seen = subprocess.run(
                ["perf", "script", "-i", self._found, "-F", "event"], capture_output=True, text=True, check=False
            )
        looks = Counter(line.strip().rstrip(":")[-1:] for line in seen.stdout.splitlines())
        return looks["u"] / (looks["u"] + looks["k"]) if looks["u"] else None
