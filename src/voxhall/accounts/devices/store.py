"""The sign-ins of one account, out of the table that accounts.store writes."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.devices.model import Device, device_id
from voxhall.accounts.model import UserId
from voxhall.accounts.store import sessions
from voxhall.kit.db import Transaction


async def devices_of(
    connection: Transaction | AsyncConnection, user_id: UserId, now: datetime
) -> list[tuple[bytes, Device]]:
    """With the hash that stands for each; the newest first."""
    query = select(sessions).where(sessions.c.user_id == user_id, sessions.c.expires_at > now)
    rows = await connection.execute(query.order_by(sessions.c.created_at.desc()))
    return [
        (row.token_hash, Device(device_id(row.token_hash), row.device or "", row.created_at, row.expires_at))
        for row in rows
    ]


async def remove(tx: Transaction, token_hash: bytes) -> None:
    await tx.execute(delete(sessions).where(sessions.c.token_hash == token_hash))
