"""The table of reports; how many are open stands beside the person, where lists see it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, String, Table, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.model import Promotion, UserId
from voxhall.accounts.store import users
from voxhall.kit.db import Transaction, UtcDateTime, metadata

reports = Table(
    "reports",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("about_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    # Kept when the reporter is gone: what they saw does not go with them.
    Column("by_id", String(40), nullable=False, index=True),
    Column("space_id", String(40)),
    Column("reason", String(16), nullable=False),
    Column("note", String(1_000), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
    Index("ix_reports_about_id_resolved_at", "about_id", "resolved_at"),
    Index("ix_reports_created_at", "created_at", "id"),
)


async def add(tx: Transaction, values: dict[str, Any]) -> None:
    await tx.execute(insert(reports).values(values))
    await _count(tx, values["about_id"])


async def open_between(tx: Transaction, by_id: UserId, about_id: UserId) -> str | None:
    r = reports.c
    found: str | None = await tx.scalar(
        select(r.id).where(r.by_id == by_id, r.about_id == about_id, r.resolved_at.is_(None))
    )
    return found


async def open_by(tx: Transaction, by_id: UserId) -> int:
    r = reports.c
    return int(
        await tx.scalar(select(func.count()).select_from(reports).where(r.by_id == by_id, r.resolved_at.is_(None)))
    )


async def resolve(tx: Transaction, report_id: str, at: datetime) -> str | None:
    """Whom it was about; None if it is not open."""
    r = reports.c
    done = await tx.execute(
        update(reports).where(r.id == report_id, r.resolved_at.is_(None)).values(resolved_at=at).returning(r.about_id)
    )
    row = done.one_or_none()
    if row is None:
        return None
    await _count(tx, row.about_id)
    return str(row.about_id)


async def listed(
    conn: AsyncConnection, *, is_open: bool, after: tuple[datetime, str] | None, limit: int
) -> Sequence[Any]:
    """The latest first."""
    r = reports.c
    query = select(reports).where(r.resolved_at.is_(None) if is_open else r.resolved_at.is_not(None))
    if after is not None:
        query = query.where(or_(r.created_at < after[0], and_(r.created_at == after[0], r.id < after[1])))
    return (await conn.execute(query.order_by(r.created_at.desc(), r.id.desc()).limit(limit))).all()


async def promote(tx: Transaction, user_id: UserId, promotion: Promotion) -> None:
    await tx.execute(update(users).where(users.c.id == user_id).values(promotion=promotion.value))


async def _count(tx: Transaction, about_id: str) -> None:
    r = reports.c
    number = select(func.count(r.by_id.distinct())).where(r.about_id == about_id, r.resolved_at.is_(None))
    await tx.execute(update(users).where(users.c.id == about_id).values(open_reports=number.scalar_subquery()))
