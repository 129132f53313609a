"""Muted, unmuted, taken, given. Whether a packet is heard follows from `Participant.may_publish` alone."""

from typing import assert_never

from voxhall.spaces.model.commands import GiveMicrophone, Mute, TakeMicrophone, Unmute
from voxhall.spaces.model.events import (
    Event,
    MicrophoneGiven,
    MicrophoneTaken,
    ParticipantMuted,
    ParticipantUnmuted,
)
from voxhall.spaces.model.refusals import MutedByHostError, NotOnStageError
from voxhall.spaces.model.space import Participant


def decide(command: Mute | Unmute | TakeMicrophone | GiveMicrophone, target: Participant) -> tuple[Event, ...]:
    if not target.is_on_stage:
        raise NotOnStageError
    match command:
        case Mute():
            return () if target.muted else (ParticipantMuted(target.id),)
        case Unmute():
            if target.muted_by_host:
                raise MutedByHostError
            return (ParticipantUnmuted(target.id),) if target.muted else ()
        case TakeMicrophone():
            return () if target.muted_by_host else (MicrophoneTaken(target.id),)
        case GiveMicrophone():
            return (MicrophoneGiven(target.id),) if target.muted_by_host else ()
        case _:
            assert_never(command)
