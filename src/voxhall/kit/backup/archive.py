"""The archive: a plain tar file, so that any tool can look into it in ten years. Its last member, manifest.json, names
every other one with its size and SHA-256: an archive without it is cut off, and what it does not name is not ours.

    database/…      the export of the database
    data/…          the files of the data folder
    manifest.json   {format, version, created_at, database: {kind, revision, tables}, has_files, files}
"""

import hashlib
import json
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voxhall.errors import VoxhallError
from voxhall.kit.backup.contents import is_kept, whole_bytes

FORMAT = 1
MANIFEST = "manifest.json"
BLOCK_BYTES = 1024 * 1024
# About 400,000 files; it is read into memory.
MAX_MANIFEST_BYTES = 64 * 1024 * 1024
MAX_NAME_BYTES = 1024


class BadBackupError(VoxhallError):
    code = "bad_backup"
    status = 422
    message = "The file is not a backup that can be restored."


class StoredFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    size_bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class StoredTable(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    columns: list[str]


class StoredDatabase(BaseModel):
    """`revision` is that of the migrations; `tables` are PostgreSQL's, in an order in which they can be filled."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["sqlite", "postgresql"]
    revision: str
    tables: list[StoredTable] = []


class Manifest(BaseModel):
    """`has_files` is false where only the database was kept: before an upgrade."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal[1]
    version: str
    created_at: str
    database: StoredDatabase
    has_files: bool
    files: dict[str, StoredFile]


def write_archive(
    out: Path,
    *,
    version: str,
    created_at: str,
    database: StoredDatabase,
    exported: Path,
    files: Iterable[tuple[PurePosixPath, Path]] | None,
) -> Manifest:
    """Appears under its name only when it is whole and on the disk. OSError as the system says."""
    part = out.with_name(out.name + ".part")
    stored: dict[str, StoredFile] = {}
    try:
        with part.open("xb") as raw, tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
            part.chmod(0o600)
            for path in sorted(exported.iterdir()):
                _add(tar, f"database/{path.name}", path, stored)
            for place, path in files or ():
                _add(tar, f"data/{place}", path, stored)
            manifest = Manifest(
                format=FORMAT,
                version=version,
                created_at=created_at,
                database=database,
                has_files=files is not None,
                files=stored,
            )
            _add_manifest(tar, manifest)
            tar.close()
            raw.flush()
            os.fsync(raw.fileno())
        part.rename(out)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return manifest


def _add(tar: tarfile.TarFile, name: str, path: Path, stored: dict[str, StoredFile]) -> None:
    try:
        source = path.open("rb")
    except FileNotFoundError:
        # Deleted since the folder was listed; the database of this backup can say so of its own accord later.
        return
    with source:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = (
            whole_bytes(source, name),
            int(os.fstat(source.fileno()).st_mtime),
            0o600,
        )
        source.seek(0)
        reader = _Hashing(source)
        tar.addfile(member, reader)
    stored[name] = StoredFile(size_bytes=member.size, sha256=reader.sha256.hexdigest())


def _add_manifest(tar: tarfile.TarFile, manifest: Manifest) -> None:
    import io

    text = manifest.model_dump_json(indent=1).encode()
    member = tarfile.TarInfo(MANIFEST)
    member.size, member.mode = len(text), 0o600
    tar.addfile(member, io.BytesIO(text))


class _Hashing:
    """What is read through it, hashed."""

    def __init__(self, source: IO[bytes]) -> None:
        self.sha256 = hashlib.sha256()
        self._source = source

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self.sha256.update(block)
        return block


def unpack(archive: Path, into: Path) -> Manifest:
    """Everything of the archive in a new folder, checked against its manifest. BadBackupError says what is wrong with
    it; then the folder is not to be used."""
    found: dict[str, StoredFile] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(archive, mode="r:", errorlevel=2) as tar:
            for member in tar:
                if manifest is not None:
                    raise BadBackupError("The backup goes on after its end.")
                if member.name == MANIFEST:
                    manifest = _read_manifest(tar, member)
                    continue
                name = _acceptable(member, found)
                found[name] = _extract(tar, member, into / name)
    except (tarfile.TarError, EOFError) as error:
        raise BadBackupError("The file is not a Voxhall backup, or it is damaged.") from error
    if manifest is None:
        raise BadBackupError("The backup is cut off: its end is missing.")
    _compare(manifest, found)
    return manifest


def _acceptable(member: tarfile.TarInfo, found: dict[str, StoredFile]) -> str:
    """The member's name, if it is a plain file that belongs where it says."""
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.sparse is not None:
        raise BadBackupError("The backup holds something that is not a plain file.")
    parts = member.name.split("/")
    is_place = len(parts) > 1 and all(part not in {"", ".", ".."} for part in parts) and "\x00" not in member.name
    is_ours = (parts[0] == "database" and len(parts) == 2) or (parts[0] == "data" and is_kept(parts[1]))
    if not is_place or not is_ours or len(member.name.encode()) > MAX_NAME_BYTES:
        raise BadBackupError("The backup holds a file that belongs nowhere in an installation.")
    if member.name in found:
        raise BadBackupError("The backup holds the same file twice.")
    return member.name


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> StoredFile:
    source = tar.extractfile(member)
    if source is None:
        raise BadBackupError
    sha256, size = hashlib.sha256(), 0
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with target.open("xb") as out:
            target.chmod(0o600)
            while block := source.read(BLOCK_BYTES):
                sha256.update(block)
                size += len(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
    except (FileExistsError, NotADirectoryError) as error:
        raise BadBackupError("The backup holds a file where another needs a folder.") from error
    if size != member.size:
        raise BadBackupError("The backup is cut off: its end is missing.")
    return StoredFile(size_bytes=size, sha256=sha256.hexdigest())


def _read_manifest(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Manifest:
    source = tar.extractfile(member) if member.isreg() and member.size <= MAX_MANIFEST_BYTES else None
    if source is None:
        raise BadBackupError("The backup's manifest cannot be read.")
    try:
        text = json.loads(source.read())
    except ValueError as error:
        raise BadBackupError("The backup's manifest cannot be read.") from error
    if isinstance(text, dict) and text.get("format") != FORMAT:
        raise BadBackupError("The backup is of a newer form than this version of Voxhall knows.")
    try:
        return Manifest.model_validate(text)
    except ValidationError as error:
        raise BadBackupError("The backup's manifest cannot be read.") from error


def _compare(manifest: Manifest, found: dict[str, StoredFile]) -> None:
    missing = manifest.files.keys() - found.keys()
    if missing:
        raise BadBackupError(f"The backup lacks {len(missing)} of its files.")
    if found.keys() - manifest.files.keys():
        raise BadBackupError("The backup holds a file that its manifest does not name.")
    damaged = [name for name, file in found.items() if manifest.files[name] != file]
    if damaged:
        raise BadBackupError(f"The backup is damaged: {len(damaged)} of its files are not what they were.")
