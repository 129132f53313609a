"""Identities of accounts, and who is on the way to a provider. What is kept of the latter opens nothing."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Row, String, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.model import User, UserId
from voxhall.accounts.openid.model import Arrived, Attempt, Identity
from voxhall.accounts.store import USER_COLUMNS, user_of_row, users
from voxhall.kit.db import Json, Transaction, UtcDateTime, metadata

Connection = Transaction | AsyncConnection

identities = Table(
    "identities",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("issuer", String(300), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("called", String(80), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Index("ix_identities_subject", "subject", "issuer", unique=True),
)
openid_attempts = Table(
    "openid_attempts",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    # Of the secret in the cookie of the browser that began: nobody else can end it.
    Column("browser_hash", LargeBinary(32), nullable=False),
    Column("provider", String(20), nullable=False),
    Column("next", String(1_000), nullable=False),
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), index=True),
    # Who came back and has no account here yet; null on the way there.
    Column("arrived", Json),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)


def _identity(row: Row[Any]) -> Identity:
    return Identity(row.id, UserId(row.user_id), row.issuer, row.subject, row.called, row.created_at, row.used_at)


async def add_attempt(
    tx: Transaction, token_hash: bytes, browser_hash: bytes, attempt: Attempt, now: datetime, expires_at: datetime
) -> None:
    arrived = attempt.arrived
    await tx.execute(delete(openid_attempts).where(openid_attempts.c.expires_at <= now))
    await tx.execute(
        insert(openid_attempts).values(
            token_hash=token_hash,
            browser_hash=browser_hash,
            provider=attempt.provider,
            next=attempt.next,
            user_id=attempt.user_id,
            arrived=None if arrived is None else [arrived.issuer, arrived.subject, arrived.called],
            expires_at=expires_at,
        )
    )


async def take_attempt(
    tx: Transaction, token_hash: bytes, browser_hash: bytes, now: datetime, *, has_arrived: bool
) -> Attempt | None:
    """Once: whoever brings it again, or from another browser, brings nothing."""
    c = openid_attempts.c
    fits = c.arrived.is_not(None) if has_arrived else c.arrived.is_(None)
    taken = await tx.execute(
        delete(openid_attempts)
        .where(c.token_hash == token_hash, c.browser_hash == browser_hash, c.expires_at > now, fits)
        .returning(c.provider, c.next, c.user_id, c.arrived)
    )
    row = taken.one_or_none()
    if row is None:
        return None
    user_id = UserId(row.user_id) if row.user_id is not None else None
    return Attempt(row.provider, row.next, user_id, Arrived(*row.arrived) if row.arrived else None)


async def add_identity(tx: Transaction, one: Identity) -> None:
    await tx.execute(
        insert(identities).values(
            id=one.id,
            user_id=one.user_id,
            issuer=one.issuer,
            subject=one.subject,
            called=one.called,
            created_at=one.created_at,
            used_at=one.used_at,
        )
    )


async def owner_of(conn: Connection, issuer: str, subject: str) -> User | None:
    query = select(*USER_COLUMNS).join(identities, identities.c.user_id == users.c.id)
    query = query.where(identities.c.issuer == issuer, identities.c.subject == subject)
    row = (await conn.execute(query)).one_or_none()
    return user_of_row(row) if row else None


async def used(tx: Transaction, arrived: Arrived, at: datetime) -> None:
    """They may be called otherwise there by now."""
    c = identities.c
    theirs = (c.issuer == arrived.issuer) & (c.subject == arrived.subject)
    await tx.execute(update(identities).where(theirs).values(used_at=at, called=arrived.called))


async def identities_of(conn: Connection, user_id: UserId) -> list[Identity]:
    query = select(identities).where(identities.c.user_id == user_id).order_by(identities.c.created_at, identities.c.id)
    return [_identity(row) for row in await conn.execute(query)]


async def remove_identity(tx: Transaction, user_id: UserId, identity_id: str) -> bool:
    c = identities.c
    gone = await tx.execute(delete(identities).where(c.id == identity_id, c.user_id == user_id).returning(c.id))
    return gone.first() is not None
