"""decide(space, command, actor, at) → the events that follow, or a refusal. Pure: time comes in, nothing goes out.

A command that would change nothing answers no events: asking twice is not an error.
"""

from datetime import datetime
from typing import assert_never

from voxhall.spaces.model import invitation, lifecycle, microphone, recording, stage
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
from voxhall.spaces.model.events import Event
from voxhall.spaces.model.policy import authorise, target_of
from voxhall.spaces.model.refusals import ParticipantNotFoundError
from voxhall.spaces.model.space import Participant, Person, Space


def decide(space: Space, command: Command, actor: Person | None, at: datetime) -> tuple[Event, ...]:
    authorise(space, command, actor)
    match command:
        case Start() | End() | Cancel() | Edit() | EndQuiet() | CancelOverdue():
            return lifecycle.decide(space, command, at)
        case Leave() | Arrive() | LoseConnection() | GiveUpWaiting():
            return _of_presence(space, command, actor, at)
        case HaltTape() | ResumeTape():
            return recording.decide_for_tape(space, command)
        case _:
            pass
    lifecycle.require_live(space)
    if isinstance(command, StartRecording | PauseRecording | StopRecording):
        return recording.decide(space, command)
    giver = space.participant_of(actor.id) if actor is not None else None
    target = target_of(space, command, giver)
    if target.removed_at is not None and not isinstance(command, Remove):
        raise ParticipantNotFoundError
    match command:
        case Mute() | Unmute() | TakeMicrophone() | GiveMicrophone():
            return microphone.decide(command, target)
        case MoveToAudience():
            return stage.move_to_audience(space, target, by_self=target is giver)
        case InviteToSpeak() | WithdrawInvitation() | DeclineInvitation():
            return invitation.decide(space, command, target)
        case _:
            return _on_the_way(space, command, target, at)


def _on_the_way(
    space: Space,
    command: RequestToSpeak
    | WithdrawRequest
    | AcceptRequest
    | DeclineRequest
    | StepOntoStage
    | MakeCohost
    | RemoveCohost
    | Remove,
    target: Participant,
    at: datetime,
) -> tuple[Event, ...]:
    """Asking, being called up, stepping up, being sent away."""
    match command:
        case RequestToSpeak():
            return stage.request_to_speak(space, target, at)
        case WithdrawRequest():
            return stage.withdraw_request(target)
        case AcceptRequest():
            return stage.accept_request(space, target)
        case DeclineRequest():
            return stage.decline_request(target)
        case StepOntoStage():
            return stage.step_onto_stage(space, target, at)
        case MakeCohost():
            return stage.make_cohost(space, target)
        case RemoveCohost():
            return stage.remove_cohost(target)
        case Remove():
            return stage.remove(target, at)
        case _:
            assert_never(command)


def _of_presence(
    space: Space, command: Leave | Arrive | LoseConnection | GiveUpWaiting, actor: Person | None, at: datetime
) -> tuple[Event, ...]:
    """Coming and going never fails: who is unknown, or late, changes nothing."""
    match command:
        case Leave():
            person = space.participant_of(actor.id) if actor is not None else None
        case _:
            person = space.people.get(command.participant_id)
    if person is None:
        return ()
    match command:
        case Leave():
            return stage.leave(person)
        case Arrive():
            return stage.arrive(space, person, at)
        case LoseConnection():
            return stage.lose_connection(person)
        case GiveUpWaiting():
            return stage.give_up_waiting(person, at)
        case _:
            assert_never(command)
