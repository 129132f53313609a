"""How full the disk of the data folder is. Everything that must not be the drop too many asks here first."""

import shutil
from enum import StrEnum
from pathlib import Path

# Half a day of a busy server is left at the first, an hour at the second. Higher, and the warning comes when nobody can
# act on it any more; the second higher, and what is being written may not be finished.
LOW_PERCENT = 90.0
FULL_PERCENT = 97.0


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
    used = disk_used_percent(folder)
    if used >= FULL_PERCENT:
        return DiskState.FULL
    return DiskState.LOW if used >= LOW_PERCENT else DiskState.OK
