"""The table of pictures. They lie in the database, 10 kB each: so they are backed up, moved and deleted with it."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.model import UserId
from voxhall.accounts.store import users
from voxhall.kit.db import Transaction, UtcDateTime, metadata

pictures = Table(
    "pictures",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("bytes", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)


async def replace(tx: Transaction, user_id: UserId, picture_id: str | None, drawn: bytes, at: datetime) -> None:
    """None for none. The one before is gone with this."""
    await tx.execute(delete(pictures).where(pictures.c.user_id == user_id))
    if picture_id is not None:
        values = {"id": picture_id, "user_id": user_id, "bytes": drawn, "created_at": at}
        await tx.execute(insert(pictures).values(values))
    await tx.execute(update(users).where(users.c.id == user_id).values(picture=picture_id))


async def bytes_of(conn: AsyncConnection, picture_id: str) -> bytes | None:
    """Nobody sees the picture of whoever is suspended."""
    query = select(pictures.c.bytes).join(users, users.c.id == pictures.c.user_id)
    row = (await conn.execute(query.where(pictures.c.id == picture_id, users.c.suspended_at.is_(None)))).one_or_none()
    return None if row is None else bytes(row.bytes)
