"""The table of passkeys, and the questions that are being answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Row, String, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.model import UserId
from voxhall.kit.db import Transaction, UtcDateTime, metadata

Connection = Transaction | AsyncConnection

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(80), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)
passkey_challenges = Table(
    "passkey_challenges",
    metadata,
    Column("challenge", LargeBinary(32), primary_key=True),
    # Null: somebody who is not signed in yet.
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE")),
    Column("expires_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Passkey:
    id: str
    credential_id: bytes
    user_id: UserId
    public_key: bytes
    sign_count: int
    name: str
    created_at: datetime
    used_at: datetime | None = None


def _passkey(row: Row[Any]) -> Passkey:
    return Passkey(
        row.id,
        bytes(row.credential_id),
        UserId(row.user_id),
        bytes(row.public_key),
        row.sign_count,
        row.name,
        row.created_at,
        row.used_at,
    )


async def of_user(conn: Connection, user_id: UserId) -> list[Passkey]:
    query = select(passkeys).where(passkeys.c.user_id == user_id).order_by(passkeys.c.created_at, passkeys.c.id)
    return [_passkey(row) for row in await conn.execute(query)]


async def by_credential(conn: Connection, credential_id: bytes) -> Passkey | None:
    row = (await conn.execute(select(passkeys).where(passkeys.c.credential_id == credential_id))).one_or_none()
    return None if row is None else _passkey(row)


async def add(tx: Transaction, one: Passkey) -> None:
    await tx.execute(
        insert(passkeys).values(
            id=one.id,
            credential_id=one.credential_id,
            user_id=one.user_id,
            public_key=one.public_key,
            sign_count=one.sign_count,
            name=one.name,
            created_at=one.created_at,
        )
    )


async def used(tx: Transaction, passkey_id: str, sign_count: int, at: datetime) -> None:
    await tx.execute(update(passkeys).where(passkeys.c.id == passkey_id).values(sign_count=sign_count, used_at=at))


async def remove(tx: Transaction, user_id: UserId, passkey_id: str) -> bool:
    gone = await tx.execute(
        delete(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.user_id == user_id).returning(passkeys.c.id)
    )
    return gone.first() is not None


async def add_challenge(
    tx: Transaction, challenge: bytes, user_id: UserId | None, now: datetime, expires_at: datetime
) -> None:
    await tx.execute(delete(passkey_challenges).where(passkey_challenges.c.expires_at <= now))
    await tx.execute(insert(passkey_challenges).values(challenge=challenge, user_id=user_id, expires_at=expires_at))


async def take_challenge(tx: Transaction, challenge: bytes, user_id: UserId | None, now: datetime) -> bool:
    """Each is answered once."""
    c = passkey_challenges.c
    asked_of = c.user_id.is_(None) if user_id is None else c.user_id == user_id
    taken = await tx.execute(
        delete(passkey_challenges).where(c.challenge == challenge, asked_of, c.expires_at > now).returning(c.challenge)
    )
    return taken.first() is not None
