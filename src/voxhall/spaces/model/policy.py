"""Who may give which command, and who is protected from whom. The one place where that is decided.

Every command stands in exactly one row; a new command without a row does not type-check.
"""

from enum import Enum, auto
from typing import assert_never

from voxhall.spaces.model.commands import (
    AcceptRequest,
    Arrive,
    Cancel,
    CancelOverdue,
    Command,
    DeclineInvitation,
    DeclineRequest,
    Edit,
    End,
    EndQuiet,
    GiveMicrophone,
    GiveUpWaiting,
    HaltTape,
    InviteToSpeak,
    Leave,
    LoseConnection,
    MakeCohost,
    MoveToAudience,
    Mute,
    PauseRecording,
    Remove,
    RemoveCohost,
    RequestToSpeak,
    ResumeTape,
    Start,
    StartRecording,
    StepOntoStage,
    StopRecording,
    TakeMicrophone,
    Unmute,
    WithdrawInvitation,
    WithdrawRequest,
)
from voxhall.spaces.model.refusals import (
    GuestError,
    NotSelfError,
    OnlyHostError,
    OnlyStewardsError,
    ParticipantNotFoundError,
    ProtectedError,
    RemovedError,
)
from voxhall.spaces.model.space import Participant, Person, Space
from voxhall.spaces.model.words import Role


class Entitled(Enum):
    ANYBODY = auto()
    SIGNED_IN = auto()
    SELF = auto()
    SELF_OR_STEWARDS = auto()
    STEWARDS = auto()
    HOST = auto()
    SERVER = auto()


def entitled_to(command: Command) -> Entitled:
    match command:
        case Leave():
            return Entitled.ANYBODY
        case RequestToSpeak() | WithdrawRequest() | DeclineInvitation() | StepOntoStage():
            return Entitled.SIGNED_IN
        case Unmute():
            return Entitled.SELF
        case Mute() | MoveToAudience():
            return Entitled.SELF_OR_STEWARDS
        case AcceptRequest() | DeclineRequest() | TakeMicrophone() | GiveMicrophone() | Remove():
            return Entitled.STEWARDS
        case InviteToSpeak() | WithdrawInvitation():
            return Entitled.STEWARDS
        case StartRecording() | PauseRecording() | StopRecording():
            return Entitled.STEWARDS
        case Start() | End() | Cancel() | Edit() | MakeCohost() | RemoveCohost():
            return Entitled.HOST
        case Arrive() | LoseConnection() | GiveUpWaiting() | EndQuiet() | CancelOverdue() | HaltTape() | ResumeTape():
            return Entitled.SERVER
        case _:
            assert_never(command)


def authorise(space: Space, command: Command, actor: Person | None) -> None:
    """Raise unless `actor` (None: the server itself) may give this command in this space."""
    entitled = entitled_to(command)
    if actor is None:
        return
    participant = space.participant_of(actor.id)
    if participant is not None and participant.removed_at is not None:
        raise RemovedError
    match entitled:
        case Entitled.ANYBODY:
            pass
        case Entitled.SIGNED_IN:
            if actor.is_guest:
                raise GuestError
        case Entitled.HOST:
            if actor.id != space.host_id:
                raise OnlyHostError
        case Entitled.SELF | Entitled.SELF_OR_STEWARDS | Entitled.STEWARDS:
            _authorise_on_stage(space, command, entitled, participant)
        case Entitled.SERVER:
            raise OnlyHostError
        case _:
            assert_never(entitled)


def _authorise_on_stage(space: Space, command: Command, entitled: Entitled, participant: Participant | None) -> None:
    named: object = getattr(command, "participant_id", None)
    is_about_oneself = named is None or (participant is not None and named == participant.id)
    if is_about_oneself and entitled is not Entitled.STEWARDS:
        return
    if entitled is Entitled.SELF:
        raise NotSelfError
    _stewards_only(space, command, participant)


def _stewards_only(space: Space, command: Command, participant: Participant | None) -> None:
    if participant is None or not space.is_steward(participant):
        raise OnlyStewardsError
    if not hasattr(command, "participant_id"):
        return
    target = target_of(space, command, participant)
    if not may_act_on(space, participant, target):
        raise ProtectedError


def may_act_on(space: Space, actor: Participant, target: Participant) -> bool:
    """The host acts on everybody else, a co-host on speakers and listeners, nobody on the host."""
    match space.role_of(target):
        case Role.HOST:
            return False
        case Role.COHOST:
            return space.role_of(actor) is Role.HOST
        case Role.SPEAKER | Role.LISTENER:
            return True


def target_of(space: Space, command: Command, actor: Participant | None) -> Participant:
    """The person a command is about: the one it names, else the one who gives it."""
    named: object = getattr(command, "participant_id", None)
    target = actor if named is None else next((one for one in space.people.values() if one.id == named), None)
    if target is None:
        raise ParticipantNotFoundError
    return target
