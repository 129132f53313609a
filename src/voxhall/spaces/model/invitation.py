"""Somebody in the audience is asked onto the stage: they step up when they want to, or say no."""

from typing import assert_never

from voxhall.spaces.model import stage
from voxhall.spaces.model.commands import DeclineInvitation, InviteToSpeak, WithdrawInvitation
from voxhall.spaces.model.events import Event, InvitationWithdrawn, InvitedToSpeak
from voxhall.spaces.model.refusals import GuestError
from voxhall.spaces.model.space import Participant, Space


def decide(
    space: Space, command: InviteToSpeak | WithdrawInvitation | DeclineInvitation, target: Participant
) -> tuple[Event, ...]:
    match command:
        case InviteToSpeak():
            return _invite(space, target)
        case WithdrawInvitation():
            return (InvitationWithdrawn(target.id),) if target.invited else ()
        case DeclineInvitation():
            return stage.decline_invitation(target)
        case _:
            assert_never(command)


def _invite(space: Space, target: Participant) -> tuple[Event, ...]:
    """Whoever has asked is taken at their word."""
    if target.person.is_guest:
        raise GuestError("Only somebody with an account can speak.")
    if target.requested_at is not None:
        return stage.accept_request(space, target)
    return () if target.is_on_stage or target.invited else (InvitedToSpeak(target.id),)
