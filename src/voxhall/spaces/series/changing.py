"""Changing this space and the following ones of a series, or all that have not begun.

A series that is changed from the middle is cut in two: what was stays as it was, in everybody's calendar, too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from voxhall.accounts import actions as people
from voxhall.accounts.identity import Actor
from voxhall.accounts.model import Scope, User
from voxhall.errors import ConflictError
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.spaces import lineup
from voxhall.spaces.actions import access, get_space, person_of
from voxhall.spaces.actions.access import only_host
from voxhall.spaces.actions.change import change, lock_name
from voxhall.spaces.actions.entry import edit_of
from voxhall.spaces.actions.lineup import invite_to_stage
from voxhall.spaces.model import Role, SeriesId, Space, SpaceId, SpaceState
from voxhall.spaces.model.commands import Cancel
from voxhall.spaces.model.lifecycle import FURTHEST, check_start
from voxhall.spaces.model.refusals import NotScheduledError
from voxhall.spaces.series import actions, store
from voxhall.spaces.series.actions import Repeats
from voxhall.spaces.series.model import Series, Stretch, clean_rule, clean_zone, cut, following, moved, occurrences
from voxhall.spaces.series.store import ON_STAGE
from voxhall.spaces.store import load_space
from voxhall.spaces.tables import spaces

# What a series hands on to its next spaces.
HANDED_ON = ("title", "topics", "language", "who_may_speak", "recording", "delay")


class NotInSeriesError(ConflictError):
    code = "not_in_series"
    message = "This space is not one of a series."


@dataclass(frozen=True, slots=True)
class Coming:
    """The space that was named, and what of its series the change is about."""

    space: Space
    series: Series
    # From the first that is to come on, in the order of the rule, canceled ones among them.
    spaces: tuple[Space, ...]
    # Whether there was or is one before them.
    has_earlier: bool

    @property
    def start(self) -> datetime:
        return _start_of(self.spaces[0])

    @property
    def scheduled(self) -> tuple[Space, ...]:
        return tuple(one for one in self.spaces if one.state is SpaceState.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Plan:
    rule: str
    start: datetime
    time_zone: str
    # Whether the times are others than before, and whether the days are.
    is_new: bool
    has_new_days: bool


async def edit(
    kit: Kit, actor: Actor, space_id: SpaceId, changes: Mapping[str, Any], stretch: Stretch, repeats: Repeats | None
) -> Space:
    """What is named is changed in each; with another time or rule they take the places of the new plan in turn."""
    async with kit.db.write() as tx:
        coming = await _coming(tx, actor, space_id, stretch)
        plan = _plan(coming, changes.get("scheduled_start"), repeats)
        if plan.is_new:
            check_start(plan.start, kit.clock.now())
        series = await _renewed(kit, tx, coming, changes, plan, stretch)
        series = await _into_place(kit, tx, actor, coming, series, changes, plan)
        await actions.plan(kit, tx, series)
    return await get_space(kit, space_id, actor)


async def cancel(kit: Kit, actor: Actor, space_id: SpaceId, stretch: Stretch) -> Space:
    """All of the stretch, told to each who waits once."""
    async with kit.db.write() as tx:
        coming = await _coming(tx, actor, space_id, stretch)
        together = kit.ids.new("together")
        for one in coming.scheduled:
            await change(kit, tx, await _loaded(tx, one), Cancel(), person_of(actor), together=together)
        await store.save(tx, _cut_off(coming) if coming.has_earlier else replace(coming.series, is_over=True))
    return await get_space(kit, space_id, actor)


async def change_lineup(
    kit: Kit, actor: Actor, space_id: SpaceId, handle: str, role: Role | None, stretch: Stretch
) -> None:
    """To each that is to come, and to those that are planned later. Who is invited is told once."""
    async with kit.db.write() as tx:
        coming = await _coming(tx, actor, space_id, stretch)
        user = (await people.users_by_handle(tx, [handle])).get(handle.lower())
        for number, one in enumerate(coming.scheduled):
            if role is not None:
                await invite_to_stage(tx, one, [handle], role, field="handle", is_told=number == 0)
            elif user is not None:
                await lineup.uninvite(tx, one.id, user.id)
        if user is not None:
            await _keep_part(tx, coming.series.id, user, role)


async def _keep_part(tx: Transaction, series_id: SeriesId, user: User, role: Role | None) -> None:
    for part in ON_STAGE:
        await store.set_part(tx, series_id, user.id, part, is_set=role is not None and part.value == role.value)


async def _coming(tx: Transaction, actor: Actor, space_id: SpaceId, stretch: Stretch) -> Coming:
    actor.require_user(Scope.HOST)
    space = await access(tx, space_id, actor)
    only_host(space, actor)
    if space.series_id is None or space.series_start is None:
        raise NotInSeriesError
    await tx.lock(actions.lock_name(space.series_id))
    series = await store.load(tx, space.series_id)
    s = spaces.c
    is_scheduled = [s.state == SpaceState.SCHEDULED.value]
    from_start = space.series_start if stretch is Stretch.FOLLOWING else None
    first = await store.spaces_of(tx, space.series_id, from_start=from_start, where=is_scheduled, limit=1)
    if series is None or not first:
        raise NotScheduledError("None of these is still to come.")
    start = _start_of(first[0])
    found = await store.spaces_of(tx, series.id, from_start=start)
    for one in sorted(found, key=lambda one: one.id):
        await tx.lock(lock_name(one.id))
    earlier = await store.spaces_of(tx, series.id, where=[s.series_start < start], limit=1)
    return Coming(space, series, tuple(found), bool(earlier))


def _plan(coming: Coming, wanted: datetime | None, repeats: Repeats | None) -> Plan:
    series, space = coming.series, coming.space
    zone = clean_zone(repeats.time_zone) if repeats is not None else series.time_zone
    start = coming.start
    if wanted is not None and wanted != space.scheduled_start:
        start = moved(start, _start_of(space), wanted.replace(microsecond=0), zone)
    rest = cut(series.rule, series.start, series.time_zone, coming.start)[1]
    if repeats is not None and repeats.rule is not None:
        return Plan(clean_rule(repeats.rule, start, zone), start, zone, is_new=True, has_new_days=True)
    is_new = start != coming.start or repeats is not None
    return Plan(following(rest, start, zone) if is_new else rest, start, zone, is_new=is_new, has_new_days=False)


async def _renewed(
    kit: Kit, tx: Transaction, coming: Coming, changes: Mapping[str, Any], plan: Plan, stretch: Stretch
) -> Series:
    """The series of what is to come: the same one where nothing of it has begun, or where only words change in all."""
    wanted = edit_of(coming.scheduled[0], {**changes, "scheduled_start": None})
    handed_on: dict[str, Any] = {name: getattr(wanted, name) for name in HANDED_ON if name in changes}
    series = replace(coming.series, **handed_on, revision=coming.series.revision + 1, is_over=False)
    if coming.has_earlier and (plan.is_new or stretch is Stretch.FOLLOWING):
        await store.save(tx, _cut_off(coming))
        series = replace(series, id=SeriesId(kit.ids.new("se")), created_at=kit.clock.now(), revision=0)
        await store.save(tx, series)
        await store.copy_people(tx, coming.series.id, series.id)
    elif not plan.is_new:
        return series
    return replace(series, rule=plan.rule, start=plan.start, time_zone=plan.time_zone)


async def _into_place(
    kit: Kit,
    tx: Transaction,
    actor: Actor,
    coming: Coming,
    series: Series,
    changes: Mapping[str, Any],
    plan: Plan,
) -> Series:
    """Each space under its series, at its time, in the words wished for; what finds no place any more is canceled."""
    together, now = kit.ids.new("together"), kit.clock.now()
    places: Iterator[datetime] = occurrences(plan.rule, plan.start, plan.time_zone)
    last: datetime | None = None
    for one in coming.spaces:
        if one.state not in {SpaceState.SCHEDULED, SpaceState.CANCELED}:
            continue
        if one.state is SpaceState.CANCELED and plan.has_new_days:
            await store.take_out(tx, one.id)
            continue
        at = next(places, None) if plan.is_new else _start_of(one)
        if at is None or at - now > FURTHEST:
            if one.state is SpaceState.SCHEDULED:
                await change(kit, tx, await _loaded(tx, one), Cancel(), person_of(actor), together=together)
            await store.take_out(tx, one.id)
            continue
        last = at
        await store.place(tx, one.id, series.id, at)
        if one.state is SpaceState.SCHEDULED:
            space = await _loaded(tx, one)
            wanted = edit_of(space, {**changes, "scheduled_start": at if plan.is_new else None})
            await change(kit, tx, space, wanted, person_of(actor), together=together)
    return replace(series, planned_up_to=last) if plan.is_new else series


def _cut_off(coming: Coming) -> Series:
    """Nothing of it is planned any more. Calendars take the newer revision, though its exceptions may have gone."""
    series = coming.series
    rule = cut(series.rule, series.start, series.time_zone, coming.start)[0]
    return replace(series, rule=rule, is_over=True, revision=series.revision + len(coming.spaces) + 1)


async def _loaded(tx: Transaction, space: Space) -> Space:
    found = await load_space(tx, space.id)
    if found is None:
        raise NotScheduledError
    return found


def _start_of(space: Space) -> datetime:
    if space.series_start is None:
        raise NotInSeriesError
    return space.series_start
