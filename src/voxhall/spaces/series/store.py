"""The tables of series, and which spaces are whose."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.kit.db import Json, Transaction, UtcDateTime, insert_for, metadata
from voxhall.spaces.lineup import stage_invitations
from voxhall.spaces.model import (
    Delay,
    Recording,
    SeriesId,
    Space,
    SpaceId,
    SpaceState,
    WhoMayListen,
    WhoMaySpeak,
)
from voxhall.spaces.series.model import AHEAD, Series
from voxhall.spaces.tables import space_of_row, spaces
from voxhall.spaces.visibility import invited_listeners

series = Table(
    "series",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("host_id", String(40), nullable=False),
    Column("rule", String(240), nullable=False),
    Column("start", UtcDateTime, nullable=False),
    Column("time_zone", String(40), nullable=False),
    Column("title", String(100), nullable=False),
    Column("topics", Json, nullable=False),
    Column("language", String(35)),
    Column("who_may_speak", String(16), nullable=False),
    Column("who_may_listen", String(16), nullable=False),
    Column("recording", String(16), nullable=False),
    Column("delay", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("planned_up_to", UtcDateTime),
    Column("is_over", Boolean, nullable=False),
    Index("ix_series_host_id", "host_id"),
    Index("ix_series_is_over", "is_over"),
)
series_people = Table(
    "series_people",
    metadata,
    Column("series_id", String(40), ForeignKey("series.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("part", String(16), primary_key=True),
    Index("ix_series_people_user_id", "user_id"),
)

Connection = Transaction | AsyncConnection


class Part(StrEnum):
    """What somebody is to each space of a series: invited to the stage, let in, or reminded."""

    COHOST = "cohost"
    SPEAKER = "speaker"
    LISTENER = "listener"
    REMINDED = "reminded"


ON_STAGE = (Part.COHOST, Part.SPEAKER)


async def load(conn: Connection, series_id: SeriesId) -> Series | None:
    row = (await conn.execute(select(series).where(series.c.id == series_id))).one_or_none()
    return None if row is None else _of_row(row)


async def of_host(conn: AsyncConnection, host_id: str) -> list[Series]:
    found = await conn.execute(select(series).where(series.c.host_id == host_id).order_by(series.c.start, series.c.id))
    return [_of_row(row) for row in found]


async def save(tx: Transaction, one: Series) -> None:
    row = _row(one)
    await tx.execute(insert_for(tx, series).values(row).on_conflict_do_update(index_elements=["id"], set_=row))


async def end_all_of(tx: Transaction, host_id: str) -> None:
    await tx.execute(update(series).where(series.c.host_id == host_id).values(is_over=True))


async def ids_to_plan(conn: AsyncConnection) -> list[SeriesId]:
    """Those of which fewer spaces are to come than should be."""
    s = spaces.c
    coming = (
        select(s.series_id, func.count().label("count"))
        .where(s.state == SpaceState.SCHEDULED.value, s.series_id.is_not(None))
        .group_by(s.series_id)
        .subquery()
    )
    found = await conn.execute(
        select(series.c.id)
        .select_from(series.outerjoin(coming, coming.c.series_id == series.c.id))
        .where(series.c.is_over.is_(False), func.coalesce(coming.c.count, 0) < AHEAD)
    )
    return [SeriesId(row.id) for row in found]


async def spaces_of(
    conn: Connection,
    series_id: SeriesId,
    *,
    from_start: datetime | None = None,
    where: Collection[ColumnElement[bool]] = (),
    limit: int | None = None,
) -> list[Space]:
    """In the order of the rule, without their people."""
    s = spaces.c
    query = select(spaces).where(s.series_id == series_id, *where).order_by(s.series_start, s.id).limit(limit)
    if from_start is not None:
        query = query.where(s.series_start >= from_start)
    return [space_of_row(row) for row in (await conn.execute(query)).all()]


async def latest_space(conn: Connection, series_id: SeriesId) -> SpaceId | None:
    s = spaces.c
    query = select(s.id).where(s.series_id == series_id).order_by(s.series_start.desc(), s.id).limit(1)
    found = (await conn.execute(query)).first()
    return SpaceId(found.id) if found is not None else None


async def count_scheduled(conn: Connection, series_id: SeriesId) -> int:
    s = spaces.c
    counted = select(func.count()).where(s.series_id == series_id, s.state == SpaceState.SCHEDULED.value)
    return int((await conn.execute(counted)).scalar_one())


async def place(tx: Transaction, space_id: SpaceId, series_id: SeriesId, start: datetime) -> None:
    await tx.execute(update(spaces).where(spaces.c.id == space_id).values(series_id=series_id, series_start=start))


async def take_out(tx: Transaction, space_id: SpaceId) -> None:
    """From now on it is of no series."""
    await tx.execute(update(spaces).where(spaces.c.id == space_id).values(series_id=None, series_start=None))


async def keep_people(tx: Transaction, series_id: SeriesId, space_id: SpaceId) -> None:
    """Whoever is invited to this space is invited to each of the series."""
    here = select(literal(series_id), stage_invitations.c.user_id, stage_invitations.c.role)
    await _copy(tx, here.where(stage_invitations.c.space_id == space_id))
    let_in = select(literal(series_id), invited_listeners.c.user_id, literal(Part.LISTENER.value))
    await _copy(tx, let_in.where(invited_listeners.c.space_id == space_id))


async def copy_people(tx: Transaction, from_id: SeriesId, to_id: SeriesId) -> None:
    p = series_people.c
    await _copy(tx, select(literal(to_id), p.user_id, p.part).where(p.series_id == from_id))


async def _copy(tx: Transaction, people: Select[Any]) -> None:
    columns = ["series_id", "user_id", "part"]
    await tx.execute(insert_for(tx, series_people).from_select(columns, people))


async def invite_people(tx: Transaction, series_id: SeriesId, space_id: SpaceId) -> None:
    """To a space of this series, whoever is invited to each."""
    p = series_people.c
    on_stage = select(literal(space_id), p.user_id, p.part).where(
        p.series_id == series_id, p.part.in_([part.value for part in ON_STAGE])
    )
    await tx.execute(insert_for(tx, stage_invitations).from_select(["space_id", "user_id", "role"], on_stage))
    let_in = select(literal(space_id), p.user_id).where(p.series_id == series_id, p.part == Part.LISTENER.value)
    await tx.execute(insert_for(tx, invited_listeners).from_select(["space_id", "user_id"], let_in))


async def set_part(tx: Transaction, series_id: SeriesId, user_id: str, part: Part, *, is_set: bool) -> None:
    p = series_people.c
    if is_set:
        row = {"series_id": series_id, "user_id": user_id, "part": part.value}
        await tx.execute(insert_for(tx, series_people).values(row).on_conflict_do_nothing())
    else:
        await tx.execute(
            delete(series_people).where(p.series_id == series_id, p.user_id == user_id, p.part == part.value)
        )


def ids_reminded(series_id: SeriesId) -> Select[tuple[str]]:
    p = series_people.c
    return select(p.user_id).where(p.series_id == series_id, p.part == Part.REMINDED.value)


def _row(one: Series) -> dict[str, Any]:
    return {
        "id": one.id,
        "host_id": one.host_id,
        "rule": one.rule,
        "start": one.start,
        "time_zone": one.time_zone,
        "title": one.title,
        "topics": list(one.topics),
        "language": one.language,
        "who_may_speak": one.who_may_speak.value,
        "who_may_listen": one.who_may_listen.value,
        "recording": one.recording.value,
        "delay": one.delay.value,
        "created_at": one.created_at,
        "revision": one.revision,
        "planned_up_to": one.planned_up_to,
        "is_over": one.is_over,
    }


def _of_row(row: Row[Any]) -> Series:
    return Series(
        id=SeriesId(row.id),
        host_id=row.host_id,
        rule=row.rule,
        start=row.start,
        time_zone=row.time_zone,
        title=row.title,
        topics=tuple(row.topics),
        language=row.language,
        who_may_speak=WhoMaySpeak(row.who_may_speak),
        who_may_listen=WhoMayListen(row.who_may_listen),
        recording=Recording(row.recording),
        delay=Delay(row.delay),
        created_at=row.created_at,
        revision=row.revision,
        planned_up_to=row.planned_up_to,
        is_over=row.is_over,
    )
