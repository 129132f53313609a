"""The home page, search, topic pages, and somebody's page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from voxhall.accounts import actions as people
from voxhall.accounts.identity import Actor
from voxhall.accounts.model import User
from voxhall.discovery import said, search, store, topics
from voxhall.discovery.ranking import Shown, primary
from voxhall.discovery.said import Hit
from voxhall.discovery.showing import Asking, Section, known_of, sections, show
from voxhall.errors import ConflictError, UserNotFoundError
from voxhall.kit import Kit
from voxhall.kit.text import clean_text
from voxhall.spaces import actions as spaces
from voxhall.spaces.actions import directory
from voxhall.spaces.actions.directory import Candidate
from voxhall.spaces.model import ParticipantId, Person

# A section of the page; the ranking chooses from CANDIDATES, so a space beyond them is found by search alone.
SECTION = 12
# Raising it finds more of what somebody would like on a very large server, for a few microseconds each.
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
class Found:
    spaces: tuple[Shown, ...] = ()
    people: tuple[User, ...] = ()
    topics: tuple[tuple[str, int], ...] = ()
    # With who said it.
    words: tuple[tuple[Hit, Shown, Person | None], ...] = ()


async def home(kit: Kit, actor: Actor, language: str | None) -> list[Section]:
    """In this order: with people one follows, live and coming; then everybody's, live, coming and past."""
    user = actor.user
    async with kit.db.read() as conn:
        asking = Asking(conn, user, (user.language if user is not None else None) or language, kit.clock.now())
        # Whom one follows one finds, whatever the operator says.
        shown = [directory.not_hidden(), *([directory.not_muted_by(user)] if user is not None else [])]
        followed_live: list[Candidate] = []
        followed_upcoming: list[Candidate] = []
        if user is not None and user.following_count:
            followed_live = await directory.live_with_followed(conn, user, CANDIDATES)
            followed_upcoming = await directory.upcoming_of_followed(conn, user, SECTION)
        live = _without(await directory.live(conn, user, CANDIDATES, shown), followed_live)
        upcoming = _without(await directory.upcoming(conn, user, SECTION, shown), followed_upcoming)
        replays = await directory.replays(conn, user, REPLAYS, shown)
        known = await known_of(asking, [*followed_live, *live, *upcoming, *replays])
        chosen = {
            "followed_live": known.best_first(followed_live)[:SECTION],
            "followed_upcoming": [one.id for one in followed_upcoming],
            "live": known.best_first(live)[:SECTION],
            "upcoming": known.known_first(upcoming),
            "replays": known.known_first(replays)[:SECTION],
        }
        return await sections(asking, chosen, known.ties)


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
        where = [directory.among(store.spaces_about(topics.key(topic))), directory.not_hidden()]
        return await _by_state(asking, where)


async def on_stage(kit: Kit, actor: Actor, handles: Collection[str]) -> dict[str, str]:
    async with kit.db.read() as conn:
        return await directory.on_stage(conn, actor.user, {handle.lower() for handle in handles})


async def followed_topics(kit: Kit, user: User) -> list[str]:
    async with kit.db.read() as conn:
        return await topics.of_user(conn, user.id)


async def follow_topic(kit: Kit, user: User, topic: str) -> None:
    """Again changes nothing."""
    topic = topics.key(clean_text(topic, field="topic", max_chars=MAX_TOPIC_CHARS))
    async with kit.db.write() as tx:
        await tx.lock(f"user:{user.id}")
        mine = await topics.of_user(tx, user.id)
        if topic not in mine and len(mine) >= MAX_FOLLOWED_TOPICS:
            raise TooManyTopicsError
        await topics.add(tx, user.id, topic)


async def unfollow_topic(kit: Kit, user: User, topic: str) -> None:
    async with kit.db.write() as tx:
        await topics.remove(tx, user.id, topics.key(topic))


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
    return (await on_stage(kit, actor, [person.handle])).get(person.handle)


async def inviter_of(kit: Kit, user: User) -> User | None:
    async with kit.db.read() as conn:
        found = await people.users_by_id(conn, [user.invited_by]) if user.invited_by is not None else {}
    return next(iter(found.values()), None)


async def _by_state(asking: Asking, where: directory.Where) -> list[Section]:
    found = {
        "live": await directory.live(asking.conn, asking.user, SECTION, where),
        "upcoming": await directory.upcoming(asking.conn, asking.user, SECTION, where),
        "replays": await directory.replays(asking.conn, asking.user, SECTION, where),
    }
    return await sections(asking, {name: [one.id for one in part] for name, part in found.items()})


def _without(found: Sequence[Candidate], shown: Sequence[Candidate]) -> list[Candidate]:
    ids = {one.id for one in shown}
    return [one for one in found if one.id not in ids]


async def _spaces_found(asking: Asking, words: list[str]) -> tuple[Shown, ...]:
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
    return tuple(await store.topics_beginning(asking.conn, topics.key(query), is_listed, MAX_FOUND))


async def _words_found(asking: Asking, words: list[str]) -> tuple[tuple[Hit, Shown, Person | None], ...]:
    hits = await said.find(asking.conn, asking.user, words, asking.language)
    ids = {ParticipantId(hit.participant_id) for hit in hits}
    speakers = {one.id: one.person for one in await spaces.participants_in(asking.conn, ids)}
    shown = await show(asking, [hit.space for hit in hits])
    return tuple(
        (hit, space, speakers.get(ParticipantId(hit.participant_id))) for hit, space in zip(hits, shown, strict=True)
    )
