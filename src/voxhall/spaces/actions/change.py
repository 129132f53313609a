"""The one way in which a space changes: lock, load, authorise, decide, save, append events, tell after the commit."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from voxhall.accounts import actions as people
from voxhall.accounts.admission import actions as admission
from voxhall.accounts.identity import Actor
from voxhall.accounts.model import Scope, UserId
from voxhall.errors import DiskFullError, UnauthorizedError
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.kit.disk import DiskState, disk_state
from voxhall.spaces import store
from voxhall.spaces.actions.access import access
from voxhall.spaces.model import (
    Event,
    Participant,
    ParticipantId,
    Person,
    Space,
    SpaceId,
    SpaceState,
    StoredEvent,
    apply_all,
    decide,
)
from voxhall.spaces.model.commands import (
    Command,
    Leave,
    PersonCommand,
    RequestToSpeak,
    ServerCommand,
    Start,
    StartRecording,
    StepOntoStage,
)
from voxhall.spaces.model.events import STEWARD_EVENTS, concerned
from voxhall.spaces.model.lifecycle import with_quiet_marked
from voxhall.spaces.model.policy import Entitled, authorise, entitled_to
from voxhall.spaces.model.wire import event_data

GUEST_NAME = "Guest"


@dataclass(frozen=True, slots=True)
class SpaceChanged:
    """Published after the commit, in the order of `seq`."""

    before: Space
    space: Space
    events: tuple[StoredEvent, ...]
    # One thing done to several spaces of a series has one name: whoever waits for more than one is told once.
    together: str | None = None

    @property
    def space_id(self) -> SpaceId:
        return self.space.id


async def carry_out(kit: Kit, actor: Actor, space_id: SpaceId, command: PersonCommand) -> Space:
    """Do what a person asks, over HTTP or the socket."""
    person = person_entitled(actor, command)
    async with kit.db.write() as tx:
        await tx.lock(lock_name(space_id))
        named: ParticipantId | None = getattr(command, "participant_id", None)
        # Whoever may be here at all; `decide` then judges the command by `policy`.
        space = await access(tx, space_id, actor, participant_id=named)
        if isinstance(command, RequestToSpeak | StepOntoStage) and space.participant_of(person.id) is None:
            space = space.with_participant(await new_participant(kit, tx, space_id, person))
        if isinstance(command, Start) and actor.user is not None:
            await admission.require_may_host(kit, tx, actor.user)
        if isinstance(command, StartRecording):
            authorise(space, command, person)
            refuse_on_full_disk(kit)
        return await change(kit, tx, space, command, person)


def refuse_on_full_disk(kit: Kit) -> None:
    """Asked before anything changes; a disk that fills up later halts the recording instead (`HaltTape`)."""
    if disk_state(kit.settings.data) is DiskState.FULL:
        raise DiskFullError


async def carry_out_for_server(kit: Kit, space_id: SpaceId, command: ServerCommand) -> Space | None:
    """What the server itself notices: people coming and going. A space that is gone changes nothing."""
    participant_id: ParticipantId | None = getattr(command, "participant_id", None)
    async with kit.db.write() as tx:
        await tx.lock(lock_name(space_id))
        space = await store.load_space(tx, space_id, participant_id=participant_id)
        return None if space is None else await change(kit, tx, space, command, None)


async def leave(kit: Kit, space_id: SpaceId, participant_id: ParticipantId) -> None:
    """Somebody goes, by their own command or by closing the last thing they were connected with."""
    async with kit.db.write() as tx:
        await tx.lock(lock_name(space_id))
        space = await store.load_space(tx, space_id, participant_id=participant_id)
        person = space.people.get(participant_id) if space is not None else None
        if space is not None and person is not None and person.removed_at is None:
            await change(kit, tx, space, Leave(), person.person)


async def change(
    kit: Kit, tx: Transaction, space: Space, command: Command, person: Person | None, *, together: str | None = None
) -> Space:
    at = kit.clock.now()
    return await save_events(tx, space, decide(space, command, person, at), at, together=together)


async def save_events(
    tx: Transaction, space: Space, events: tuple[Event, ...], at: datetime, *, together: str | None = None
) -> Space:
    if not events:
        return space
    after = with_quiet_marked(apply_all(space, events), at)
    stored = tuple(stored_event(event, space.seq + number, at) for number, event in enumerate(events, start=1))
    await store.save_space(tx, space, after)
    await store.append_events(tx, space.id, stored)
    if after.state is SpaceState.ENDED and space.state is SpaceState.LIVE:
        await people.count_hosted(tx, UserId(space.host_id))
    tx.publish(SpaceChanged(space, after, stored, together))
    return after


def stored_event(event: Event, seq: int, at: datetime) -> StoredEvent:
    return StoredEvent(
        seq, at, event.name, event_data(event), concerned(event), for_stewards=isinstance(event, STEWARD_EVENTS)
    )


def lock_name(space_id: SpaceId) -> str:
    return f"space:{space_id}"


def scope_for(command: PersonCommand) -> Scope:
    """What a token must be good for."""
    entitled = entitled_to(command)
    match entitled:
        case Entitled.ANYBODY | Entitled.SIGNED_IN | Entitled.SELF | Entitled.SELF_OR_STEWARDS:
            return Scope.SPEAK
        case Entitled.STEWARDS | Entitled.HOST | Entitled.SERVER:
            return Scope.HOST
        case _:
            assert_never(entitled)


def person_entitled(actor: Actor, command: PersonCommand) -> Person:
    """Who gives the command; a guest is let through to the rules, which say what a guest may not."""
    if actor.guest_id is None:
        actor.require_user(scope_for(command))
    return person_of(actor)


def person_of(actor: Actor) -> Person:
    if actor.user is not None:
        return Person(actor.user.id, actor.user.handle, actor.user.display_name, actor.user.picture)
    if actor.guest_id is None:
        raise UnauthorizedError
    return Person(actor.guest_id, None, GUEST_NAME)


async def new_participant(
    kit: Kit, tx: Transaction, space_id: SpaceId, person: Person, *, is_hidden: bool = False
) -> Participant:
    participant = replace(unkept_participant(kit, space_id, person), hidden=is_hidden)
    while await store.is_csrc_taken(tx, space_id, participant.csrc):
        participant = replace(participant, csrc=kit.ids.uint32())
    await store.insert_participant(tx, space_id, participant)
    return participant


def unkept_participant(kit: Kit, space_id: SpaceId, person: Person) -> Participant:
    """Somebody who is in no table yet; a guest is the same participant whichever of their connections is kept first."""
    participant_id = kit.ids.derived("pa", space_id, person.id) if person.is_guest else kit.ids.new("pa")
    return Participant(ParticipantId(participant_id), person, kit.ids.uint32())
