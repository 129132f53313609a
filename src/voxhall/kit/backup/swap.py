"""Puts an unpacked installation in the place of the old one, which is kept beside it under a name that says when.

Both lie in the data folder, because that may be a mount that cannot be renamed. All moves are renames; before the first
one a note is on the disk that says what is to be moved, so that an interrupted swap is finished by whoever comes next.
"""

import json
import os
from pathlib import Path

from voxhall.kit.backup.contents import is_kept

NOTE = ".restoring.json"
# What an archive is unpacked into; `data` in it is what goes into the place of the old.
UNPACKED = ".restoring"
DATABASE_FILES = ("voxhall.sqlite3", "voxhall.sqlite3-wal", "voxhall.sqlite3-shm")


def begin_swap(data: Path, staged: Path, kept: str, *, has_files: bool, has_database: bool) -> None:
    """Decide that what `staged` replaces moves into the folder `kept`, and the content of `staged` into its place.
    From here on the restore is not undone but finished.
    """
    old = [name for name in DATABASE_FILES if has_database and (data / name).exists()]
    if has_files:
        old += sorted(path.name for path in data.iterdir() if is_kept(path.name))
    _write_note(data, {"old": old, "kept": kept, "staged": str(staged.relative_to(data))})


def finish_swap(data: Path) -> bool:
    """Whether there was a swap to finish; it is finished now."""
    if not (data / NOTE).exists():
        return False
    for source, target in remaining_moves(data):
        target.parent.mkdir(mode=0o700, exist_ok=True)
        source.rename(target)
    _sync(data)
    (data / NOTE).unlink()
    return True


def remaining_moves(data: Path) -> list[tuple[Path, Path]]:
    """In their order: all of the old leaves before any of the new comes."""
    plan = json.loads((data / NOTE).read_text())
    kept, staged = data / plan["kept"], data / plan["staged"]
    # Once it is in the folder of the old, what bears its name in the data folder is the new.
    moves = [(data / name, kept / name) for name in plan["old"] if not os.path.lexists(kept / name)]
    return moves + [(path, data / path.name) for path in sorted(staged.glob("*"))]


def _write_note(data: Path, plan: dict[str, object]) -> None:
    part = data / f"{NOTE}.part"
    with part.open("w") as out:
        json.dump(plan, out)
        out.flush()
        os.fsync(out.fileno())
    part.rename(data / NOTE)
    _sync(data)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
