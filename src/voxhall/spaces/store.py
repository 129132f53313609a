"""The SQL of a space: what is read of it, and all that writes it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts.model import Promotion
from voxhall.kit.db import Transaction
from voxhall.spaces.model import (
    Participant,
    ParticipantId,
    Person,
    Role,
    Space,
    SpaceId,
    SpaceState,
    StoredEvent,
)
from voxhall.spaces.tables import (
    participant_of_row,
    participant_row,
    participants,
    space_events,
    space_of_row,
    space_row,
    spaces,
)


async def load_space(
    conn: Transaction | AsyncConnection,
    space_id: SpaceId,
    *,
    person_id: str | None = None,
    participant_id: ParticipantId | None = None,
) -> Space | None:
    """The space with its stage, its requests and invitations, its host, and the people named."""
    row = (await conn.execute(select(spaces).where(spaces.c.id == space_id))).one_or_none()
    if row is None:
        return None
    p = participants.c
    wanted = [p.role != Role.LISTENER.value, p.requested_at.is_not(None), p.invited, p.person_id == row.host_id]
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
    await tx.execute(spaces.insert().values(space_row(space)))


async def insert_participant(tx: Transaction, space_id: SpaceId, participant: Participant) -> None:
    await tx.execute(participants.insert().values(participant_row(space_id, participant)))


async def insert_strangers(tx: Transaction, space_id: SpaceId, strangers: Collection[Participant]) -> None:
    """Who came in by another door meanwhile is here already. Nobody publishes under a stranger's csrc, so that one in
    hundred thousands is passed over because it is taken costs less than looking for each.
    """
    insert = sqlite.insert if tx.is_sqlite else postgresql.insert
    rows = [participant_row(space_id, one) for one in strangers]
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
    row = space_row(after)
    del row["listener_count"]
    if after.ended_at is not None:
        row["listener_count"] = 0
        await forget_guests(tx, after.id)
    await tx.execute(update(spaces).where(spaces.c.id == after.id).values(row))
    for participant in after.people.values():
        if before.people.get(participant.id) != participant:
            values = participant_row(after.id, participant)
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
