"""apply(space, event) → the space afterwards. Total: an event that fits nothing changes only `seq`."""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from voxhall.spaces.model.events import (
    Event,
    InvitationDeclined,
    InvitationEvent,
    InvitationWithdrawn,
    InvitedToSpeak,
    MicrophoneGiven,
    MicrophoneTaken,
    ParticipantDisconnected,
    ParticipantMuted,
    ParticipantReconnected,
    ParticipantRemoved,
    ParticipantUnmuted,
    RecordingChanged,
    RequestAccepted,
    RequestDeclined,
    RequestEvent,
    RequestMade,
    RequestWithdrawn,
    RoleChanged,
    SpaceCanceled,
    SpaceEdited,
    SpaceEnded,
    SpaceEvent,
    SpaceStarted,
    SpeakerAdded,
    SpeakerRemoved,
    StageEvent,
)
from voxhall.spaces.model.space import Participant, Space
from voxhall.spaces.model.words import LeaveReason, Recording, Role, SpaceState


def apply(space: Space, event: Event) -> Space:
    space = replace(space, seq=space.seq + 1)
    match event:
        case SpaceStarted() | SpaceEnded() | SpaceCanceled() | SpaceEdited() | RecordingChanged():
            return _apply_to_space(space, event)
        case RequestMade() | RequestWithdrawn() | RequestAccepted() | RequestDeclined():
            return _apply_to_requests(space, event)
        case SpeakerAdded(participant=added):
            return _add_speaker(space, added)
        case _:
            pass
    person = space.people.get(event.participant_id)
    if person is None:
        return space
    match event:
        case SpeakerRemoved():
            return space.with_participant(_off_the_stage(person, event)) if person.is_on_stage else space
        case ParticipantRemoved(removed_at=removed_at):
            gone = replace(person, removed_at=removed_at, requested_at=None, invited=False)
            return space.with_participant(gone)
        case InvitedToSpeak() | InvitationWithdrawn() | InvitationDeclined():
            return space.with_participant(_apply_invitation(person, event))
        case RoleChanged(role=role):
            return space.with_participant(replace(person, role=role)) if person.is_on_stage else space
        case _:
            return space.with_participant(_apply_on_stage(person, event)) if person.is_on_stage else space


def apply_all(space: Space, events: Iterable[Event]) -> Space:
    for event in events:
        space = apply(space, event)
    return space


def _apply_to_space(space: Space, event: SpaceEvent) -> Space:
    match event:
        case SpaceStarted(started_at=at):
            return replace(space, state=SpaceState.LIVE, started_at=at, quiet_since=at)
        case SpaceEnded(ended_at=at):
            people = {key: _as_listener(one) for key, one in space.people.items()}
            ended = replace(space, state=SpaceState.ENDED, ended_at=at, quiet_since=None, listener_count=0)
            return replace(ended, people=people, recording=Recording.OFF, recording_problem=None)
        case SpaceCanceled():
            return replace(space, state=SpaceState.CANCELED)
        case SpaceEdited():
            return replace(
                space,
                title=event.title,
                topics=event.topics,
                language=event.language,
                who_may_speak=event.who_may_speak,
                recording=event.recording,
                scheduled_start=event.scheduled_start,
                delay=event.delay,
            )
        case RecordingChanged(recording=recording, reason=reason):
            return replace(space, recording=recording, recording_problem=reason)
        case _:
            assert_never(event)


def _as_listener(person: Participant) -> Participant:
    return replace(person, role=Role.LISTENER, requested_at=None, invited=False, kept_role=None, kept_until=None)


def _add_speaker(space: Space, added: Participant) -> Space:
    before = space.people.get(added.id)
    place = before.stage_order if before is not None and before.is_on_stage else space.seq
    there = replace(added, stage_order=place, was_on_stage=True, requested_at=None, invited=False)
    on_stage = replace(there, kept_role=None, kept_until=None)
    return replace(space.with_participant(on_stage), quiet_since=None)


def _off_the_stage(person: Participant, event: SpeakerRemoved) -> Participant:
    kept = person.role if event.reason is LeaveReason.LOST else None
    return replace(
        person,
        role=Role.LISTENER,
        must_ask=person.must_ask or event.must_ask,
        kept_role=kept,
        kept_until=event.kept_until if kept is not None else None,
    )


def _apply_on_stage(person: Participant, event: StageEvent) -> Participant:
    match event:
        case ParticipantMuted():
            return replace(person, muted=True)
        case ParticipantUnmuted():
            return replace(person, muted=False)
        case MicrophoneTaken():
            return replace(person, muted=True, muted_by_host=True)
        case MicrophoneGiven():
            return replace(person, muted_by_host=False)
        case ParticipantDisconnected():
            return replace(person, connected=False)
        case ParticipantReconnected():
            return replace(person, connected=True)
        case _:
            assert_never(event)


def _apply_invitation(person: Participant, event: InvitationEvent) -> Participant:
    return replace(person, invited=isinstance(event, InvitedToSpeak))


def _apply_to_requests(space: Space, event: RequestEvent) -> Space:
    match event:
        case RequestMade(participant=asking):
            before = space.people.get(asking.id)
            place = before.request_order if before is not None and before.requested_at is not None else space.seq
            return space.with_participant(replace(asking, request_order=place))
        case RequestWithdrawn() | RequestAccepted() | RequestDeclined():
            person = space.people.get(event.participant_id)
            return space if person is None else space.with_participant(replace(person, requested_at=None))
        case _:
            assert_never(event)
