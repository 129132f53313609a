"""What an operator does with a whole installation: keep it, bring it back, and keep the database before an upgrade."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from voxhall import __version__
from voxhall.errors import ConflictError
from voxhall.kit.backup.archive import BadBackupError, Manifest, StoredDatabase, unpack, write_archive
from voxhall.kit.backup.contents import files_of
from voxhall.kit.backup.database import SQLITE_FILE, check_export, export_database, import_postgresql
from voxhall.kit.backup.swap import UNPACKED, begin_swap, finish_swap
from voxhall.kit.db import Database
from voxhall.kit.migrate import newest, revision_of

EXPORT_PREFIX = "export-"
SNAPSHOTS = "snapshots"
# The database as it was before the last upgrades; more would fill small disks, fewer would not survive a bad week.
SNAPSHOTS_KEPT = 3


class BackupExistsError(ConflictError):
    code = "backup_exists"
    message = "There is a file of that name already; a backup never writes over one."


@dataclass(frozen=True)
class Restored:
    """`kept` is the folder of what was there, None if nothing was; `schema` has the old tables of PostgreSQL."""

    manifest: Manifest
    kept: Path | None
    schema: str | None


async def export_into(db: Database, run_folder: Path) -> tuple[Path, StoredDatabase]:
    """A new folder with the database as it is at this moment; the caller deletes it."""
    folder = Path(tempfile.mkdtemp(prefix=EXPORT_PREFIX, dir=run_folder))
    try:
        return folder, await export_database(db, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def forget_exports(run_folder: Path) -> None:
    """Those of backups that died."""
    for folder in run_folder.glob(f"{EXPORT_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)


def write_backup(out: Path, data: Path, exported: Path, database: StoredDatabase, now: datetime) -> Manifest:
    """The export and every file of the data folder. The database comes first: a file that it names was there then, and
    what has come since is only more than it knows of."""
    if out.exists():
        raise BackupExistsError
    return write_archive(
        out,
        version=__version__,
        created_at=_wire(now),
        database=database,
        exported=exported,
        files=files_of(data, out.with_name(out.name + ".part").resolve()),
    )


async def keep_before_upgrade(db: Database, data: Path, run_folder: Path, now: datetime) -> Path | None:
    """An archive of the database alone, if the migrations of this version are going to change it."""
    async with db.read() as connection:
        revision = await connection.run_sync(revision_of)
    if revision in {"", newest()}:
        return None
    folder = data / SNAPSHOTS
    folder.mkdir(mode=0o700, exist_ok=True)
    out = folder / f"{_stamp(now)}-before-{newest()}.tar"
    exported, database = await export_into(db, run_folder)
    try:
        write_archive(out, version=__version__, created_at=_wire(now), database=database, exported=exported, files=None)
    finally:
        shutil.rmtree(exported, ignore_errors=True)
    for old in sorted(folder.glob("*.tar"))[:-SNAPSHOTS_KEPT]:
        old.unlink()
    return out


async def restore(archive: Path, data: Path, db: Database, now: datetime) -> Restored:
    """Check all of the archive, then put it in the place of what is there. Nobody else uses the data folder meanwhile.

    BadBackupError or OSError leave everything as it was.
    """
    _refuse_if_too_large(archive, data)
    kept = _new_name(data, f"before-restore-{_stamp(now)}")
    with _unpacked_in(data) as folder:
        manifest = unpack(archive, folder)
        staged = folder / "data"
        staged.mkdir(mode=0o700, exist_ok=True)
        check_export(manifest.database, folder / "database", is_sqlite=db.is_sqlite)
        schema = None
        if db.is_sqlite:
            await db.close()
            (folder / "database" / SQLITE_FILE).rename(staged / SQLITE_FILE)
        else:
            wish = kept.replace("-", "_").lower()
            schema = await import_postgresql(db, manifest.database, folder / "database", wish)
        _give_to_owner(data, folder)
        _give_to_owner(data, data / "run")
        begin_swap(data, staged, kept, has_files=manifest.has_files, has_database=db.is_sqlite)
        finish_swap(data)
    old = data / kept
    return Restored(manifest, old if old.exists() else None, schema)


def _refuse_if_too_large(archive: Path, data: Path) -> None:
    if archive.stat().st_size > shutil.disk_usage(data).free:
        raise BadBackupError("The disk has no room to unpack the backup beside what is there.")


@contextmanager
def _unpacked_in(data: Path) -> Iterator[Path]:
    folder = data / UNPACKED
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _give_to_owner(data: Path, folder: Path) -> None:
    """Root restores, the server's account must be able to read."""
    if os.geteuid() != 0:
        return
    owner = data.stat()
    for path in (folder, *folder.rglob("*")) if folder.exists() else ():
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _new_name(folder: Path, wish: str) -> str:
    """Two restores within a second are two: what the first kept is never taken for what the second keeps."""
    names = (wish, *(f"{wish}-{number}" for number in range(2, 1000)))
    return next(name for name in names if not (folder / name).exists())


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _wire(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
