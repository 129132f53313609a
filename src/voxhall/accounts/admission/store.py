"""The one row of the operator's settings, and the log of who changed what."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.admission.model import Hosting, OperatorSettings, Registration
from voxhall.errors import JsonObject
from voxhall.kit.db import Json, Transaction, UtcDateTime, insert_for, metadata

Connection = Transaction | AsyncConnection

operator_settings = Table(
    "operator_settings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("data", Json, nullable=False),
)
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    # Kept when the account is gone; None is the server itself, or its operator at the command line.
    Column("actor_id", String(40)),
    Column("action", String(40), nullable=False),
    Column("data", Json, nullable=False),
    # Two things done in one millisecond have an order, too.
    Column("number", BigInteger, nullable=False),
    Index("ix_audit_log_number", "number", unique=True),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log."""

    id: str
    at: datetime
    actor_id: str | None
    action: str
    data: JsonObject
    number: int = 0


async def load(conn: Connection) -> OperatorSettings:
    row = (await conn.execute(select(operator_settings.c.data).where(operator_settings.c.id == 1))).one_or_none()
    return _settings(row.data) if row is not None else OperatorSettings()


async def save(tx: Transaction, settings: OperatorSettings) -> None:
    data = asdict(settings)
    statement = insert_for(tx, operator_settings).values(id=1, data=data)
    await tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"data": data}))


async def log(tx: Transaction, entry: Entry) -> None:
    await tx.lock("audit_log")
    latest = await tx.scalar(select(func.max(audit_log.c.number)))
    await tx.execute(insert(audit_log).values(**{**asdict(entry), "number": (latest or 0) + 1}))


async def logged(conn: Connection, after: int | None, limit: int) -> Sequence[Entry]:
    """The latest first."""
    a = audit_log.c
    query = select(audit_log).order_by(a.number.desc()).limit(limit)
    if after is not None:
        query = query.where(a.number < after)
    return [Entry(row.id, row.at, row.actor_id, row.action, row.data, row.number) for row in await conn.execute(query)]


def _settings(data: dict[str, Any]) -> OperatorSettings:
    # What an older version did not know has its default, and what a newer one knew is left out.
    known = {field.name: data[field.name] for field in fields(OperatorSettings) if field.name in data}
    known["registration"] = Registration(known.get("registration", Registration.OPEN))
    known["hosting"] = Hosting(known.get("hosting", Hosting.EVERYONE))
    for name in ("hosting_list", "tip_services"):
        known[name] = tuple(known.get(name, ()))
    return OperatorSettings(**known)
