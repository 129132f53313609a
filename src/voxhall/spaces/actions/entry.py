"""Opening a space, and coming into one."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from voxhall.accounts.admission import actions as admission
from voxhall.accounts.identity import Actor
from voxhall.accounts.model import Scope
from voxhall.errors import InvalidError
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.kit.text import clean_text
from voxhall.spaces import store
from voxhall.spaces.actions.access import access, invite_listeners
from voxhall.spaces.actions.change import (
    carry_out,
    lock_name,
    new_participant,
    person_of,
    save_events,
    unkept_participant,
)
from voxhall.spaces.actions.lineup import invite_to_stage
from voxhall.spaces.actions.views import get_space
from voxhall.spaces.model import (
    Delay,
    Event,
    Participant,
    Person,
    Recording,
    Role,
    Space,
    SpaceId,
    SpaceState,
    WhoMayListen,
    WhoMaySpeak,
    decide,
)
from voxhall.spaces.model.commands import Arrive, Edit
from voxhall.spaces.model.events import SpaceStarted
from voxhall.spaces.model.lifecycle import check_start, require_live
from voxhall.spaces.model.refusals import RemovedError, SpaceEndedError

MAX_TITLE_CHARS = 100
MAX_TOPICS = 3
MAX_TOPIC_CHARS = 30
# RFC 5646 §2.1, without its irregular tags.
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")


@dataclass(frozen=True, slots=True)
class NewSpace:
    title: str
    topics: tuple[str, ...] = ()
    language: str | None = None
    who_may_speak: WhoMaySpeak = WhoMaySpeak.INVITED
    who_may_listen: WhoMayListen = WhoMayListen.EVERYONE
    # Handles; only where those invited may listen.
    invited: tuple[str, ...] = ()
    # Handles of those who are invited to the stage.
    speakers: tuple[str, ...] = ()
    cohosts: tuple[str, ...] = ()
    recording: Recording = Recording.OFF
    delay: Delay = Delay.NORMAL
    scheduled_start: datetime | None = None


@dataclass(frozen=True, slots=True)
class SpaceScheduled:
    """Published after the commit."""

    space: Space


@dataclass(frozen=True, slots=True)
class Joined:
    space: Space
    participant: Participant


async def create_space(kit: Kit, actor: Actor, wanted: NewSpace) -> Space:
    """Live at once, or scheduled when it has a time. Its host is a participant from the beginning."""
    user = actor.require_user(Scope.HOST)
    host = person_of(actor)
    at = kit.clock.now()
    space = new_space(kit, host, wanted, at)
    async with kit.db.write() as tx:
        await admission.require_may_host(kit, tx, user)
        space = await add_space(kit, tx, space, host, wanted)
        if wanted.scheduled_start is None:
            return await save_events(tx, space, (SpaceStarted(at),), at)
        tx.publish(SpaceScheduled(space))
        return space


def new_space(kit: Kit, host: Person, wanted: NewSpace, at: datetime) -> Space:
    """Checked and cleaned, and in no table yet."""
    check_start(wanted.scheduled_start, at)
    return Space(
        id=SpaceId(kit.ids.new("sp")),
        title=clean_text(wanted.title, field="title", max_chars=MAX_TITLE_CHARS),
        state=SpaceState.SCHEDULED,
        host_id=host.id,
        topics=_clean_topics(wanted.topics),
        language=_clean_language(wanted.language),
        who_may_speak=wanted.who_may_speak,
        who_may_listen=wanted.who_may_listen,
        recording=wanted.recording,
        delay=wanted.delay,
        created_at=at,
        scheduled_start=wanted.scheduled_start,
    )


async def add_space(kit: Kit, tx: Transaction, space: Space, host: Person, wanted: NewSpace) -> Space:
    await store.insert_space(tx, space)
    await invite_listeners(tx, space, wanted.invited)
    await invite_to_stage(tx, space, wanted.cohosts, Role.COHOST, field="cohosts")
    await invite_to_stage(tx, space, wanted.speakers, Role.SPEAKER)
    return space.with_participant(await new_participant(kit, tx, space.id, host))


async def edit_space(kit: Kit, actor: Actor, space_id: SpaceId, changes: Mapping[str, Any]) -> Space:
    """What is named is changed, as long as the space has not begun."""
    return await carry_out(kit, actor, space_id, edit_of(await get_space(kit, space_id, actor), changes))


def edit_of(space: Space, changes: Mapping[str, Any]) -> Edit:
    return Edit(
        title=clean_text(changes.get("title", space.title), field="title", max_chars=MAX_TITLE_CHARS),
        topics=_clean_topics(tuple(changes.get("topics", space.topics))),
        language=_clean_language(changes.get("language", space.language)),
        who_may_speak=changes.get("who_may_speak", space.who_may_speak),
        recording=changes.get("recording", space.recording),
        scheduled_start=changes.get("scheduled_start") or space.scheduled_start,
        delay=changes.get("delay", space.delay),
    )


async def join(
    kit: Kit,
    actor: Actor,
    space_id: SpaceId,
    *,
    live_only: bool = False,
    arriving: bool = True,
    hidden: bool | None = None,
) -> Joined:
    """Come in, as who one is; a host and who was only away for a moment get their place on the stage back.

    `hidden`: whether to be in the list of listeners; None leaves it as it was. Whoever comes again changes nothing and
    so is not queued behind the writers.
    """
    if unchanged := await _join_unchanged(kit, actor, space_id, live_only, arriving, hidden):
        return unchanged
    async with kit.db.write() as tx:
        return await _join(kit, tx, actor, space_id, live_only=live_only, arriving=arriving, hidden=hidden)


async def hide(kit: Kit, actor: Actor, space_id: SpaceId, *, is_hidden: bool) -> None:
    """Out of the list of listeners, or into it again; whoever is not in the space yet will come in so."""
    person = person_of(actor)
    async with kit.db.write() as tx:
        await tx.lock(lock_name(space_id))
        space, known = _admit(await access(tx, space_id, actor), person, live_only=False)
        if space.state in {SpaceState.ENDED, SpaceState.CANCELED}:
            raise SpaceEndedError
        if known is None:
            await new_participant(kit, tx, space_id, person, is_hidden=is_hidden)
        else:
            await store.hide_participant(tx, known.id, is_hidden=is_hidden)


def stranger(kit: Kit, actor: Actor, space_id: SpaceId, *, is_hidden: bool = False) -> Participant:
    """A guest never seen before: nothing is read or written for somebody who may not even come to listen."""
    participant = unkept_participant(kit, space_id, person_of(actor))
    return replace(participant, hidden=True) if is_hidden else participant


async def keep_strangers(kit: Kit, strangers: Mapping[SpaceId, Collection[Participant]]) -> None:
    """From now on they are seen and can be removed."""
    async with kit.db.write() as tx:
        for space_id in sorted(strangers):
            await tx.lock(lock_name(space_id))
            await store.insert_strangers(tx, space_id, strangers[space_id])


async def _join_unchanged(
    kit: Kit, actor: Actor, space_id: SpaceId, live_only: bool, arriving: bool, hidden: bool | None
) -> Joined | None:
    person = person_of(actor)
    async with kit.db.read() as conn:
        found = await access(conn, space_id, actor)
    space, known = _admit(found, person, live_only=live_only)
    if known is not None:
        is_hidden = known.hidden if hidden is None else hidden
        is_same = known.person == person and known.hidden is is_hidden
        is_news = not is_same or (arriving and _arrival(kit, space, known))
        return None if is_news else Joined(space, known)
    if space.state in {SpaceState.ENDED, SpaceState.CANCELED}:
        # Who looks at a space that is over is nobody in it.
        return Joined(space, unkept_participant(kit, space_id, person))
    return None


async def _join(
    kit: Kit, tx: Transaction, actor: Actor, space_id: SpaceId, *, live_only: bool, arriving: bool, hidden: bool | None
) -> Joined:
    person = person_of(actor)
    await tx.lock(lock_name(space_id))
    space, known = _admit(await access(tx, space_id, actor), person, live_only=live_only)
    if known is None:
        known = await new_participant(kit, tx, space_id, person, is_hidden=hidden is True)
        space = space.with_participant(known)
    elif known.person != person and not known.is_on_stage:
        # On the stage the name stays what the others read when this person stepped onto it.
        await store.rename_participant(tx, known.id, person)
        space = space.with_participant(replace(known, person=person))
    if hidden is not None and space.people[known.id].hidden is not hidden:
        await store.hide_participant(tx, known.id, is_hidden=hidden)
        space = space.with_participant(replace(space.people[known.id], hidden=hidden))
    if arriving:
        space = await save_events(tx, space, _arrival(kit, space, known), kit.clock.now())
    return Joined(space, space.people[known.id])


def _admit(space: Space, person: Person, *, live_only: bool) -> tuple[Space, Participant | None]:
    known = space.participant_of(person.id)
    if known is not None and known.removed_at is not None:
        raise RemovedError
    if live_only:
        require_live(space)
    return space, known


def _arrival(kit: Kit, space: Space, participant: Participant) -> tuple[Event, ...]:
    return decide(space, Arrive(participant.id), None, kit.clock.now())


def _clean_topics(topics: tuple[str, ...]) -> tuple[str, ...]:
    if len(topics) > MAX_TOPICS:
        raise InvalidError.of("topics", f"At most {MAX_TOPICS} topics.")
    cleaned = (clean_text(topic, field="topics", max_chars=MAX_TOPIC_CHARS) for topic in topics)
    return tuple(dict.fromkeys(cleaned))


def _clean_language(language: str | None) -> str | None:
    if language is not None and not LANGUAGE_TAG.fullmatch(language):
        raise InvalidError.of("language", "This is not a language tag such as en or pt-BR.")
    return language
