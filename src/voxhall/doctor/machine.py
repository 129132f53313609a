"""The machine: disk, memory, file limits, clock, the model for transcripts."""

import ctypes
import resource
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from voxhall.config import Settings
from voxhall.doctor.finding import Finding, failed, ok, warning
from voxhall.kit.disk import recording_problem

MIB = 1024 * 1024
# The three processes take about 250 MiB when idle, a model for transcripts as much again.
MEMORY_NEEDED = 256 * MIB
# Each listener over TCP and each open page holds one.
FILES_NEEDED, FILES_WISHED = 1024, 8192
# The first version was not made before; a machine that says so has lost its clock.
FIRST_DAY = datetime(2026, 11, 1, tzinfo=UTC)
# Clocks of machines that are kept in step differ by milliseconds.
CLOCK_TOLERANCE = timedelta(minutes=2)
# <sys/timex.h>: the system says itself that nobody keeps its clock right.
STA_UNSYNC = 0x0040


def disk(settings: Settings) -> Finding:
    data = settings.data
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = data / ".doctor"
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
    except OSError as error:
        return failed("disk", "disk_unwritable", folder=str(data), reason=str(error.strerror))
    free_mib, wished_mib = shutil.disk_usage(data).free // MIB, settings.free_disk_bytes // MIB
    if free_mib < wished_mib:
        return failed("disk", "disk_little", free_mib=free_mib, folder=str(data), wished_mib=wished_mib)
    if problem := recording_problem(data):
        # As a warning: spaces go on.
        return warning("disk", "disk_unrecorded", free_mib=free_mib, folder=str(data), reason=problem)
    return ok("disk", "disk_ok", free_mib=free_mib, folder=str(data))


def database(settings: Settings) -> Finding:
    if settings.database_url is not None:
        return ok("database", "database_postgresql")
    return ok("database", "database_sqlite", version=sqlite3.sqlite_version)


def memory(meminfo: Path = Path("/proc/meminfo")) -> Finding:
    try:
        lines = meminfo.read_text().splitlines()
        available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return ok("memory", "memory_unknown")
    if available < MEMORY_NEEDED:
        return failed("memory", "memory_little", free_mib=available // MIB)
    return ok("memory", "memory_ok", free_mib=available // MIB)


def files(limit: int | None = None) -> Finding:
    if limit is None:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if limit == resource.RLIM_INFINITY or limit >= FILES_WISHED:
        return ok("files", "files_ok")
    say = failed if limit < FILES_NEEDED else warning
    return say("files", "files_few", limit=limit)


def clock(settings: Settings, now: datetime) -> Finding:
    if now < FIRST_DAY:
        return failed("clock", "clock_before", now=f"{now:%Y-%m-%d %H:%M}")
    newest = _newest(settings.data)
    if newest and newest > now + CLOCK_TOLERANCE:
        return failed("clock", "clock_behind", now=f"{now:%Y-%m-%d %H:%M}", newest=f"{newest:%Y-%m-%d %H:%M}")
    if _is_unsynchronised():
        return warning("clock", "clock_unkept")
    return ok("clock", "clock_ok", now=f"{now:%Y-%m-%d %H:%M:%S}")


def _newest(data: Path) -> datetime | None:
    found = [path.stat().st_mtime for path in data.glob("voxhall.sqlite3*")] if data.is_dir() else []
    return datetime.fromtimestamp(max(found), UTC) if found else None


def _is_unsynchronised() -> bool:
    try:
        library = ctypes.CDLL(None, use_errno=True)
        # struct timex begins with `unsigned modes`, which 0 makes a question; `status` is the sixth field of longs.
        answer = (ctypes.c_long * 64)()
        library.adjtimex(answer)
    except (OSError, AttributeError):
        return False
    return bool(answer[5] & STA_UNSYNC)


def model(settings: Settings) -> Finding:
    from voxhall.speech.models import NoModelError, NotFetchedError, model_folder

    if settings.speech_model == "off":
        return ok("model", "model_off")
    try:
        folder = model_folder(settings.speech_model, settings.models_folder)
    except NotFetchedError as error:
        return warning("model", "model_to_come", reason=error.message)
    except (NoModelError, OSError) as error:
        said = error.message if isinstance(error, NoModelError) else str(error)
        return failed("model", "model_missing", reason=said)
    return ok("model", "model_ok", folder=str(folder))
