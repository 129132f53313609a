"""The tables of a space, and rows ↔ model. Nobody else writes them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
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
    UniqueConstraint,
    and_,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.model import Promotion
from voxhall.kit.db import Json, Transaction, UtcDateTime, metadata
from voxhall.spaces.model import (
    Participant,
    ParticipantId,
    Person,
    Recording,
    RecordingProblem,
    Role,
    SeriesId,
    Space,
    SpaceId,
    SpaceState,
    StoredEvent,
    WhoMayListen,
    WhoMaySpeak,
)

spaces = Table(
    "spaces",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("title", String(100), nullable=False),
    Column("state", String(16), nullable=False),
    Column("host_id", String(40), nullable=False),
    Column("topics", Json, nullable=False),
    Column("language", String(35)),
    Column("who_may_speak", String(16), nullable=False),
    Column("who_may_listen", String(16), nullable=False),
    Column("recording", String(16), nullable=False),
    Column("recording_problem", String(16)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("scheduled_start", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("quiet_since", UtcDateTime),
    Column("listener_count", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    # How long the replay is; null while there is none.
    Column("replay_ms", BigInteger),
    # What the operator says of where it is shown.
    Column("promotion", String(16), nullable=False, default="normal"),
    # Of which series, and when its rule has it, wherever its host moved it.
    Column("series_id", String(40)),
    Column("series_start", UtcDateTime),
    Index("ix_spaces_state_created_at_id", "state", "created_at", "id"),
    Index("ix_spaces_host_id", "host_id"),
    Index("ix_spaces_series_id_series_start", "series_id", "series_start"),
    # The orders of the home page: a list stops reading when its page is full.
    Index("ix_spaces_state_listener_count", "state", "listener_count"),
    Index("ix_spaces_state_scheduled_start", "state", "scheduled_start"),
    Index("ix_spaces_state_ended_at", "state", "ended_at"),
)

participants = Table(
    "participants",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("space_id", String(40), ForeignKey("spaces.id", ondelete="CASCADE"), nullable=False),
    # An account (`us_…`) or a guest (`gu_…`, known by a cookie and kept nowhere else).
    Column("person_id", String(80), nullable=False),
    Column("handle", String(30)),
    Column("display_name", String(80), nullable=False),
    Column("picture", String(40)),
    Column("csrc", BigInteger, nullable=False),
    Column("role", String(16), nullable=False),
    Column("muted", Boolean, nullable=False),
    Column("muted_by_host", Boolean, nullable=False),
    Column("connected", Boolean, nullable=False),
    Column("requested_at", UtcDateTime),
    Column("request_order", Integer, nullable=False),
    Column("stage_order", Integer, nullable=False),
    Column("was_on_stage", Boolean, nullable=False),
    Column("removed_at", UtcDateTime),
    Column("hidden", Boolean, nullable=False),
    Column("must_ask", Boolean, nullable=False),
    Column("kept_role", String(16)),
    Column("kept_until", UtcDateTime),
    UniqueConstraint("space_id", "person_id"),
    UniqueConstraint("space_id", "csrc"),
    Index("ix_participants_space_id_role", "space_id", "role"),
    Index("ix_participants_person_id", "person_id"),
)

space_events = Table(
    "space_events",
    metadata,
    Column("space_id", String(40), ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("name", String(40), nullable=False),
    Column("data", Json, nullable=False),
    Column("participant_id", String(40)),
    # Seen by the host, the co-hosts and the participant alone.
    Column("for_stewards", Boolean, nullable=False),
)


async def load_space(
    conn: Transaction | AsyncConnection,
    space_id: SpaceId,
    *,
    person_id: str | None = None,
    participant_id: ParticipantId | None = None,
) -> Space | None:
    """The space with its stage, its requests, its host, and the people named."""
    row = (await conn.execute(select(spaces).where(spaces.c.id == space_id))).one_or_none()
    if row is None:
        return None
    p = participants.c
    wanted = [p.role != Role.LISTENER.value, p.requested_at.is_not(None), p.person_id == row.host_id]
    if person_id is not None:
        wanted.append(p.person_id == person_id)
    if participant_id is not None:
        wanted.append(p.id == participant_id)
    found = await conn.execute(select(participants).where(p.space_id == space_id, or_(*wanted)))
    people = {one.id: one for one in map(participant_of_row, found.all())}
    return replace(space_of_row(row), people=people)


async def load_spaces(conn: AsyncConnection, ids: Collection[SpaceId]) -> dict[SpaceId, Space]:
    """Each with its stage."""
    if not ids:
        return {}
    stages = await stages_of(conn, ids)
    rows = await conn.execute(select(spaces).where(spaces.c.id.in_(ids)))
    found = map(space_of_row, rows)
    return {space.id: replace(space, people={one.id: one for one in stages[space.id]}) for space in found}


async def find_participant(
    conn: Transaction | AsyncConnection, space_id: SpaceId, participant_id: ParticipantId
) -> Participant | None:
    p = participants.c
    found = await conn.execute(select(participants).where(p.space_id == space_id, p.id == participant_id))
    row = found.one_or_none()
    return None if row is None else participant_of_row(row)


async def save_picture(tx: Transaction, person_id: str, picture: str | None) -> None:
    """Wherever this person is or was: the picture before is gone."""
    await tx.execute(update(participants).where(participants.c.person_id == person_id).values(picture=picture))


async def participants_by_id(conn: AsyncConnection, ids: Collection[ParticipantId]) -> list[Participant]:
    found = await conn.execute(select(participants).where(participants.c.id.in_(ids)))
    return [participant_of_row(row) for row in found.all()]


async def once_on_stage(conn: Transaction | AsyncConnection, space_id: SpaceId) -> list[Participant]:
    """Everybody who stands or stood on the stage, in the order of their last step onto it."""
    p = participants.c
    found = await conn.execute(
        select(participants).where(p.space_id == space_id, p.was_on_stage).order_by(p.stage_order, p.id)
    )
    return [participant_of_row(row) for row in found]


async def places_of(
    conn: AsyncConnection, person_id: str, *, on_stage: bool = False
) -> list[tuple[SpaceId, ParticipantId]]:
    """The spaces that are or will be live in which this person is known, or stands on the stage."""
    p = participants.c
    is_open = spaces.c.state.in_([SpaceState.LIVE.value, SpaceState.SCHEDULED.value])
    query = select(p.space_id, p.id).join(spaces, spaces.c.id == p.space_id).where(p.person_id == person_id, is_open)
    if on_stage:
        query = query.where(p.role != Role.LISTENER.value)
    return [(SpaceId(row.space_id), ParticipantId(row.id)) for row in (await conn.execute(query)).all()]


async def insert_space(tx: Transaction, space: Space) -> None:
    await tx.execute(spaces.insert().values(_space_row(space)))


async def insert_participant(tx: Transaction, space_id: SpaceId, participant: Participant) -> None:
    await tx.execute(participants.insert().values(_participant_row(space_id, participant)))


async def insert_strangers(tx: Transaction, space_id: SpaceId, strangers: Collection[Participant]) -> None:
    """Who came in by another door meanwhile is here already. Nobody publishes under a stranger's csrc, so that one in
    hundred thousands is passed over because it is taken costs less than looking for each.
    """
    insert = sqlite.insert if tx.is_sqlite else postgresql.insert
    rows = [_participant_row(space_id, one) for one in strangers]
    await tx.execute(insert(participants).on_conflict_do_nothing(), rows)


async def forget_guests(tx: Transaction, space_id: SpaceId) -> None:
    """Who only listened in a space that is over; who was removed stays on record."""
    p = participants.c
    await tx.execute(delete(participants).where(p.space_id == space_id, p.handle.is_(None), p.removed_at.is_(None)))


async def is_csrc_taken(tx: Transaction, space_id: SpaceId, csrc: int) -> bool:
    p = participants.c
    return (await tx.scalar(select(p.id).where(p.space_id == space_id, p.csrc == csrc))) is not None


async def rename_participant(tx: Transaction, participant_id: ParticipantId, person: Person) -> None:
    values = {"handle": person.handle, "display_name": person.display_name, "picture": person.picture}
    await tx.execute(update(participants).where(participants.c.id == participant_id).values(values))


async def hide_participant(tx: Transaction, participant_id: ParticipantId, *, is_hidden: bool) -> None:
    await tx.execute(update(participants).where(participants.c.id == participant_id).values(hidden=is_hidden))


async def hidden_in(conn: AsyncConnection, space_id: SpaceId) -> set[ParticipantId]:
    """Who listens there and wants to be in no list."""
    p = participants.c
    query = select(p.id).where(p.space_id == space_id, p.hidden, p.role == Role.LISTENER.value)
    return {ParticipantId(row.id) for row in await conn.execute(query)}


async def save_space(tx: Transaction, before: Space, after: Space) -> None:
    """Write what changed between the two."""
    row = _space_row(after)
    del row["listener_count"]
    if after.ended_at is not None:
        row["listener_count"] = 0
        await forget_guests(tx, after.id)
    await tx.execute(update(spaces).where(spaces.c.id == after.id).values(row))
    for participant in after.people.values():
        if before.people.get(participant.id) != participant:
            values = _participant_row(after.id, participant)
            await tx.execute(update(participants).where(participants.c.id == participant.id).values(values))


async def append_events(tx: Transaction, space_id: SpaceId, events: Sequence[StoredEvent]) -> None:
    rows = [
        {
            "space_id": space_id,
            "seq": event.seq,
            "at": event.at,
            "name": event.name,
            "data": event.data,
            "participant_id": event.participant_id,
            "for_stewards": event.for_stewards,
        }
        for event in events
    ]
    await tx.execute(space_events.insert(), rows)


async def events_after(conn: AsyncConnection, space_id: SpaceId, seq: int, up_to: int) -> list[StoredEvent]:
    e = space_events.c
    found = await conn.execute(
        select(space_events).where(e.space_id == space_id, e.seq > seq, e.seq <= up_to).order_by(e.seq)
    )
    return [
        StoredEvent(row.seq, row.at, row.name, row.data, row.participant_id, row.for_stewards) for row in found.all()
    ]


async def list_spaces(
    conn: AsyncConnection,
    visible: ColumnElement[bool],
    state: SpaceState | None,
    host_id: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Space]:
    """Newest first, of those that may be listed."""
    s = spaces.c
    query = select(spaces).where(visible).order_by(s.created_at.desc(), s.id.desc()).limit(limit)
    if state is not None:
        query = query.where(s.state == state.value)
    if host_id is not None:
        query = query.where(s.host_id == host_id)
    if after is not None:
        at, space_id = after
        query = query.where(or_(s.created_at < at, and_(s.created_at == at, s.id < space_id)))
    return [space_of_row(row) for row in (await conn.execute(query)).all()]


async def newest_spaces(conn: AsyncConnection, state: SpaceState | None, limit: int) -> list[Space]:
    """All there are, listed or not: for the operator alone."""
    query = select(spaces).order_by(spaces.c.created_at.desc(), spaces.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(spaces.c.state == state.value)
    return [space_of_row(row) for row in (await conn.execute(query)).all()]


async def stages_of(conn: AsyncConnection, ids: Collection[SpaceId]) -> dict[SpaceId, list[Participant]]:
    """Who stands on the stages of these spaces, in the order in which they came; at most 20 each."""
    p = participants.c
    query = select(participants).where(p.space_id.in_(ids), p.role != Role.LISTENER.value).order_by(p.stage_order)
    found: dict[SpaceId, list[Participant]] = {space_id: [] for space_id in ids}
    for row in (await conn.execute(query)).all() if ids else ():
        found[SpaceId(row.space_id)].append(participant_of_row(row))
    return found


async def live_space_ids(conn: AsyncConnection, quiet_before: datetime | None = None) -> list[SpaceId]:
    query = select(spaces.c.id).where(spaces.c.state == SpaceState.LIVE.value)
    if quiet_before is not None:
        query = query.where(spaces.c.quiet_since <= quiet_before)
    return [SpaceId(row.id) for row in (await conn.execute(query)).all()]


async def scheduled_space_ids(
    conn: AsyncConnection, *, before: datetime, after: datetime | None = None
) -> list[SpaceId]:
    """Those that are to begin in this span of time, or were to."""
    s = spaces.c
    query = select(s.id).where(s.state == SpaceState.SCHEDULED.value, s.scheduled_start <= before)
    if after is not None:
        query = query.where(s.scheduled_start > after)
    return [SpaceId(row.id) for row in (await conn.execute(query)).all()]


def ids_of_people_in(space_id: SpaceId) -> Select[tuple[str]]:
    """With an account, and not removed."""
    p = participants.c
    return select(p.person_id).where(p.space_id == space_id, p.handle.is_not(None), p.removed_at.is_(None))


async def save_listener_count(tx: Transaction, space_id: SpaceId, count: int) -> None:
    live = and_(spaces.c.id == space_id, spaces.c.state.in_([SpaceState.LIVE.value, SpaceState.SCHEDULED.value]))
    await tx.execute(update(spaces).where(live).values(listener_count=count))


async def save_promotion(tx: Transaction, space_id: SpaceId, promotion: Promotion) -> bool:
    saved = await tx.execute(
        update(spaces).where(spaces.c.id == space_id).values(promotion=promotion.value).returning(spaces.c.id)
    )
    return saved.first() is not None


async def save_replay(tx: Transaction, space_id: SpaceId, duration_ms: int | None) -> None:
    await tx.execute(update(spaces).where(spaces.c.id == space_id).values(replay_ms=duration_ms))


def space_of_row(row: Row[Any]) -> Space:
    return Space(
        id=SpaceId(row.id),
        title=row.title,
        state=SpaceState(row.state),
        host_id=row.host_id,
        topics=tuple(row.topics),
        language=row.language,
        who_may_speak=WhoMaySpeak(row.who_may_speak),
        who_may_listen=WhoMayListen(row.who_may_listen),
        recording=Recording(row.recording),
        recording_problem=RecordingProblem(row.recording_problem) if row.recording_problem is not None else None,
        created_at=row.created_at,
        scheduled_start=row.scheduled_start,
        started_at=row.started_at,
        ended_at=row.ended_at,
        quiet_since=row.quiet_since,
        listener_count=row.listener_count,
        seq=row.seq,
        replay_ms=row.replay_ms,
        promotion=Promotion(row.promotion),
        series_id=SeriesId(row.series_id) if row.series_id is not None else None,
        series_start=row.series_start,
    )


def _space_row(space: Space) -> dict[str, Any]:
    return {
        "id": space.id,
        "title": space.title,
        "state": space.state.value,
        "host_id": space.host_id,
        "topics": list(space.topics),
        "language": space.language,
        "who_may_speak": space.who_may_speak.value,
        "who_may_listen": space.who_may_listen.value,
        "recording": space.recording.value,
        "recording_problem": space.recording_problem.value if space.recording_problem is not None else None,
        "created_at": space.created_at,
        "scheduled_start": space.scheduled_start,
        "started_at": space.started_at,
        "ended_at": space.ended_at,
        "quiet_since": space.quiet_since,
        "listener_count": space.listener_count,
        "seq": space.seq,
        "series_id": space.series_id,
        "series_start": space.series_start,
    }


def participant_of_row(row: Row[Any]) -> Participant:
    return Participant(
        id=ParticipantId(row.id),
        person=Person(row.person_id, row.handle, row.display_name, row.picture),
        csrc=row.csrc,
        role=Role(row.role),
        muted=row.muted,
        muted_by_host=row.muted_by_host,
        connected=row.connected,
        requested_at=row.requested_at,
        request_order=row.request_order,
        stage_order=row.stage_order,
        was_on_stage=row.was_on_stage,
        removed_at=row.removed_at,
        hidden=row.hidden,
        must_ask=row.must_ask,
        kept_role=Role(row.kept_role) if row.kept_role is not None else None,
        kept_until=row.kept_until,
    )


def _participant_row(space_id: SpaceId, one: Participant) -> dict[str, Any]:
    return {
        "id": one.id,
        "space_id": space_id,
        "person_id": one.person.id,
        "handle": one.person.handle,
        "display_name": one.person.display_name,
        "picture": one.person.picture,
        "csrc": one.csrc,
        "role": one.role.value,
        "muted": one.muted,
        "muted_by_host": one.muted_by_host,
        "connected": one.connected,
        "requested_at": one.requested_at,
        "request_order": one.request_order,
        "stage_order": one.stage_order,
        "was_on_stage": one.was_on_stage,
        "removed_at": one.removed_at,
        "hidden": one.hidden,
        "must_ask": one.must_ask,
        "kept_role": one.kept_role.value if one.kept_role is not None else None,
        "kept_until": one.kept_until,
    }
