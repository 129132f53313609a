"""The table of followed topics."""

from sqlalchemy import Column, ForeignKey, String, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.kit.db import Transaction, insert_for, metadata

followed_topics = Table(
    "followed_topics",
    metadata,
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    # Folded as the topics of spaces are in `space_topics`.
    Column("topic", String(30), primary_key=True),
)


def key(topic: str) -> str:
    """As both databases fold it: only A to Z."""
    return "".join(char.lower() if char.isascii() else char for char in topic.strip())


async def of_user(conn: Transaction | AsyncConnection, user_id: str) -> list[str]:
    t = followed_topics.c
    return list((await conn.execute(select(t.topic).where(t.user_id == user_id).order_by(t.topic))).scalars())


async def add(tx: Transaction, user_id: str, topic: str) -> None:
    statement = insert_for(tx, followed_topics).values(user_id=user_id, topic=topic)
    await tx.execute(statement.on_conflict_do_nothing())


async def remove(tx: Transaction, user_id: str, topic: str) -> None:
    t = followed_topics.c
    await tx.execute(delete(followed_topics).where(t.user_id == user_id, t.topic == topic))
