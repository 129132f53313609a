"""Which notifications are still to be sent as letters, in the table of all of them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, func, select, update

from voxhall.kit.db import Transaction
from voxhall.notifications.store import notifications


async def due(tx: Transaction, announcement_id: str, after: str, limit: int) -> list[str]:
    """The next people to whom a letter is to go."""
    n = notifications.c
    query = select(n.user_id).where(n.announcement_id == announcement_id, n.mail_due, n.user_id > after)
    return list((await tx.execute(query.order_by(n.user_id).limit(limit))).scalars())


async def mailed_since(tx: Transaction, user_ids: Collection[str], since: datetime) -> dict[str, int]:
    n = notifications.c
    query = select(n.user_id, func.count().label("number")).where(n.user_id.in_(user_ids), n.mailed_at > since)
    return {row.user_id: row.number for row in await tx.execute(query.group_by(n.user_id))}


async def settle(tx: Transaction, announcement_id: str, user_ids: Collection[str], mailed_at: datetime | None) -> None:
    """No letter is due for them any more: it was sent then, or, with None, it will not be."""
    n = notifications.c
    mine = and_(n.announcement_id == announcement_id, n.user_id.in_(user_ids))
    await tx.execute(update(notifications).where(mine).values(mail_due=False, mailed_at=mailed_at))
