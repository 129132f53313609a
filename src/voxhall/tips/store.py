"""The table of Tip Jars: one row each, in its owner's order."""

from collections.abc import Collection

from sqlalchemy import Column, ForeignKey, String, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.kit.db import Json, Transaction, UtcDateTime, insert_for, metadata
from voxhall.tips.model import Tip, TipJar
from voxhall.tips.services import SERVICES

tip_jars = Table(
    "tip_jars",
    metadata,
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("tips", Json, nullable=False),
    Column("changed_at", UtcDateTime),
)

Connection = Transaction | AsyncConnection


async def jars_of(conn: Connection, user_ids: Collection[str]) -> dict[str, TipJar]:
    """Who has none is left out."""
    found = await conn.execute(select(tip_jars).where(tip_jars.c.user_id.in_(user_ids)))
    return {row.user_id: TipJar(_tips(row.tips), row.changed_at) for row in found}


async def save(tx: Transaction, user_id: str, jar: TipJar) -> None:
    values = {"tips": [[tip.service, tip.name] for tip in jar.tips], "changed_at": jar.changed_at}
    statement = insert_for(tx, tip_jars).values(user_id=user_id, **values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))


def _tips(stored: list[list[str]]) -> tuple[Tip, ...]:
    # A service that was taken out of the table is not shown any more.
    return tuple(Tip(service, name) for service, name in stored if service in SERVICES)
