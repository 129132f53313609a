"""All SQL of accounts: rows to values and back. Secrets come in and stay as hashes."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.model import Promotion, Scope, Standing, Token, TokenId, User, UserId
from voxhall.kit.db import Json, Transaction, UtcDateTime, metadata

users = Table(
    "users",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("handle", String(30), nullable=False),
    Column("display_name", String(80), nullable=False),
    Column("bio", String(500), nullable=False),
    Column("links", Json, nullable=False),
    # Nobody signs in with a password to an account that has none (made by the operator for a script).
    Column("password_hash", String(200), nullable=True),
    Column("is_administrator", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Kept beside the list of follows, which may be long.
    Column("follower_count", Integer, nullable=False, default=0),
    Column("following_count", Integer, nullable=False, default=0),
    Column("pronouns", String(40), nullable=False, default=""),
    Column("language", String(35)),
    Column("hosted_count", Integer, nullable=False, default=0),
    Column("invited_by", String(40), index=True),
    Column("suspended_at", UtcDateTime),
    Column("picture", String(40)),
    Column("promotion", String(16), nullable=False, default="normal"),
    Column("open_reports", Integer, nullable=False, default=0),
    # Confirmed by its owner, in small letters; told to nobody else.
    Column("mail", String(254)),
    UniqueConstraint("handle"),
    Index("ix_users_mail", "mail", unique=True),
    # Each list of spaces asks whom the operator hides.
    Index("ix_users_promotion", "promotion"),
)
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    # "Firefox on Android"; nothing else of what a browser says about itself is kept.
    Column("device", String(60), nullable=True),
    # To the hour, as with tokens: a write for each request would cost more than it tells.
    Column("used_at", UtcDateTime),
)
tokens = Table(
    "tokens",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("token_hash", LargeBinary(32), nullable=False),
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=True),
    Column("used_at", UtcDateTime),
    UniqueConstraint("token_hash"),
)
administrator_claims = Table(
    "administrator_claims",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
)

USER_COLUMNS = [column for column in users.c if column.name not in {"password_hash", "mail"}]
_TOKEN = [column for column in tokens.c if column.name != "token_hash"]

Connection = Transaction | AsyncConnection


def user_of_row(row: Row[Any]) -> User:
    return User(
        UserId(row.id),
        row.handle,
        row.display_name,
        row.bio,
        tuple(row.links),
        row.is_administrator,
        row.created_at,
        row.follower_count,
        row.following_count,
        row.pronouns,
        row.language,
        row.hosted_count,
        UserId(row.invited_by) if row.invited_by else None,
        row.suspended_at is not None,
        row.picture,
        Promotion(row.promotion),
        row.open_reports,
    )


def _standing(row: Row[Any]) -> Standing:
    return Standing(row.created_at, row.follower_count, row.hosted_count, Promotion(row.promotion), row.open_reports)


def _token(row: Row[Any]) -> Token:
    # A scope that a later version knew and this one does not gives nothing.
    scopes = frozenset(Scope(scope) for scope in row.scopes if scope in set(Scope))
    return Token(TokenId(row.id), UserId(row.user_id), row.name, scopes, row.created_at, row.expires_at, row.used_at)


async def add_user(tx: Transaction, user: User, password_hash: str | None) -> None:
    await tx.execute(
        insert(users).values(
            id=user.id,
            handle=user.handle,
            display_name=user.display_name,
            bio=user.bio,
            links=list(user.links),
            password_hash=password_hash,
            is_administrator=user.is_administrator,
            created_at=user.created_at,
        )
    )


async def save_profile(tx: Transaction, user: User) -> None:
    await tx.execute(
        update(users)
        .where(users.c.id == user.id)
        .values(
            display_name=user.display_name,
            bio=user.bio,
            links=list(user.links),
            pronouns=user.pronouns,
            language=user.language,
        )
    )


async def count_hosted(tx: Transaction, user_id: UserId) -> None:
    await tx.execute(update(users).where(users.c.id == user_id).values(hosted_count=users.c.hosted_count + 1))


async def make_administrator(tx: Transaction, user_id: UserId, *, is_one: bool = True) -> None:
    await tx.execute(update(users).where(users.c.id == user_id).values(is_administrator=is_one))


async def administrator_count(connection: Connection) -> int:
    query = select(func.count()).select_from(users).where(users.c.is_administrator)
    return int((await connection.execute(query)).scalar_one())


async def newest_users(connection: Connection, limit: int, *, administrators_only: bool) -> list[User]:
    query = select(*USER_COLUMNS).order_by(users.c.created_at.desc(), users.c.id.desc()).limit(limit)
    if administrators_only:
        query = query.where(users.c.is_administrator)
    return [user_of_row(row) for row in await connection.execute(query)]


async def remove_user(tx: Transaction, user_id: UserId) -> None:
    await tx.execute(delete(users).where(users.c.id == user_id))


async def user_by_id(connection: Connection, user_id: UserId) -> User | None:
    row = (await connection.execute(select(*USER_COLUMNS).where(users.c.id == user_id))).one_or_none()
    return user_of_row(row) if row else None


async def users_by_id(connection: Connection, ids: Collection[UserId]) -> dict[UserId, User]:
    if not ids:
        return {}
    rows = await connection.execute(select(*USER_COLUMNS).where(users.c.id.in_(ids)))
    return {UserId(row.id): user_of_row(row) for row in rows}


async def standings_by_id(connection: Connection, ids: Collection[UserId]) -> dict[UserId, Standing]:
    u = users.c
    query = select(u.id, u.created_at, u.follower_count, u.hosted_count, u.promotion, u.open_reports)
    rows: Iterable[Row[Any]] = await connection.execute(query.where(u.id.in_(ids))) if ids else ()
    return {UserId(row.id): _standing(row) for row in rows}


async def users_by_handle(connection: Connection, handles: Collection[str]) -> dict[str, User]:
    rows = await connection.execute(select(*USER_COLUMNS).where(users.c.handle.in_(handles)))
    return {row.handle: user_of_row(row) for row in rows}


def ids_hidden() -> Select[tuple[str]]:
    return select(users.c.id).where(users.c.promotion == Promotion.HIDDEN.value)


async def users_among(connection: Connection, ids: Collection[str], limit: int) -> list[User]:
    """The most followed first; nobody who is suspended."""
    if not ids:
        return []
    query = select(*USER_COLUMNS).where(users.c.id.in_(ids), users.c.suspended_at.is_(None))
    query = query.where(users.c.promotion != Promotion.HIDDEN.value)
    rows = await connection.execute(query.order_by(users.c.follower_count.desc(), users.c.handle).limit(limit))
    return [user_of_row(row) for row in rows]


def ids_among(ids: Select[tuple[str]] | Collection[str]) -> Select[tuple[str]]:
    """Of these, the accounts that are there and not suspended."""
    return select(users.c.id).where(users.c.id.in_(ids), users.c.suspended_at.is_(None))


def ids_suspended() -> Select[tuple[str]]:
    return select(users.c.id).where(users.c.suspended_at.is_not(None))


async def user_by_handle(connection: Connection, handle: str) -> User | None:
    row = (await connection.execute(select(*USER_COLUMNS).where(users.c.handle == handle))).one_or_none()
    return user_of_row(row) if row else None


async def user_with_password(connection: Connection, handle: str) -> tuple[User, str] | None:
    """The account and its hash; None when there is no such account or it has no password."""
    row = (await connection.execute(select(users).where(users.c.handle == handle))).one_or_none()
    return (user_of_row(row), row.password_hash) if row and row.password_hash else None


async def save_password_hash(tx: Transaction, user_id: UserId, password_hash: str) -> None:
    await tx.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


async def has_administrator(connection: Connection) -> bool:
    return (await connection.execute(select(users.c.id).where(users.c.is_administrator).limit(1))).first() is not None


async def add_session(
    tx: Transaction, token_hash: bytes, user_id: UserId, created_at: datetime, expires_at: datetime, device: str
) -> None:
    # Sweeping here keeps the table as large as what is in use, without a job for it.
    await tx.execute(delete(sessions).where(sessions.c.user_id == user_id, sessions.c.expires_at < created_at))
    await tx.execute(
        insert(sessions).values(
            token_hash=token_hash,
            user_id=user_id,
            created_at=created_at,
            expires_at=expires_at,
            device=device,
            used_at=created_at,
        )
    )


async def user_of_session(
    connection: Connection, token_hash: bytes, now: datetime
) -> tuple[User, datetime | None] | None:
    """And when the sign-in was last used."""
    is_valid = (sessions.c.token_hash == token_hash) & (sessions.c.expires_at > now)
    query = select(*USER_COLUMNS, sessions.c.used_at).join(sessions, sessions.c.user_id == users.c.id).where(is_valid)
    rows: Iterable[Row[Any]] = await connection.execute(query)
    return next(((user_of_row(row), row.used_at) for row in rows), None)


async def note_use(tx: Transaction, of: Table, token_hash: bytes, at: datetime) -> None:
    """`of`: sessions or tokens."""
    await tx.execute(update(of).where(of.c.token_hash == token_hash).values(used_at=at))


async def remove_session(tx: Transaction, token_hash: bytes) -> None:
    await tx.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


async def add_token(tx: Transaction, token: Token, token_hash: bytes) -> None:
    await tx.execute(
        insert(tokens).values(
            id=token.id,
            token_hash=token_hash,
            user_id=token.user_id,
            name=token.name,
            scopes=sorted(token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
        )
    )


async def token_count(connection: Connection, user_id: UserId) -> int:
    count = (await connection.execute(select(func.count()).where(tokens.c.user_id == user_id))).scalar_one()
    return int(count)


async def tokens_of(
    connection: Connection, user_id: UserId, after: tuple[datetime, str] | None, limit: int
) -> Sequence[Token]:
    """The newest first, beginning after the (created_at, id) of the last one seen."""
    query = select(*_TOKEN).where(tokens.c.user_id == user_id)
    if after:
        created_at, token_id = after
        is_older = tokens.c.created_at < created_at
        query = query.where(is_older | ((tokens.c.created_at == created_at) & (tokens.c.id < token_id)))
    rows = await connection.execute(query.order_by(tokens.c.created_at.desc(), tokens.c.id.desc()).limit(limit))
    return [_token(row) for row in rows]


async def token_by_hash(connection: Connection, token_hash: bytes, now: datetime) -> Token | None:
    is_valid = tokens.c.expires_at.is_(None) | (tokens.c.expires_at > now)
    row = (await connection.execute(select(*_TOKEN).where(tokens.c.token_hash == token_hash, is_valid))).one_or_none()
    return _token(row) if row else None


async def remove_token(tx: Transaction, user_id: UserId, token_id: TokenId) -> bool:
    result = await tx.execute(
        delete(tokens).where(tokens.c.id == token_id, tokens.c.user_id == user_id).returning(tokens.c.id)
    )
    return result.first() is not None


async def replace_claim(tx: Transaction, token_hash: bytes, created_at: datetime) -> None:
    await tx.execute(delete(administrator_claims))
    await tx.execute(insert(administrator_claims).values(token_hash=token_hash, created_at=created_at))


async def take_claim(tx: Transaction, token_hash: bytes) -> bool:
    """Whether the claim was the valid one; from now on none is."""
    result = await tx.execute(
        delete(administrator_claims)
        .where(administrator_claims.c.token_hash == token_hash)
        .returning(administrator_claims.c.token_hash)
    )
    return result.first() is not None
