"""Onto the stage and off it: asking, being called up, stepping down, losing the connection and coming back."""

from dataclasses import replace
from datetime import datetime, timedelta

from voxhall.spaces.model.events import (
    Event,
    InvitationDeclined,
    ParticipantDisconnected,
    ParticipantReconnected,
    ParticipantRemoved,
    RequestAccepted,
    RequestDeclined,
    RequestMade,
    RequestWithdrawn,
    RoleChanged,
    SpeakerAdded,
    SpeakerRemoved,
)
from voxhall.spaces.model.refusals import (
    GuestError,
    HostStaysError,
    MustAskError,
    NoRequestError,
    NotCohostError,
    NotOnStageError,
    StageFullError,
)
from voxhall.spaces.model.space import STAGE_LIMIT, Participant, Space
from voxhall.spaces.model.words import LeaveReason, Role, SpaceState, WhoMaySpeak

# A role outlives its lost place on the stage by this: a phone that changes networks or restarts its browser is back
# within it. Longer, and seats are promised to people who have gone.
ROLE_KEPT = timedelta(seconds=60)


def request_to_speak(space: Space, target: Participant, at: datetime) -> tuple[Event, ...]:
    if target.is_on_stage:
        return ()
    if target.invited:
        return (_called_up(space, target, _own_role(space, target)),)
    if space.role_of(target) is Role.HOST or _is_open_to(space, target):
        return (_onto_stage(space, target, _own_role(space, target), muted=True),)
    return () if target.requested_at is not None else (RequestMade(replace(target, requested_at=at)),)


def withdraw_request(target: Participant) -> tuple[Event, ...]:
    return (RequestWithdrawn(target.id),) if target.requested_at is not None else ()


def accept_request(space: Space, target: Participant) -> tuple[Event, ...]:
    if target.requested_at is None:
        raise NoRequestError
    return (RequestAccepted(target.id), _called_up(space, target, Role.SPEAKER))


def decline_request(target: Participant) -> tuple[Event, ...]:
    if target.requested_at is None:
        raise NoRequestError
    return (RequestDeclined(target.id),)


def decline_invitation(target: Participant) -> tuple[Event, ...]:
    return (InvitationDeclined(target.id),) if target.invited else ()


def step_onto_stage(space: Space, target: Participant, at: datetime) -> tuple[Event, ...]:
    """Connecting a microphone is the act of speaking: whoever needs not ask stands there unmuted."""
    if target.is_on_stage:
        return ()
    role = target.role_kept_at(at)
    if role is None:
        if target.invited:
            target = _welcome(target)
        elif space.role_of(target) is not Role.HOST and not _is_open_to(space, target):
            raise MustAskError
        role = _own_role(space, target)
    return (_onto_stage(space, target, role, muted=target.muted_by_host),)


def move_to_audience(space: Space, target: Participant, *, by_self: bool) -> tuple[Event, ...]:
    if space.role_of(target) is Role.HOST:
        raise HostStaysError
    if not target.is_on_stage:
        raise NotOnStageError
    return (SpeakerRemoved(target.id, LeaveReason.MOVED_TO_AUDIENCE, must_ask=not by_self),)


def make_cohost(space: Space, target: Participant) -> tuple[Event, ...]:
    if target.person.is_guest:
        raise GuestError("Only somebody with an account can be a co-host.")
    if space.role_of(target) is Role.HOST:
        raise HostStaysError("The host stays host.")
    if target.role is Role.COHOST:
        return ()
    if target.is_on_stage:
        return (RoleChanged(target.id, Role.COHOST),)
    asked = (RequestAccepted(target.id),) if target.requested_at is not None else ()
    return (*asked, _called_up(space, target, Role.COHOST))


def remove_cohost(target: Participant) -> tuple[Event, ...]:
    if target.role is not Role.COHOST:
        raise NotCohostError
    return (RoleChanged(target.id, Role.SPEAKER),)


def remove(target: Participant, at: datetime) -> tuple[Event, ...]:
    """A removal may come after the person has left: it keeps them from coming back."""
    if target.removed_at is not None:
        return ()
    off = (SpeakerRemoved(target.id, LeaveReason.REMOVED),) if target.is_on_stage else ()
    return (*off, ParticipantRemoved(target.id, at))


def leave(person: Participant) -> tuple[Event, ...]:
    off = (SpeakerRemoved(person.id, LeaveReason.LEFT),) if person.is_on_stage else ()
    return (*off, *withdraw_request(person), *decline_invitation(person))


def arrive(space: Space, person: Participant, at: datetime) -> tuple[Event, ...]:
    if space.state is not SpaceState.LIVE or person.removed_at is not None:
        return ()
    if person.is_on_stage:
        return () if person.connected else (ParticipantReconnected(person.id),)
    role = person.role_kept_at(at)
    if role is None and space.role_of(person) is not Role.HOST:
        return ()
    try:
        return (_onto_stage(space, person, role or Role.HOST, muted=person.muted if role else True),)
    except StageFullError:
        return ()


def lose_connection(person: Participant) -> tuple[Event, ...]:
    return (ParticipantDisconnected(person.id),) if person.is_on_stage and person.connected else ()


def give_up_waiting(person: Participant, at: datetime) -> tuple[Event, ...]:
    if not person.is_on_stage:
        return (*withdraw_request(person), *decline_invitation(person))
    if person.connected:
        return ()
    return (SpeakerRemoved(person.id, LeaveReason.LOST, kept_until=at + ROLE_KEPT),)


def _own_role(space: Space, person: Participant) -> Role:
    """As what somebody steps up who need not ask."""
    return space.invited_as.get(person.person.id, Role.SPEAKER)


def _is_open_to(space: Space, person: Participant) -> bool:
    if person.person.id in space.invited_as:
        return not person.must_ask
    match space.who_may_speak:
        case WhoMaySpeak.EVERYONE:
            return not person.must_ask
        case WhoMaySpeak.FOLLOWED:
            return person.person.id in space.followed_by_host and not person.must_ask
        case WhoMaySpeak.INVITED:
            return False


def _called_up(space: Space, person: Participant, role: Role) -> SpeakerAdded:
    """The person unmutes themselves."""
    return _onto_stage(space, _welcome(person), role, muted=True)


def _welcome(person: Participant) -> Participant:
    """A host's word undoes what a host did before."""
    return replace(person, muted_by_host=False, must_ask=False)


def _onto_stage(space: Space, person: Participant, role: Role, *, muted: bool) -> SpeakerAdded:
    is_host = space.role_of(person) is Role.HOST
    # The host's own place is never taken by somebody else.
    others = sum(one.person.id != space.host_id for one in space.stage)
    if not is_host and others >= STAGE_LIMIT - 1:
        raise StageFullError
    on_stage = replace(person, role=Role.HOST if is_host else role, muted=muted, connected=True, requested_at=None)
    return SpeakerAdded(replace(on_stage, kept_role=None, kept_until=None))
