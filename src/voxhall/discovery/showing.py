"""From many candidates to the few that are shown: ordered by what is cheap to know of each, loaded whole only then."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts import actions as people
from voxhall.accounts.follows import actions as follows
from voxhall.accounts.model import Standing, User, UserId
from voxhall.discovery import store, topics
from voxhall.discovery.ranking import Shown, is_behind, is_featured, reasons, score
from voxhall.spaces.actions import directory
from voxhall.spaces.actions.directory import Candidate
from voxhall.spaces.model import Space, SpaceId


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    items: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and one view of the database."""

    conn: AsyncConnection
    user: User | None
    language: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Ties:
    """What ties the reader to candidates: whom of their people they follow, and their topics."""

    followed: Collection[str] = ()
    topics: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the order of candidates depends on besides themselves; `people` are those on each stage, and the host."""

    asking: Asking
    ties: Ties
    standings: Mapping[UserId, Standing]
    people: Mapping[SpaceId, Collection[str]]
    liked: Collection[SpaceId]

    def best_first(self, found: Sequence[Candidate]) -> list[SpaceId]:
        """Equal scores by id: the same page for the same question."""
        return [one.id for one in sorted(found, key=lambda one: (-self._score(one), one.id))]

    def known_first(self, found: Sequence[Candidate]) -> list[SpaceId]:
        """Otherwise as they stand."""
        return [one.id for one in sorted(found, key=self._place)]

    def _score(self, one: Candidate) -> float:
        host = self.standings.get(one.host_id)
        followed = sum(person_id in self.ties.followed for person_id in self.people[one.id])
        is_liked = one.id in self.liked
        return score(one, host, followed, self.asking.language, self.asking.at, is_liked=is_liked)

    def _place(self, one: Candidate) -> int:
        host = self.standings.get(one.host_id)
        return is_behind(host, self.asking.at) - is_featured(one.promotion, host)


async def known_of(asking: Asking, found: Collection[Candidate]) -> Known:
    hosts = {one.host_id for one in found}
    standings = await people.standings_by_id(asking.conn, hosts)
    by_space: dict[SpaceId, set[str]] = {one.id: {one.host_id} for one in found}
    if asking.user is None:
        return Known(asking, Ties(), standings, by_space, ())
    for space_id, person_id in await directory.people_on_stages(asking.conn, list(by_space)):
        by_space[space_id].add(person_id)
    ties = await _ties(asking, asking.user, set().union(*by_space.values()))
    liked = await store.among_about(asking.conn, list(by_space), ties.topics)
    return Known(asking, ties, standings, by_space, liked)


async def sections(asking: Asking, chosen: Mapping[str, Sequence[SpaceId]], ties: Ties | None = None) -> list[Section]:
    """All that is shown is loaded at once; `ties` as far as they are known already."""
    whole = await directory.whole(asking.conn, {space_id for ids in chosen.values() for space_id in ids})
    shown = {one.space.id: one for one in await show(asking, list(whole.values()), ties)}
    return [Section(name, tuple(shown[space_id] for space_id in ids)) for name, ids in chosen.items()]


async def show(asking: Asking, found: Sequence[Space], ties: Ties | None = None) -> list[Shown]:
    """In the order they came."""
    hosts = await people.users_by_id(asking.conn, {UserId(space.host_id) for space in found})
    if ties is None and asking.user is not None:
        on_stage = {one.person.id for space in found for one in space.stage}
        ties = await _ties(asking, asking.user, on_stage | set(hosts))
    return [_shown(asking, space, hosts.get(UserId(space.host_id)), ties or Ties()) for space in found]


async def _ties(asking: Asking, user: User, people_ids: Collection[str]) -> Ties:
    if not people_ids:
        return Ties()
    followed = await follows.followed_among(asking.conn, user.id, people_ids) if user.following_count else ()
    return Ties(followed, await topics.of_user(asking.conn, user.id))


def _shown(asking: Asking, space: Space, host: User | None, ties: Ties) -> Shown:
    topic = next((topic for topic in space.topics if topics.key(topic) in ties.topics), None)
    return Shown(space, host, reasons(space, host, ties.followed, asking.language, asking.at, topic))
