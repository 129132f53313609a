"""The table of files that were made of recordings. Nobody else reads or writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.kit.db import Transaction, UtcDateTime, metadata

download_files = Table(
    "download_files",
    metadata,
    Column("space_id", String(40), ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(20), primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class DownloadFile:
    """`name` is the file's in the folder of its space, as in `mix.m4a`."""

    name: str
    size_bytes: int
    sha256: str


async def replace_files(tx: Transaction, space_id: str, files: Sequence[DownloadFile], at: datetime) -> None:
    await delete_files(tx, space_id)
    rows = [
        {"space_id": space_id, "name": one.name, "size_bytes": one.size_bytes, "sha256": one.sha256, "created_at": at}
        for one in files
    ]
    if rows:
        await tx.execute(download_files.insert(), rows)


async def files_of(conn: Transaction | AsyncConnection, space_id: str) -> dict[str, DownloadFile]:
    f = download_files.c
    found = await conn.execute(select(f.name, f.size_bytes, f.sha256).where(f.space_id == space_id))
    return {row.name: DownloadFile(row.name, row.size_bytes, row.sha256) for row in found.all()}


async def spaces_with_files(conn: AsyncConnection) -> set[str]:
    return set((await conn.scalars(select(download_files.c.space_id).distinct())).all())


async def delete_files(tx: Transaction, space_id: str) -> None:
    await tx.execute(delete(download_files).where(download_files.c.space_id == space_id))
