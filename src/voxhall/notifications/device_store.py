"""The tables of the browsers that may be pushed to, and of the key that signs for it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    delete,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.kit.db import Transaction, UtcDateTime, insert_for, metadata
from voxhall.notifications.model import (
    PushDevice,
)

Connection = Transaction | AsyncConnection

push_devices = Table(
    "push_devices",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    # The address is the browser's at its maker's push service; the same browser has one.
    Column("endpoint", String(1000), nullable=False),
    Column("endpoint_hash", LargeBinary(32), nullable=False),
    Column("p256dh", String(120), nullable=False),
    Column("auth", String(40), nullable=False),
    Column("language", String(8), nullable=False),
    Column("name", String(60), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # In a row; a device that was not reached so often is none any more.
    Column("failures", Integer, nullable=False),
    UniqueConstraint("endpoint_hash"),
)

push_key = Table(
    "push_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("private_key", LargeBinary(32), nullable=False),
)


async def devices_of(conn: Connection, user_ids: Collection[str]) -> list[PushDevice]:
    d = push_devices.c
    found = await conn.execute(select(push_devices).where(d.user_id.in_(user_ids)).order_by(d.created_at, d.id))
    return [_device(row) for row in found]


async def save_device(tx: Transaction, device: PushDevice, endpoint_hash: bytes) -> str:
    """Its id. A browser that was somebody else's is from now on this person's."""
    row = {name: getattr(device, name) for name in PushDevice.__dataclass_fields__}
    values = {**row, "endpoint_hash": endpoint_hash, "failures": 0}
    changed = {name: values[name] for name in ("user_id", "p256dh", "auth", "language", "name", "failures")}
    statement = insert_for(tx, push_devices).values(values)
    statement = statement.on_conflict_do_update(index_elements=["endpoint_hash"], set_=changed)
    return str((await tx.execute(statement.returning(push_devices.c.id))).scalar_one())


async def remove_device(tx: Transaction, user_id: str, device_id: str) -> bool:
    d = push_devices.c
    gone = await tx.execute(delete(push_devices).where(d.id == device_id, d.user_id == user_id).returning(d.id))
    return gone.first() is not None


async def remove_devices(tx: Transaction, ids: Collection[str]) -> None:
    await tx.execute(delete(push_devices).where(push_devices.c.id.in_(ids)))


async def count_failures(tx: Transaction, ids: Collection[str], most: int) -> None:
    d = push_devices.c
    await tx.execute(update(push_devices).where(d.id.in_(ids)).values(failures=d.failures + 1))
    await tx.execute(delete(push_devices).where(d.id.in_(ids), d.failures >= most))


async def forget_failures(tx: Transaction, ids: Collection[str]) -> list[str]:
    """Whose devices these are."""
    d = push_devices.c
    await tx.execute(update(push_devices).where(d.id.in_(ids), d.failures > 0).values(failures=0))
    return list((await tx.execute(select(d.user_id).where(d.id.in_(ids)))).scalars())


async def keep_push_key(tx: Transaction, private_key: bytes) -> bytes:
    """The key that stands: the first."""
    await tx.execute(insert_for(tx, push_key).values(id=1, private_key=private_key).on_conflict_do_nothing())
    return bytes(await tx.scalar(select(push_key.c.private_key).where(push_key.c.id == 1)))


def _device(row: Row[Any]) -> PushDevice:
    return PushDevice(row.id, row.user_id, row.endpoint, row.p256dh, row.auth, row.language, row.name, row.created_at)
