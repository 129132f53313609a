"""The home page, search, topic pages, and somebody's page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.accounts import actions as people
from voxhall.accounts.follows import actions as follows
from voxhall.accounts.identity import Actor
from voxhall.accounts.model import User, UserId
from voxhall.discovery import said, search, store, topics
from voxhall.discovery.ranking import Ranked, in_order, is_behind, is_featured, primary, ranked
from voxhall.discovery.said import Hit
from voxhall.errors import ConflictError, UserNotFoundError
from voxhall.kit import Kit
from voxhall.kit.text import clean_text
from voxhall.spaces import actions as spaces
from voxhall.spaces.actions import directory
from voxhall.spaces.model import ParticipantId, Person, Space

# A section of the page; the ranking chooses from CANDIDATES, so a space beyond them is found by search alone.
SECTION = 12
# Each costs a tenth of a millisecond, with its stage and its host.
CANDIDATES = 100
# Of replays only the unvetted change their place.
REPLAYS = 3 * SECTION
MAX_FOUND = 20
MAX_FOLLOWED_TOPICS = 100
MAX_TOPIC_CHARS = 30


class TooManyTopicsError(ConflictError):
    code = "too_many_topics"
    message = f"At most {MAX_FOLLOWED_TOPICS} topics can be followed."


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    items: tuple[Ranked, ...]


@dataclass(frozen=True, slots=True)
class Found:
    spaces: tuple[Ranked, ...] = ()
    people: tuple[User, ...] = ()
    topics: tuple[tuple[str, int], ...] = ()
    # With who said it.
    words: tuple[tuple[Hit, Ranked, Person | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and one view of the database."""

    conn: AsyncConnection
    user: User | None
    language: str | None
    at: datetime


async def home(kit: Kit, actor: Actor, language: str | None) -> list[Section]:
    """In this order: with people one follows, live and coming; then everybody's, live, coming and past."""
    user = actor.user
    async with kit.db.read() as conn:
        asking = Asking(conn, user, (user.language if user is not None else None) or language, kit.clock.now())
        # Whom one follows one finds, whatever the operator says.
        shown = [directory.not_hidden(), *([directory.not_muted_by(user)] if user is not None else [])]
        followed_live: list[Space] = []
        followed_upcoming: list[Space] = []
        if user is not None and user.following_count:
            followed_live = await directory.live_with_followed(conn, user, CANDIDATES)
            followed_upcoming = await directory.upcoming_of_followed(conn, user, SECTION)
        live = _without(await directory.live(conn, user, CANDIDATES, shown), followed_live)
        upcoming = _without(await directory.upcoming(conn, user, SECTION, shown), followed_upcoming)
        replays = await directory.replays(conn, user, REPLAYS, shown)
        parts = await _rank_each(asking, (followed_live, followed_upcoming, live, upcoming, replays))
    return [
        Section("followed_live", tuple(in_order(parts[0])[:SECTION])),
        Section("followed_upcoming", tuple(parts[1])),
        Section("live", tuple(in_order(parts[2])[:SECTION])),
        Section("upcoming", _known_first(parts[3], asking.at)),
        Section("replays", _known_first(parts[4], asking.at)[:SECTION]),
    ]


async def find(kit: Kit, actor: Actor, query: str, kind: str | None, language: str | None) -> Found:
    """`kind`: spaces, people, topics or words; None is all of them. A query without a word finds nothing.

    `language`: only what is in it, of spaces and of words.
    """
    words = search.words_of(query)
    if not words:
        return Found()
    language = primary(language)
    async with kit.db.read() as conn:
        asking = Asking(conn, actor.user, language, kit.clock.now())
        return Found(
            await _spaces_found(asking, words) if kind in {None, "spaces"} else (),
            await _people_found(asking, words) if kind in {None, "people"} else (),
            await _topics_found(asking, query) if kind in {None, "topics"} else (),
            await _words_found(asking, words) if kind in {None, "words"} else (),
        )


async def about_topic(kit: Kit, actor: Actor, topic: str) -> list[Section]:
    async with kit.db.read() as conn:
        asking = Asking(conn, actor.user, None, kit.clock.now())
        where = [directory.among(store.spaces_about(topic_key(topic))), directory.not_hidden()]
        return await _by_state(asking, where)


async def on_stage(kit: Kit, actor: Actor, handles: Collection[str]) -> dict[str, str]:
    async with kit.db.read() as conn:
        return await directory.on_stage(conn, actor.user, {handle.lower() for handle in handles})


async def followed_topics(kit: Kit, user: User) -> list[str]:
    async with kit.db.read() as conn:
        return await topics.of_user(conn, user.id)


async def follow_topic(kit: Kit, user: User, topic: str) -> None:
    """Again changes nothing."""
    topic = topic_key(clean_text(topic, field="topic", max_chars=MAX_TOPIC_CHARS))
    async with kit.db.write() as tx:
        await tx.lock(f"user:{user.id}")
        mine = await topics.of_user(tx, user.id)
        if topic not in mine and len(mine) >= MAX_FOLLOWED_TOPICS:
            raise TooManyTopicsError
        await topics.add(tx, user.id, topic)


async def unfollow_topic(kit: Kit, user: User, topic: str) -> None:
    async with kit.db.write() as tx:
        await topics.remove(tx, user.id, topic_key(topic))


async def of_person(kit: Kit, actor: Actor, person: User) -> list[Section]:
    """What somebody hosts, hosted, speaks or spoke in, as far as whoever asks may know of it."""
    async with kit.db.read() as conn:
        asking = Asking(conn, actor.user, None, kit.clock.now())
        return await _by_state(asking, [directory.hosted_or_spoken_in_by(person.id)])


async def person_of(kit: Kit, handle: str) -> User:
    """UserNotFoundError for nobody, and for whoever is suspended."""
    user = await people.user_by_handle(kit, handle)
    if user.is_suspended:
        raise UserNotFoundError
    return user


async def on_air(kit: Kit, actor: Actor, person: User) -> str | None:
    """The space on whose stage somebody stands, if whoever asks may know of it."""
    async with kit.db.read() as conn:
        live = await directory.live(conn, actor.user, SECTION, [directory.hosted_or_spoken_in_by(person.id)])
    return next((space.id for space in live if any(one.person.id == person.id for one in space.stage)), None)


async def inviter_of(kit: Kit, user: User) -> User | None:
    async with kit.db.read() as conn:
        found = await people.users_by_id(conn, [user.invited_by]) if user.invited_by is not None else {}
    return next(iter(found.values()), None)


def topic_key(topic: str) -> str:
    """As both databases fold it: only A to Z."""
    return "".join(char.lower() if char.isascii() else char for char in topic.strip())


async def _by_state(asking: Asking, where: directory.Where) -> list[Section]:
    found = {
        "live": await directory.live(asking.conn, asking.user, SECTION, where),
        "upcoming": await directory.upcoming(asking.conn, asking.user, SECTION, where),
        "replays": await directory.replays(asking.conn, asking.user, SECTION, where),
    }
    parts = await _rank_each(asking, tuple(found.values()))
    return [Section(name, tuple(part)) for name, part in zip(found, parts, strict=True)]


async def _rank_each(asking: Asking, parts: Sequence[Sequence[Space]]) -> list[list[Ranked]]:
    """Hosts and follows are looked up once for all parts."""
    whole = iter(await _rank(asking, [space for part in parts for space in part]))
    return [list(islice(whole, len(part))) for part in parts]


async def _rank(asking: Asking, found: Sequence[Space]) -> list[Ranked]:
    """In the order they came."""
    hosts = await people.users_by_id(asking.conn, {UserId(space.host_id) for space in found})
    on_stage = {one.person.id for space in found for one in space.stage} | set(hosts)
    followed: Collection[str] = frozenset()
    if asking.user is not None and on_stage:
        followed = await follows.followed_among(asking.conn, asking.user.id, on_stage)
    liked = await topics.of_user(asking.conn, asking.user.id) if asking.user is not None else []
    return [
        ranked(
            space,
            hosts.get(UserId(space.host_id)),
            followed,
            asking.language,
            asking.at,
            next((topic for topic in space.topics if topic_key(topic) in liked), None),
        )
        for space in found
    ]


def _known_first(found: Sequence[Ranked], at: datetime) -> tuple[Ranked, ...]:
    """Otherwise as they stand."""
    return tuple(sorted(found, key=lambda one: is_behind(one.host, at) - is_featured(one.space, one.host)))


def _without(found: Sequence[Space], shown: Sequence[Space]) -> list[Space]:
    ids = {space.id for space in shown}
    return [space for space in found if space.id not in ids]


async def _spaces_found(asking: Asking, words: list[str]) -> tuple[Ranked, ...]:
    refs = await search.matching(asking.conn, "space", words)
    if not refs:
        return ()
    where = [directory.among(refs), directory.not_hidden()]
    if asking.language is not None:
        where.append(directory.in_language(asking.language))
    found = [one for section in await _by_state(asking, where) for one in section.items]
    return tuple(found[:MAX_FOUND])


async def _people_found(asking: Asking, words: list[str]) -> tuple[User, ...]:
    refs = await search.matching(asking.conn, "person", words)
    return tuple(await people.users_among(asking.conn, refs, MAX_FOUND))


async def _topics_found(asking: Asking, query: str) -> tuple[tuple[str, int], ...]:
    is_listed = store.of_listed(spaces.ids_listed_for(asking.user))
    return tuple(await store.topics_beginning(asking.conn, topic_key(query), is_listed, MAX_FOUND))


async def _words_found(asking: Asking, words: list[str]) -> tuple[tuple[Hit, Ranked, Person | None], ...]:
    hits = await said.find(asking.conn, asking.user, words, asking.language)
    ids = {ParticipantId(hit.participant_id) for hit in hits}
    speakers = {one.id: one.person for one in await spaces.participants_in(asking.conn, ids)}
    ranked_spaces = await _rank(asking, [hit.space for hit in hits])
    return tuple(
        (hit, space, speakers.get(ParticipantId(hit.participant_id)))
        for hit, space in zip(hits, ranked_spaces, strict=True)
    )
