"""The tables of what people wish to be told, and of whom."""

from collections.abc import Collection
from datetime import time
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    delete,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.kit.db import Transaction, insert_for, metadata
from voxhall.notifications.model import (
    Level,
    QuietHours,
    Wishes,
    as_bits,
    from_bits,
)

Connection = Transaction | AsyncConnection

notification_wishes = Table(
    "notification_wishes",
    metadata,
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("level", String(8), nullable=False),
    # Sets of kinds as numbers, so that a query over a hundred thousand rows can ask them.
    Column("app", Integer, nullable=False),
    Column("push", Integer, nullable=False),
    Column("mail", Integer, nullable=False),
    Column("quiet_from", String(5)),
    Column("quiet_to", String(5)),
    Column("time_zone", String(40)),
    Column("pushes_a_day", Integer, nullable=False),
)

person_levels = Table(
    "person_levels",
    metadata,
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("level", String(8), nullable=False),
)


async def wishes_of(conn: Connection, user_ids: Collection[str]) -> dict[str, Wishes]:
    """Of those who have said something."""
    found = await conn.execute(select(notification_wishes).where(notification_wishes.c.user_id.in_(user_ids)))
    return {row.user_id: _wishes(row) for row in found}


async def save_wishes(tx: Transaction, user_id: str, wishes: Wishes) -> None:
    quiet = wishes.quiet
    values = {
        "level": wishes.level.value,
        "app": as_bits(wishes.app),
        "push": as_bits(wishes.push),
        "mail": as_bits(wishes.mail),
        "quiet_from": quiet.begin.strftime("%H:%M") if quiet else None,
        "quiet_to": quiet.end.strftime("%H:%M") if quiet else None,
        "time_zone": quiet.time_zone if quiet else None,
        "pushes_a_day": wishes.pushes_a_day,
    }
    statement = insert_for(tx, notification_wishes).values(user_id=user_id, **values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))


async def level_of(conn: AsyncConnection, user_id: str, person_id: str) -> Level | None:
    p = person_levels.c
    found = await conn.execute(select(p.level).where(p.user_id == user_id, p.person_id == person_id))
    level = found.scalar_one_or_none()
    return Level(level) if level is not None else None


async def save_level(tx: Transaction, user_id: str, person_id: str, level: Level | None) -> None:
    """None: as for everybody else."""
    p = person_levels.c
    if level is None:
        await tx.execute(delete(person_levels).where(p.user_id == user_id, p.person_id == person_id))
        return
    statement = insert_for(tx, person_levels).values(user_id=user_id, person_id=person_id, level=level.value)
    set_ = {"level": level.value}
    await tx.execute(statement.on_conflict_do_update(index_elements=["user_id", "person_id"], set_=set_))


def _wishes(row: Row[Any]) -> Wishes:
    quiet = None
    if row.quiet_from is not None:
        begin, end = (time.fromisoformat(reading) for reading in (row.quiet_from, row.quiet_to))
        quiet = QuietHours(begin, end, row.time_zone)
    app, push, mail = (from_bits(bits) for bits in (row.app, row.push, row.mail))
    return Wishes(Level(row.level), app, push, mail, quiet, row.pushes_a_day)
