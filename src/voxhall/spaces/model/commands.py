"""What can be asked of a space. Whose command it is comes from the identity of the request, never from the command.

`COMMANDS` maps the names on the wire; the commands below it are given by the server alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from voxhall.spaces.model.words import Delay, ParticipantId, Recording, RecordingProblem, WhoMaySpeak


@dataclass(frozen=True, slots=True)
class Start:
    pass


@dataclass(frozen=True, slots=True)
class End:
    pass


@dataclass(frozen=True, slots=True)
class Cancel:
    pass


@dataclass(frozen=True, slots=True)
class Edit:
    """What is announced of a space that has not begun, as it is from now on; over HTTP only."""

    title: str
    topics: tuple[str, ...]
    language: str | None
    who_may_speak: WhoMaySpeak
    recording: Recording
    scheduled_start: datetime | None
    delay: Delay = Delay.NORMAL


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Begins it, or goes on after a pause or a stop."""


@dataclass(frozen=True, slots=True)
class PauseRecording:
    pass


@dataclass(frozen=True, slots=True)
class StopRecording:
    pass


@dataclass(frozen=True, slots=True)
class Leave:
    pass


@dataclass(frozen=True, slots=True)
class RequestToSpeak:
    pass


@dataclass(frozen=True, slots=True)
class WithdrawRequest:
    pass


@dataclass(frozen=True, slots=True)
class Unmute:
    """With a participant id only so that "unmute somebody else" has a refusal of its own."""

    participant_id: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class Mute:
    participant_id: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class MoveToAudience:
    participant_id: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class AcceptRequest:
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class DeclineRequest:
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class InviteToSpeak:
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class WithdrawInvitation:
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class DeclineInvitation:
    """Taking it up is asking to speak: whoever is invited stands on the stage at once."""


@dataclass(frozen=True, slots=True)
class TakeMicrophone:
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class GiveMicrophone:
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class MakeCohost:
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class RemoveCohost:
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class Remove:
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class StepOntoStage:
    """A microphone is being connected over WHIP by the person who gives the command."""


@dataclass(frozen=True, slots=True)
class Arrive:
    """Somebody who was not present is present now."""

    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class LoseConnection:
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class GiveUpWaiting:
    """The connection did not come back in time."""

    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class EndQuiet:
    """Nobody has been on stage for too long."""


@dataclass(frozen=True, slots=True)
class CancelOverdue:
    """It was to begin long ago, and nobody began it."""


@dataclass(frozen=True, slots=True)
class HaltTape:
    """The media node cannot write what it should."""

    problem: RecordingProblem


@dataclass(frozen=True, slots=True)
class ResumeTape:
    """It can again."""


SelfCommand: TypeAlias = Leave | RequestToSpeak | WithdrawRequest | DeclineInvitation | StepOntoStage | Unmute
RecordingCommand: TypeAlias = StartRecording | PauseRecording | StopRecording
InvitationCommand: TypeAlias = InviteToSpeak | WithdrawInvitation
StewardCommand: TypeAlias = (
    AcceptRequest | DeclineRequest | InvitationCommand | TakeMicrophone | GiveMicrophone | Remove
)
HostCommand: TypeAlias = Start | End | Cancel | Edit | MakeCohost | RemoveCohost
SelfOrStewardCommand: TypeAlias = Mute | MoveToAudience
ServerCommand: TypeAlias = Arrive | LoseConnection | GiveUpWaiting | EndQuiet | CancelOverdue | HaltTape | ResumeTape
PersonCommand: TypeAlias = SelfCommand | StewardCommand | RecordingCommand | HostCommand | SelfOrStewardCommand
Command: TypeAlias = PersonCommand | ServerCommand

COMMANDS: dict[str, type[PersonCommand]] = {
    "start": Start,
    "end": End,
    "cancel": Cancel,
    "start_recording": StartRecording,
    "pause_recording": PauseRecording,
    "stop_recording": StopRecording,
    "leave": Leave,
    "request_to_speak": RequestToSpeak,
    "withdraw_request": WithdrawRequest,
    "accept_request": AcceptRequest,
    "decline_request": DeclineRequest,
    "invite_to_speak": InviteToSpeak,
    "withdraw_invitation": WithdrawInvitation,
    "decline_invitation": DeclineInvitation,
    "mute": Mute,
    "unmute": Unmute,
    "take_microphone": TakeMicrophone,
    "give_microphone": GiveMicrophone,
    "move_to_audience": MoveToAudience,
    "make_cohost": MakeCohost,
    "remove_cohost": RemoveCohost,
    "remove": Remove,
}
