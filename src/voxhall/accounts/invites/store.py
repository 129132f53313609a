"""The tables of invitations and of who waits for one. Codes are kept as hashes."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.invites.model import Invite, Waiting
from voxhall.accounts.model import User, UserId
from voxhall.accounts.store import USER_COLUMNS, sessions, user_of_row, users
from voxhall.kit.db import Transaction, UtcDateTime, metadata

Connection = Transaction | AsyncConnection

invites = Table(
    "invites",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("code_hash", LargeBinary(32), nullable=False),
    Column("inviter_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_by", String(40), ForeignKey("users.id", ondelete="CASCADE")),
    UniqueConstraint("code_hash"),
    Index("ix_invites_inviter_id", "inviter_id", "created_at"),
)
waiting_list = Table(
    "waiting_list",
    metadata,
    Column("id", String(40), primary_key=True),
    # Who waits proves with this secret that it is they, and is given their invitation for it.
    Column("ticket_hash", LargeBinary(32), nullable=False),
    Column("name", String(80), nullable=False),
    Column("note", String(300), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("let_in_by", String(40), ForeignKey("users.id", ondelete="CASCADE")),
    UniqueConstraint("ticket_hash"),
    Index("ix_waiting_list_created_at", "created_at", "id"),
)


async def add(tx: Transaction, invite: Invite, code_hash: bytes) -> None:
    await tx.execute(
        insert(invites).values(
            id=invite.id,
            code_hash=code_hash,
            inviter_id=invite.inviter_id,
            created_at=invite.created_at,
            expires_at=invite.expires_at,
        )
    )


async def given_out(conn: Connection, inviter_id: UserId, at: datetime) -> int:
    """Used ones and open ones; what expired or was taken back can be given again."""
    i = invites.c
    counted = select(func.count()).where(i.inviter_id == inviter_id, or_(i.used_by.is_not(None), i.expires_at > at))
    return int((await conn.execute(counted)).scalar_one())


async def invites_of(
    conn: Connection, inviter_id: UserId, after: tuple[datetime, str] | None, limit: int
) -> Sequence[Invite]:
    i = invites.c
    query = select(invites).where(i.inviter_id == inviter_id).order_by(i.created_at.desc(), i.id.desc()).limit(limit)
    if after is not None:
        query = query.where(or_(i.created_at < after[0], and_(i.created_at == after[0], i.id < after[1])))
    rows = (await conn.execute(query)).all()
    used_by = await conn.execute(select(*USER_COLUMNS).where(users.c.id.in_([row.used_by for row in rows])))
    people = {row.id: user_of_row(row) for row in used_by}
    return [
        Invite(row.id, UserId(row.inviter_id), row.created_at, row.expires_at, people.get(row.used_by)) for row in rows
    ]


async def remove_open(tx: Transaction, inviter_id: UserId, invite_id: str) -> bool:
    i = invites.c
    gone = await tx.execute(
        delete(invites).where(i.id == invite_id, i.inviter_id == inviter_id, i.used_by.is_(None)).returning(i.id)
    )
    return gone.first() is not None


async def take(tx: Transaction, code_hash: bytes, user_id: UserId, at: datetime) -> UserId | None:
    """Who invited; the code is used up. Of two who come with one code, one gets in."""
    i = invites.c
    taken = await tx.execute(
        update(invites)
        .where(i.code_hash == code_hash, i.used_by.is_(None), i.expires_at > at)
        .values(used_by=user_id)
        .returning(i.inviter_id)
    )
    row = taken.first()
    return UserId(row.inviter_id) if row is not None else None


async def inviter_of(conn: Connection, code_hash: bytes, at: datetime) -> UserId | None:
    i = invites.c
    is_open = and_(i.code_hash == code_hash, i.used_by.is_(None), i.expires_at > at)
    row = (await conn.execute(select(i.inviter_id).where(is_open))).first()
    return UserId(row.inviter_id) if row is not None else None


async def note_inviter(tx: Transaction, user_id: UserId, inviter_id: UserId) -> None:
    await tx.execute(update(users).where(users.c.id == user_id).values(invited_by=inviter_id))


async def add_waiting(tx: Transaction, one: Waiting, ticket_hash: bytes) -> None:
    row = {"id": one.id, "name": one.name, "note": one.note, "created_at": one.created_at}
    await tx.execute(insert(waiting_list).values(**row, ticket_hash=ticket_hash))


async def waiting_count(conn: Connection) -> int:
    counted = select(func.count()).select_from(waiting_list).where(waiting_list.c.let_in_by.is_(None))
    return int((await conn.execute(counted)).scalar_one())


async def waiting(conn: Connection, after: tuple[datetime, str] | None, limit: int) -> Sequence[Waiting]:
    """Who has waited longest first."""
    w = waiting_list.c
    query = select(waiting_list).where(w.let_in_by.is_(None)).order_by(w.created_at, w.id).limit(limit)
    if after is not None:
        query = query.where(or_(w.created_at > after[0], and_(w.created_at == after[0], w.id > after[1])))
    return [Waiting(row.id, row.name, row.note, row.created_at) for row in await conn.execute(query)]


async def let_in(tx: Transaction, waiting_id: str, member_id: UserId) -> bool:
    w = waiting_list.c
    is_waiting = and_(w.id == waiting_id, w.let_in_by.is_(None))
    done = await tx.execute(update(waiting_list).where(is_waiting).values(let_in_by=member_id).returning(w.id))
    return done.first() is not None


async def take_ticket(tx: Transaction, ticket_hash: bytes) -> tuple[bool, UserId | None]:
    """Whether there is such a ticket, and who let its holder in; that one is gone with this."""
    w = waiting_list.c
    row = (await tx.execute(select(w.id, w.let_in_by).where(w.ticket_hash == ticket_hash))).first()
    if row is not None and row.let_in_by is not None:
        await tx.execute(delete(waiting_list).where(w.id == row.id))
        return True, UserId(row.let_in_by)
    return row is not None, None


async def tree(conn: Connection) -> dict[UserId, User]:
    """Everybody. For administrators: the whole table, not a page of it."""
    query = select(*USER_COLUMNS).order_by(users.c.created_at, users.c.id)
    return {UserId(row.id): user_of_row(row) for row in await conn.execute(query)}


async def suspend(tx: Transaction, ids: Collection[UserId], at: datetime | None) -> None:
    """None: they are back. Nobody suspended has a session; tokens are refused as long as it lasts."""
    await tx.execute(update(users).where(users.c.id.in_(ids)).values(suspended_at=at))
    if at is not None:
        await tx.execute(delete(sessions).where(sessions.c.user_id.in_(ids)))
