"""What only discovery asks the database: people by their names, and the topics in use."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, column, func, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.spaces.model import SpaceId

_topics = table("space_topics", column("topic"), column("space_id"))


def spaces_about(topic: str) -> Select[tuple[str]]:
    return select(_topics.c.space_id).where(_topics.c.topic == topic)


async def among_about(conn: AsyncConnection, ids: Collection[SpaceId], topics: Collection[str]) -> set[SpaceId]:
    """Which of these spaces are about any of these topics."""
    t = _topics.c
    query = select(t.space_id).where(t.topic.in_(topics), t.space_id.in_(ids))
    found = await conn.execute(query) if topics else ()
    return {SpaceId(row.space_id) for row in found}


async def topics_beginning(
    conn: AsyncConnection, prefix: str, is_listed: ColumnElement[bool], limit: int
) -> Sequence[tuple[str, int]]:
    """The topics of listed spaces and how many are about each, the most used first."""
    count = func.count().label("number")
    # Between the prefix and what follows all words that begin with it: an index finds that on both databases.
    t = _topics.c
    query = select(t.topic, count).where(t.topic >= prefix, t.topic < prefix + "\U0010ffff", is_listed)
    found = await conn.execute(query.group_by(t.topic).order_by(count.desc(), t.topic).limit(limit))
    return [(row.topic, row.number) for row in found]


def of_listed(listed: Select[tuple[str]]) -> ColumnElement[bool]:
    return _topics.c.space_id.in_(listed)
