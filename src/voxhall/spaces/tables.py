"""The tables of a space, and rows ↔ model. Only `store` writes them."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
)

from voxhall.accounts.model import Promotion
from voxhall.kit.db import Json, UtcDateTime, metadata
from voxhall.spaces.model import (
    Delay,
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
    Column("delay", String(16), nullable=False),
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
    Column("invited", Boolean, nullable=False),
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
        delay=Delay(row.delay),
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


def space_row(space: Space) -> dict[str, Any]:
    return {
        "id": space.id,
        "title": space.title,
        "state": space.state.value,
        "host_id": space.host_id,
        "topics": list(space.topics),
        "language": space.language,
        "who_may_speak": space.who_may_speak.value,
        "who_may_listen": space.who_may_listen.value,
        "delay": space.delay.value,
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
        invited=row.invited,
        stage_order=row.stage_order,
        was_on_stage=row.was_on_stage,
        removed_at=row.removed_at,
        hidden=row.hidden,
        must_ask=row.must_ask,
        kept_role=Role(row.kept_role) if row.kept_role is not None else None,
        kept_until=row.kept_until,
    )


def participant_row(space_id: SpaceId, one: Participant) -> dict[str, Any]:
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
        "invited": one.invited,
        "stage_order": one.stage_order,
        "was_on_stage": one.was_on_stage,
        "removed_at": one.removed_at,
        "hidden": one.hidden,
        "must_ask": one.must_ask,
        "kept_role": one.kept_role.value if one.kept_role is not None else None,
        "kept_until": one.kept_until,
    }
