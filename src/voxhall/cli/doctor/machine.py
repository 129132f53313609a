"""The machine: disk, memory, file limits, clock, the model for transcripts."""

import ctypes
import resource
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from voxhall.cli.doctor.finding import Finding, failed, ok, warning
from voxhall.config import Settings
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
        return failed(
            "disk",
            f"Nothing can be written to {data}: {error.strerror}.",
            "Free some space there, or give the folder to the account that runs Voxhall.",
        )
    free = shutil.disk_usage(data).free
    if free < settings.free_disk_bytes:
        return failed(
            "disk",
            f"Only {free // MIB} MiB are free under {data}; {settings.free_disk_bytes // MIB} are asked for.",
            "Delete old recordings or snapshots, or move `data` to a larger disk.",
        )
    if problem := recording_problem(data):
        # As a warning: spaces go on.
        mend = "Delete old recordings or snapshots, or move `data` to a larger disk."
        return warning("disk", f"{free // MIB:,} MiB are free under {data}; {problem}.", mend)
    return ok("disk", f"{free // MIB:,} MiB are free under {data}.")


def database(settings: Settings) -> Finding:
    if settings.database_url is not None:
        return ok("database", "PostgreSQL is configured; /readyz says whether it answers.")
    return ok("database", f"SQLite {sqlite3.sqlite_version}, opened by one process only.")


def memory(meminfo: Path = Path("/proc/meminfo")) -> Finding:
    try:
        lines = meminfo.read_text().splitlines()
        available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return ok("memory", "The system does not say how much memory is free.")
    if available < MEMORY_NEEDED:
        return failed(
            "memory",
            f"Only {available // MIB} MiB of memory are free.",
            "Stop something else, add memory, or set speech_model to off, which saves the most.",
        )
    return ok("memory", f"{available // MIB:,} MiB of memory are free.")


def files(limit: int | None = None) -> Finding:
    if limit is None:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if limit == resource.RLIM_INFINITY or limit >= FILES_WISHED:
        return ok("files", "A process may hold enough connections open.")
    mend = "Raise the limit: LimitNOFILE=65536 in the systemd unit, `ulimits: nofile` in compose."
    say = failed if limit < FILES_NEEDED else warning
    return say("files", f"A process may hold only {limit} files and connections open.", mend)


def clock(settings: Settings, now: datetime) -> Finding:
    mend = "Set the clock, and let the system keep it: timedatectl set-ntp true."
    if now < FIRST_DAY:
        return failed("clock", f"The clock says {now:%Y-%m-%d %H:%M} UTC, which is before Voxhall was made.", mend)
    newest = _newest(settings.data)
    if newest and newest > now + CLOCK_TOLERANCE:
        return failed(
            "clock",
            f"The clock says {now:%Y-%m-%d %H:%M} UTC, and yet this server has written files at "
            f"{newest:%Y-%m-%d %H:%M}: it is behind.",
            mend,
        )
    if _is_unsynchronised():
        return warning("clock", "Nothing keeps the clock of this machine right.", mend)
    return ok("clock", f"The clock says {now:%Y-%m-%d %H:%M:%S} UTC.")


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
    from voxhall.cli.worker import models_cache
    from voxhall.speech.models import NoModelError, NotFetchedError, model_folder

    if settings.speech_model == "off":
        return ok("model", "Transcripts are switched off.")
    try:
        folder = model_folder(settings.speech_model, models_cache(settings))
    except NotFetchedError as error:
        return warning(
            "model",
            error.message,
            "Nothing is to be done where this machine reaches huggingface.co; elsewhere name the folder of a model.",
        )
    except (NoModelError, OSError) as error:
        said = error.message if isinstance(error, NoModelError) else str(error)
        return failed(
            "model",
            f"There is no model for transcripts: {said}",
            "Install it, or set speech_model to the folder of one, or to off.",
        )
    return ok("model", f"The model for transcripts is in {folder}.")
