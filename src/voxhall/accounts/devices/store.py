"""The sign-ins of one account, out of the table that accounts.store writes."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select
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
    return [(row.token_hash, _device(row)) for row in rows]


def _device(row: Row[Any]) -> Device:
    return Device(device_id(row.token_hash), row.device or "", row.created_at, row.expires_at, row.used_at)


async def remove(tx: Transaction, token_hash: bytes) -> None:
    await tx.execute(delete(sessions).where(sessions.c.token_hash == token_hash))
