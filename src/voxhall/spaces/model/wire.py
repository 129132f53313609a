"""How spaces, people and events look in JSON, over HTTP and on the socket alike."""

from typing import assert_never

from voxhall.accounts.model import picture_path
from voxhall.errors import JsonObject
from voxhall.kit.clock import to_wire
from voxhall.spaces.model.events import (
    Event,
    RecordingChanged,
    RequestMade,
    RoleChanged,
    SpaceCanceled,
    SpaceEdited,
    SpaceEnded,
    SpaceEvent,
    SpaceStarted,
    SpeakerAdded,
    SpeakerRemoved,
)
from voxhall.spaces.model.space import Participant, Person, Space


def space_as_json(space: Space, host: Person, address: str) -> JsonObject:
    """`address` is the server's, as people type it."""
    return {
        "id": space.id,
        "title": space.title,
        "state": space.state.value,
        "host": person_as_json(host),
        "topics": list(space.topics),
        "language": space.language,
        "who_may_speak": space.who_may_speak.value,
        "who_may_listen": space.who_may_listen.value,
        "delay": space.delay.value,
        "recording": space.recording.value,
        "recording_problem": space.recording_problem.value if space.recording_problem else None,
        "scheduled_start": to_wire(space.scheduled_start) if space.scheduled_start else None,
        "created_at": to_wire(space.created_at),
        "started_at": to_wire(space.started_at) if space.started_at else None,
        "ended_at": to_wire(space.ended_at) if space.ended_at else None,
        "series_id": space.series_id,
        "listener_count": space.listener_count,
        "replay": {"duration_ms": space.replay_ms} if space.replay_ms is not None else None,
        "url": f"{address}/spaces/{space.id}",
    }


def person_as_json(person: Person) -> JsonObject:
    return {
        "handle": person.handle,
        "display_name": person.display_name,
        "picture": picture_path(person.picture),
    }


def participant_as_json(one: Participant) -> JsonObject:
    return {
        "id": one.id,
        **person_as_json(one.person),
        "role": one.role.value,
        "muted": one.muted,
        "muted_by_host": one.muted_by_host,
        "connected": one.connected,
        "csrc": one.csrc,
    }


def request_as_json(one: Participant) -> JsonObject:
    return {
        "participant_id": one.id,
        **person_as_json(one.person),
        "requested_at": to_wire(one.requested_at) if one.requested_at else None,
    }


def event_data(event: Event) -> JsonObject:
    match event:
        case SpaceStarted() | SpaceEnded() | SpaceCanceled() | SpaceEdited() | RecordingChanged():
            return _space_event_data(event)
        case SpeakerAdded(participant=participant):
            return {"participant": participant_as_json(participant)}
        case RequestMade(participant=participant):
            return {"request": request_as_json(participant)}
        case SpeakerRemoved(participant_id=participant_id, reason=reason):
            return {"participant_id": participant_id, "reason": reason.value}
        case RoleChanged(participant_id=participant_id, role=role):
            return {"participant_id": participant_id, "role": role.value}
        case _:
            return {"participant_id": event.participant_id}


def _space_event_data(event: SpaceEvent) -> JsonObject:
    match event:
        case SpaceStarted(started_at=at):
            return {"started_at": to_wire(at)}
        case SpaceEnded(ended_at=at):
            return {"ended_at": to_wire(at)}
        case SpaceCanceled(was_overdue=was_overdue):
            return {"reason": "not_started"} if was_overdue else {}
        case SpaceEdited():
            return {
                "title": event.title,
                "topics": [*event.topics],
                "language": event.language,
                "who_may_speak": event.who_may_speak.value,
                "recording": event.recording.value,
                "scheduled_start": to_wire(event.scheduled_start) if event.scheduled_start else None,
                "delay": event.delay.value,
            }
        case RecordingChanged(recording=recording, reason=reason):
            return {"recording": recording.value, "reason": reason.value if reason else None}
        case _:
            assert_never(event)
