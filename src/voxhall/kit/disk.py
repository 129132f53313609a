"""How full the disk of the data folder is. Everything that must not be the drop too many asks here first."""

import os
import shutil
import sys
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

# Half a day of a busy server is left at the first, an hour at the second. Higher, and the warning comes when nobody can
# act on it any more; the second higher, and what is being written may not be finished.
LOW_PERCENT = 90.0
FULL_PERCENT = 97.0
# A note in the database takes 20 kB until its log is used again: this is room for some hundred. More only takes more.
RESERVE_MOST_BYTES = 8 * 1024 * 1024
RESERVE_LEAST_BYTES = 1024 * 1024


class DiskState(StrEnum):
    OK = "ok"
    # The host and the administrator are told.
    LOW = "low"
    # No new recording begins.
    FULL = "full"


def disk_used_percent(folder: Path) -> float:
    """As `df` counts: what only the system may still use does not count as free."""
    usage = shutil.disk_usage(folder)
    return 100.0 * usage.used / max(1, usage.used + usage.free)


def disk_state(folder: Path) -> DiskState:
    return _state(disk_used_percent(folder))


def recording_problem(folder: Path) -> str | None:
    """What a disk that fills up means for recordings, before it means anything for the rest."""
    used = disk_used_percent(folder)
    match _state(used):
        case DiskState.OK:
            return None
        case DiskState.LOW:
            return f"the disk is {used:.0f} % full, and at {FULL_PERCENT:.0f} % no recording begins"
        case DiskState.FULL:
            return f"the disk is {used:.0f} % full, and no recording begins"


def _state(used_percent: float) -> DiskState:
    if used_percent >= FULL_PERCENT:
        return DiskState.FULL
    return DiskState.LOW if used_percent >= LOW_PERCENT else DiskState.OK


class Reserve:
    """Room that is taken while there is enough, and given up when the disk is full: what that means for whom can then
    still be noted."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self) -> None:
        if self._path.exists() or sys.platform != "linux":
            return
        total = shutil.disk_usage(self._path.parent).total
        size = max(RESERVE_LEAST_BYTES, min(RESERVE_MOST_BYTES, total // 100))
        try:
            with self._path.open("xb") as file:
                os.posix_fallocate(file.fileno(), 0, size)
        except OSError:
            self.give_up()

    def give_up(self) -> None:
        # A folder that cannot be changed is no worse off without.
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
