"""`voxhall backup` and `voxhall restore`: the whole installation as one file, and back."""

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voxhall.cli.ask import ask
from voxhall.cli.options import Config, Data, settings_of
from voxhall.errors import ConflictError, InvalidError, VoxhallError

if TYPE_CHECKING:
    from voxhall.config import Settings
    from voxhall.kit.backup.actions import Restored

# A database of several gigabytes on a slow disk.
EXPORT_TIMEOUT_S = 3600.0


def backup(
    file: Annotated[Path, typer.Argument(help="The archive to write; it must not exist yet.", show_default=False)],
    data: Data = None,
    config: Config = None,
) -> None:
    """Write the whole installation into one file, while the server runs or when it does not."""
    settings = settings_of(data, config)
    if not settings.data.is_dir():
        raise InvalidError(f"There is no installation in {settings.data}.")
    if not file.parent.is_dir():
        raise InvalidError("The folder of the file to write does not exist.")
    from voxhall.kit.backup.actions import BackupExistsError, write_backup
    from voxhall.kit.backup.archive import StoredDatabase
    from voxhall.kit.clock import Clock

    if file.exists():
        raise BackupExistsError
    answer = ask(settings, "export_database", {}, EXPORT_TIMEOUT_S)
    exported = Path(str(answer["folder"]))
    try:
        database = StoredDatabase.model_validate(answer["database"])
        manifest = write_backup(file, settings.data, exported, database, Clock().now())
    finally:
        shutil.rmtree(exported, ignore_errors=True)
    typer.echo(f"{file}: {len(manifest.files)} files, {file.stat().st_size:,} bytes, as of {manifest.created_at}.")


def restore(
    file: Annotated[Path, typer.Argument(help="An archive that `voxhall backup` wrote.", show_default=False)],
    data: Data = None,
    config: Config = None,
) -> None:
    """Put a backup in the place of what is there; the server is stopped. What was there is kept beside it."""
    settings = settings_of(data, config)
    if not file.is_file():
        raise InvalidError(f"There is no file {file}.")
    restored = asyncio.run(_restore(settings, file))
    manifest = restored.manifest
    typer.echo(f"Restored {len(manifest.files)} files of {manifest.created_at} into {settings.data}.")
    kept = [str(restored.kept)] if restored.kept else []
    kept += [f"the database's schema {restored.schema}"] if restored.schema else []
    if kept:
        typer.echo(f"What was there is kept in {' and '.join(kept)}; delete it when all is well.")


async def _restore(settings: "Settings", file: Path) -> "Restored":
    from voxhall.kit.backup.actions import restore as restore_backup
    from voxhall.kit.backup.swap import finish_swap
    from voxhall.kit.clock import Clock
    from voxhall.kit.db import Database, database_url
    from voxhall.kit.events import Events
    from voxhall.kit.lockfile import LockedError, lock_file

    was_there = settings.data.exists()
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        async with lock_file(settings.use_lock), lock_file(settings.control_lock):
            finish_swap(settings.data)
            db = Database(database_url(settings), Events())
            try:
                if not db.is_sqlite:
                    await db.ping()
                return await restore_backup(file, settings.data, db, Clock().now())
            finally:
                await db.close()
    except LockedError:
        raise ConflictError(f"A server uses {settings.data}; stop it first.") from None
    except VoxhallError:
        if not was_there:
            shutil.rmtree(settings.data)
        raise
