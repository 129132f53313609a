"""What happened in a space. Every event has a name and data on the wire; `apply` says what it changes.

The web page's reducer follows the same rules on the same vectors (tests/vectors/reducer.json).
Fields that the wire does not carry (`must_ask`, `kept_until`, …) are for the rows only.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeAlias

from voxhall.errors import JsonObject
from voxhall.spaces.model.space import Participant
from voxhall.spaces.model.words import (
    Delay,
    LeaveReason,
    ParticipantId,
    Recording,
    RecordingProblem,
    Role,
    WhoMaySpeak,
)


@dataclass(frozen=True, slots=True)
class SpaceStarted:
    name: ClassVar = "space_started"
    started_at: datetime


@dataclass(frozen=True, slots=True)
class SpaceEnded:
    name: ClassVar = "space_ended"
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class SpaceCanceled:
    name: ClassVar = "space_canceled"
    # By the server, because the host never came.
    was_overdue: bool = False


@dataclass(frozen=True, slots=True)
class SpaceEdited:
    """All that could be edited, as it is now."""

    name: ClassVar = "space_edited"
    title: str
    topics: tuple[str, ...]
    language: str | None
    who_may_speak: WhoMaySpeak
    recording: Recording
    scheduled_start: datetime | None
    delay: Delay = Delay.NORMAL


@dataclass(frozen=True, slots=True)
class RecordingChanged:
    """Without a reason a person did it; with one the tape stands still until it can go on."""

    name: ClassVar = "recording_changed"
    recording: Recording
    reason: RecordingProblem | None = None


@dataclass(frozen=True, slots=True)
class SpeakerAdded:
    """The participant as it stands on the stage from now on."""

    name: ClassVar = "speaker_added"
    participant: Participant


@dataclass(frozen=True, slots=True)
class SpeakerRemoved:
    name: ClassVar = "speaker_removed"
    participant_id: ParticipantId
    reason: LeaveReason
    must_ask: bool = False
    kept_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RoleChanged:
    name: ClassVar = "role_changed"
    participant_id: ParticipantId
    role: Role


@dataclass(frozen=True, slots=True)
class ParticipantMuted:
    name: ClassVar = "participant_muted"
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class ParticipantUnmuted:
    name: ClassVar = "participant_unmuted"
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class MicrophoneTaken:
    name: ClassVar = "microphone_taken"
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class MicrophoneGiven:
    name: ClassVar = "microphone_given"
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class ParticipantDisconnected:
    name: ClassVar = "participant_disconnected"
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class ParticipantReconnected:
    name: ClassVar = "participant_reconnected"
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class ParticipantRemoved:
    name: ClassVar = "participant_removed"
    participant_id: ParticipantId
    removed_at: datetime


@dataclass(frozen=True, slots=True)
class RequestMade:
    name: ClassVar = "request_made"
    participant: Participant


@dataclass(frozen=True, slots=True)
class RequestWithdrawn:
    name: ClassVar = "request_withdrawn"
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class RequestAccepted:
    name: ClassVar = "request_accepted"
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class RequestDeclined:
    name: ClassVar = "request_declined"
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class InvitedToSpeak:
    name: ClassVar = "invited_to_speak"
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class InvitationWithdrawn:
    name: ClassVar = "invitation_withdrawn"
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class InvitationDeclined:
    name: ClassVar = "invitation_declined"
    participant_id: ParticipantId


StageEvent: TypeAlias = (
    ParticipantMuted
    | ParticipantUnmuted
    | MicrophoneTaken
    | MicrophoneGiven
    | ParticipantDisconnected
    | ParticipantReconnected
)
RequestEvent: TypeAlias = RequestMade | RequestWithdrawn | RequestAccepted | RequestDeclined
InvitationEvent: TypeAlias = InvitedToSpeak | InvitationWithdrawn | InvitationDeclined
SpaceEvent: TypeAlias = SpaceStarted | SpaceEnded | SpaceCanceled | SpaceEdited | RecordingChanged
Event: TypeAlias = (
    SpaceEvent
    | SpeakerAdded
    | SpeakerRemoved
    | RoleChanged
    | StageEvent
    | RequestEvent
    | InvitationEvent
    | ParticipantRemoved
)

# Who sees them besides the person concerned: the host and the co-hosts.
STEWARD_EVENTS = (
    RequestMade,
    RequestWithdrawn,
    RequestAccepted,
    RequestDeclined,
    InvitedToSpeak,
    InvitationWithdrawn,
    InvitationDeclined,
    ParticipantRemoved,
)


def concerned(event: Event) -> ParticipantId | None:
    """The one person an event is about."""
    match event:
        case SpaceStarted() | SpaceEnded() | SpaceCanceled() | SpaceEdited() | RecordingChanged():
            return None
        case SpeakerAdded(participant=participant) | RequestMade(participant=participant):
            return participant.id
        case _:
            return event.participant_id


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is kept and sent: numbered, with the data of the wire."""

    seq: int
    at: datetime
    name: str
    data: JsonObject
    participant_id: ParticipantId | None
    # Seen by the host, the co-hosts and the participant alone.
    for_stewards: bool
