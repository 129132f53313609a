"""Which files of a data folder are the installation, and how much of one that is being written is whole."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

# What is of this moment only: sockets and locks, the last two minutes of spaces that are not recorded, which nobody
# may keep, the database (exported apart), and what earlier backups, restores and upgrades left.
NOT_KEPT = frozenset({"run", "rings", "snapshots", "voxhall.sqlite3", "voxhall.sqlite3-wal", "voxhall.sqlite3-shm"})
NOT_KEPT_PREFIXES = ("before-restore-", ".restoring")
# An Ogg page is at most 65,307 bytes, so the last page's beginning lies within this.
OGG_TAIL_BYTES = 2 * 65_307
OGG_HEADER_BYTES = 27


def is_kept(name: str) -> bool:
    """Whether this entry of the data folder is part of a backup."""
    return name not in NOT_KEPT and not name.startswith(NOT_KEPT_PREFIXES)


def files_of(data: Path, without: Path) -> Iterator[tuple[PurePosixPath, Path]]:
    """Every file to keep, by its place in the data folder, in a fixed order; links are followed, once each.

    `without` is the archive being written, should somebody write it there.
    """
    seen: set[tuple[int, int]] = set()
    for folder, folders, all_names in os.walk(data, followlinks=True):
        here = Path(folder)
        identity = here.stat()
        if (identity.st_dev, identity.st_ino) in seen:
            folders.clear()
            continue
        seen.add((identity.st_dev, identity.st_ino))
        is_top = here == data
        folders[:] = sorted(name for name in folders if not is_top or is_kept(name))
        for name in sorted(name for name in all_names if not is_top or is_kept(name)):
            path = here / name
            try:
                is_file = stat.S_ISREG(path.stat().st_mode)
            except FileNotFoundError:
                continue
            if is_file and path.resolve() != without:
                yield PurePosixPath(path.relative_to(data)), path


def whole_bytes(file: BinaryIO, name: str) -> int:
    """The length of an open file up to its last whole page (.ogg) or line (.jsonl), which is where others stop reading;
    of any other file all of it."""
    size = os.fstat(file.fileno()).st_size
    if name.endswith(".ogg"):
        return _whole_pages(file, size)
    if name.endswith(".jsonl"):
        return _whole_lines(file, size)
    return size


def _whole_pages(file: BinaryIO, size: int) -> int:
    tail_at = max(0, size - OGG_TAIL_BYTES)
    file.seek(tail_at)
    tail = file.read(size - tail_at)
    page = tail.rfind(b"OggS")
    if page < 0:
        # Not Ogg after all, or its first page is not there yet: either way all of it is what there is.
        return size
    header = tail[page : page + OGG_HEADER_BYTES]
    if len(header) < OGG_HEADER_BYTES:
        return tail_at + page
    # RFC 3533, section 6: the byte at 26 counts the lacing values that follow, whose sum is the page's payload.
    lacing = tail[page + OGG_HEADER_BYTES : page + OGG_HEADER_BYTES + header[26]]
    end = page + OGG_HEADER_BYTES + header[26] + sum(lacing)
    return tail_at + (end if len(lacing) == header[26] and end <= len(tail) else page)


def _whole_lines(file: BinaryIO, size: int) -> int:
    at = size
    while at > 0:
        block_at = max(0, at - 64 * 1024)
        file.seek(block_at)
        if (found := file.read(at - block_at).rfind(b"\n")) >= 0:
            return block_at + found + 1
        at = block_at
    return 0
