"""Codes and links, as hashes; and the address of the account."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Column, ForeignKey, LargeBinary, Select, String, Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.model import User, UserId
from voxhall.accounts.recovery.model import Link, Purpose
from voxhall.accounts.store import USER_COLUMNS, sessions, user_of_row, users
from voxhall.kit.db import Transaction, UtcDateTime, metadata

Connection = Transaction | AsyncConnection

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("code_hash", LargeBinary(32), primary_key=True),
)
account_links = Table(
    "account_links",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("purpose", String(16), nullable=False),
    Column("mail", String(254)),
    Column("expires_at", UtcDateTime, nullable=False),
)


async def replace_codes(tx: Transaction, user_id: UserId, hashes: list[bytes]) -> None:
    await tx.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    await tx.execute(insert(recovery_codes), [{"user_id": user_id, "code_hash": one} for one in hashes])


async def codes_left(conn: Connection, user_id: UserId) -> int:
    query = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.user_id == user_id)
    return int((await conn.execute(query)).scalar_one())


async def take_code(tx: Transaction, user_id: UserId, code_hash: bytes) -> bool:
    c = recovery_codes.c
    taken = await tx.execute(
        delete(recovery_codes).where(c.user_id == user_id, c.code_hash == code_hash).returning(c.user_id)
    )
    return taken.first() is not None


async def add_link(tx: Transaction, token_hash: bytes, link: Link, now: datetime) -> None:
    """One of a kind: the link before it is worth nothing any more."""
    c = account_links.c
    await tx.execute(delete(account_links).where((c.user_id == link.user_id) & (c.purpose == link.purpose.value)))
    await tx.execute(delete(account_links).where(c.expires_at <= now))
    values = {
        "token_hash": token_hash,
        "user_id": link.user_id,
        "purpose": link.purpose.value,
        "mail": link.mail,
        "expires_at": link.expires_at,
    }
    await tx.execute(insert(account_links).values(values))


async def look_at_link(conn: Connection, token_hash: bytes, now: datetime) -> Link | None:
    c = account_links.c
    row = (
        await conn.execute(select(account_links).where(c.token_hash == token_hash, c.expires_at > now))
    ).one_or_none()
    return None if row is None else Link(UserId(row.user_id), Purpose(row.purpose), row.mail, row.expires_at)


async def take_link(tx: Transaction, token_hash: bytes, now: datetime) -> Link | None:
    link = await look_at_link(tx, token_hash, now)
    await tx.execute(delete(account_links).where(account_links.c.token_hash == token_hash))
    return link


async def mail_of(conn: Connection, user_id: UserId) -> str | None:
    found: str | None = (await conn.execute(select(users.c.mail).where(users.c.id == user_id))).scalar_one_or_none()
    return found


async def mails_of(conn: Connection, ids: Collection[UserId]) -> dict[UserId, str]:
    query = select(users.c.id, users.c.mail).where(users.c.id.in_(ids), users.c.mail.is_not(None))
    return {UserId(row.id): row.mail for row in await conn.execute(query)}


def ids_with_mail() -> Select[tuple[str]]:
    return select(users.c.id).where(users.c.mail.is_not(None))


async def user_of_mail(conn: Connection, mail: str) -> User | None:
    row = (await conn.execute(select(*USER_COLUMNS).where(users.c.mail == mail))).one_or_none()
    return user_of_row(row) if row else None


async def save_mail(tx: Transaction, user_id: UserId, mail: str | None) -> None:
    await tx.execute(update(users).where(users.c.id == user_id).values(mail=mail))


async def password_hash_of(conn: Connection, user_id: UserId) -> str | None:
    found: str | None = (
        await conn.execute(select(users.c.password_hash).where(users.c.id == user_id))
    ).scalar_one_or_none()
    return found


async def end_sessions(tx: Transaction, user_id: UserId, besides: bytes | None) -> None:
    """Whoever had the old password is out."""
    theirs = sessions.c.user_id == user_id
    await tx.execute(delete(sessions).where(theirs if besides is None else theirs & (sessions.c.token_hash != besides)))
