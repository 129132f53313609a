"""The tables of what people are told. An announcement is one row; who has it, one row each, written in stretches."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    UniqueConstraint,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.kit.db import Json, Transaction, UtcDateTime, insert_for, metadata
from voxhall.notifications.device_store import push_devices
from voxhall.notifications.model import (
    Announcement,
    AnnouncementId,
    NewsKind,
    Notification,
    Wishes,
    as_bits,
)
from voxhall.notifications.wish_store import notification_wishes
from voxhall.spaces.model import SeriesId
from voxhall.spaces.series.actions import ids_reminded

Connection = Transaction | AsyncConnection


def _user(**more: Any) -> Column[str]:
    return Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), **more)


announcements = Table(
    "announcements",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key", String(120), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("space_id", String(40), ForeignKey("spaces.id", ondelete="CASCADE")),
    Column("actor_id", String(40)),
    Column("data", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # How far it has been told: in which part of its audience, and after whom there.
    Column("part", Integer, nullable=False),
    Column("told_up_to", String(40), nullable=False),
    UniqueConstraint("key"),
    Index("ix_announcements_created_at", "created_at"),
)

notifications = Table(
    "notifications",
    metadata,
    _user(primary_key=True),
    # What it is about: two announcements of one topic (you follow the host, and a speaker) are one notification.
    Column("topic", String(60), primary_key=True),
    Column(
        "announcement_id", String(40), ForeignKey("announcements.id", ondelete="CASCADE"), nullable=False, index=False
    ),
    Column("kind", String(24), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("read_at", UtcDateTime),
    # Whether the reader's devices are still to be reached, and when they were.
    Column("push_due", Boolean, nullable=False),
    Column("pushed_at", UtcDateTime),
    # The same of a letter (`letters/`).
    Column("mail_due", Boolean, nullable=False, default=False),
    Column("mailed_at", UtcDateTime),
    Index("ix_notifications_user_id", "user_id", "created_at"),
    Index("ix_notifications_user_id_pushed_at", "user_id", "pushed_at"),
    Index("ix_notifications_announcement_id", "announcement_id", "user_id"),
)

reminders = Table(
    "reminders",
    metadata,
    Column("space_id", String(40), ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True),
    _user(primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_reminders_user_id", "user_id"),
)


async def insert_announcement(tx: Transaction, new: Announcement) -> bool:
    """False when it was announced before."""
    row = {name: getattr(new, name) for name in ("id", "key", "space_id", "actor_id", "data", "created_at")}
    values = {**row, "kind": new.kind.value, "part": 0, "told_up_to": ""}
    statement = insert_for(tx, announcements).values(values).on_conflict_do_nothing(index_elements=["key"])
    return (await tx.execute(statement.returning(announcements.c.id))).first() is not None


async def announcement(conn: Connection, announcement_id: str) -> tuple[Announcement, int, str] | None:
    """With how far it has been told."""
    row = (await conn.execute(select(announcements).where(announcements.c.id == announcement_id))).one_or_none()
    return None if row is None else (_announcement(row), row.part, row.told_up_to)


async def told(tx: Transaction, announcement_id: AnnouncementId, part: int, up_to: str) -> None:
    values = {"part": part, "told_up_to": up_to}
    await tx.execute(update(announcements).where(announcements.c.id == announcement_id).values(values))


async def stretch_of(tx: Transaction, people: Select[tuple[str]], after: str, limit: int) -> list[str]:
    """The next of an audience in the order of their ids. The query's first column is the id."""
    found = people.subquery()
    user_id = found.c[0]
    query = select(user_id).where(user_id > after).order_by(user_id).limit(limit)
    return list((await tx.execute(query)).scalars())


async def give(
    tx: Transaction,
    news: Announcement,
    kind: NewsKind,
    topic: str,
    people: Select[tuple[str]],
    with_mail: Select[tuple[str]] | None,
    after: str,
    up_to: str,
) -> None:
    """To everybody of the audience between the two ids; who has this topic already is passed over.

    `with_mail`: who has an address; None where no mail is sent.
    """
    found = people.subquery()
    user_id = found.c[0]
    push = func.coalesce(notification_wishes.c.push, as_bits(Wishes().push))
    wishes_push = literal(kind.bit, Integer).bitwise_and(push) != 0
    mail = func.coalesce(notification_wishes.c.mail, as_bits(Wishes().mail))
    wishes_mail = literal(kind.bit, Integer).bitwise_and(mail) != 0
    rows = select(
        user_id,
        literal(topic),
        literal(news.id),
        literal(kind.value),
        literal(news.created_at, UtcDateTime),
        and_(wishes_push, exists().where(push_devices.c.user_id == user_id)),
        and_(wishes_mail, user_id.in_(with_mail)) if with_mail is not None else literal(value=False),
    ).select_from(found.outerjoin(notification_wishes, notification_wishes.c.user_id == user_id))
    columns = ["user_id", "topic", "announcement_id", "kind", "created_at", "push_due", "mail_due"]
    rows = rows.where(user_id > after, user_id <= up_to)
    await tx.execute(insert_for(tx, notifications).from_select(columns, rows).on_conflict_do_nothing())


async def list_of(
    conn: AsyncConnection, user_id: str, visible: Any, after: tuple[datetime, str] | None, limit: int
) -> list[Notification]:
    """The newest first, of what its reader may still know of."""
    n, a = notifications.c, announcements.c
    query = (
        select(announcements, n.kind.label("told_as"), n.read_at, n.created_at.label("told_at"))
        .join(announcements, a.id == n.announcement_id)
        .where(n.user_id == user_id, or_(a.space_id.is_(None), a.space_id.in_(visible)))
        .order_by(n.created_at.desc(), a.id.desc())
        .limit(limit)
    )
    if after is not None:
        at, announcement_id = after
        query = query.where(or_(n.created_at < at, and_(n.created_at == at, a.id < announcement_id)))
    found = await conn.execute(query)
    return [Notification(_announcement(row), NewsKind(row.told_as), row.told_at, row.read_at) for row in found]


async def unread_count(conn: AsyncConnection, user_id: str, most: int) -> int:
    n = notifications.c
    unread = select(n.topic).where(n.user_id == user_id, n.read_at.is_(None)).limit(most).subquery()
    return int((await conn.execute(select(func.count()).select_from(unread))).scalar_one())


async def mark_read(tx: Transaction, user_id: str, ids: Collection[str] | None, at: datetime) -> bool:
    """None is all of them; whether anything changed. What was read is neither pushed nor mailed any more."""
    n = notifications.c
    query = update(notifications).where(n.user_id == user_id, n.read_at.is_(None))
    if ids is not None:
        query = query.where(n.announcement_id.in_(ids))
    changed = await tx.execute(query.values(read_at=at, push_due=False, mail_due=False).returning(n.topic))
    return changed.first() is not None


async def prune(tx: Transaction, before: datetime) -> None:
    await tx.execute(delete(announcements).where(announcements.c.created_at < before))


async def due_for_push(tx: Transaction, announcement_id: str, after: str, limit: int) -> list[str]:
    """The next people whose devices are to be reached."""
    n = notifications.c
    query = select(n.user_id).where(n.announcement_id == announcement_id, n.push_due, n.user_id > after)
    return list((await tx.execute(query.order_by(n.user_id).limit(limit))).scalars())


async def notifications_for(
    tx: Transaction, announcement_id: str, user_ids: Collection[str]
) -> dict[str, tuple[NewsKind, str]]:
    """As what each of them is told, and the topic."""
    n = notifications.c
    query = select(n.user_id, n.kind, n.topic).where(n.announcement_id == announcement_id, n.user_id.in_(user_ids))
    return {row.user_id: (NewsKind(row.kind), row.topic) for row in await tx.execute(query)}


async def pushed_since(tx: Transaction, user_ids: Collection[str], since: datetime) -> dict[str, int]:
    n = notifications.c
    query = select(n.user_id, func.count().label("number")).where(n.user_id.in_(user_ids), n.pushed_at > since)
    return {row.user_id: row.number for row in await tx.execute(query.group_by(n.user_id))}


async def settle_pushes(
    tx: Transaction, announcement_id: str, user_ids: Collection[str], pushed_at: datetime | None
) -> None:
    """Nothing is due for them any more: reached then, or, with None, held back."""
    n = notifications.c
    mine = and_(n.announcement_id == announcement_id, n.user_id.in_(user_ids))
    await tx.execute(update(notifications).where(mine).values(push_due=False, pushed_at=pushed_at))


async def add_reminder(tx: Transaction, space_id: str, user_id: str, at: datetime) -> None:
    row = {"space_id": space_id, "user_id": user_id, "created_at": at}
    await tx.execute(insert_for(tx, reminders).values(row).on_conflict_do_nothing())


async def remove_reminder(tx: Transaction, space_id: str, user_id: str) -> None:
    await tx.execute(delete(reminders).where(reminders.c.space_id == space_id, reminders.c.user_id == user_id))


def reminder_ids(space_id: str, series_id: SeriesId | None) -> Select[tuple[str]]:
    """Who wants to be reminded of this space, or of each of its series."""
    here = select(reminders.c.user_id).where(reminders.c.space_id == space_id)
    return here if series_id is None else select(union(here, ids_reminded(series_id)).subquery().c[0])


async def reminder_count(conn: AsyncConnection, space_id: str, series_id: SeriesId | None) -> int:
    counted = select(func.count()).select_from(reminder_ids(space_id, series_id).subquery())
    return int((await conn.execute(counted)).scalar_one())


async def has_reminder(conn: AsyncConnection, space_id: str, user_id: str) -> bool:
    r = reminders.c
    found = await conn.execute(select(r.user_id).where(r.space_id == space_id, r.user_id == user_id))
    return found.first() is not None


async def is_reminded_of(conn: AsyncConnection, series_id: SeriesId, user_id: str) -> bool:
    found = await conn.execute(select(literal(1)).where(literal(user_id).in_(ids_reminded(series_id))))
    return found.first() is not None


def _announcement(row: Row[Any]) -> Announcement:
    return Announcement(
        AnnouncementId(row.id), row.key, NewsKind(row.kind), row.space_id, row.actor_id, row.data, row.created_at
    )
