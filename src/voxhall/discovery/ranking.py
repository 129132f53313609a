"""In which order live spaces are shown, and why. Pure, so the same on both databases; docs/ranking.md explains it to
people.

score = 3 · followed + 2 · topic + log2(1 + listeners) + 2 · language + 2 · freshness + standing / 4
        + 6 · featured - 6 · behind

followed   people on the stage whom one follows, 2 at most: the third adds nothing that two did not
topic      1 if it is about a topic that the reader follows
listeners  on a logarithm, or one large space would be the whole page
language   1 if the space's language is the reader's
freshness  1 at the start, half after each half hour: one hears the beginning of new ones
standing   log2(1 + followers of the host), 12 at most
featured   1 if the operator says so of the space or of its host
behind     1 for whom three people have reported, until somebody has looked, and for the unvetted: a host of this
           server's first day, whom nobody follows and who has hosted nothing: shown, not promoted
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from voxhall.accounts.model import Promotion, Standing, User
from voxhall.errors import JsonObject
from voxhall.spaces.actions.directory import Candidate
from voxhall.spaces.model import Space

FOLLOWED_WEIGHT, TOPIC_WEIGHT, LANGUAGE_WEIGHT, FRESHNESS_WEIGHT = 3.0, 2.0, 2.0, 2.0
FEATURED_WEIGHT, UNVETTED_WEIGHT = 6.0, 6.0
# One alone must not be able to push a host to the end.
REPORTED_BY = 3
MOST_FOLLOWED = 2
FRESHNESS_HALVES_IN = timedelta(minutes=30)
MOST_STANDING = 12.0
UNVETTED_FOR = timedelta(days=1)
# From here on a number of listeners is worth telling.
MANY = 10


@dataclass(frozen=True, slots=True)
class Shown:
    space: Space
    host: User | None
    reasons: tuple[JsonObject, ...]


def score(
    space: Candidate, host: Standing | None, followed: int, language: str | None, at: datetime, *, is_liked: bool
) -> float:
    """`followed`: how many people on the stage the reader follows; `is_liked`: it is about a topic that they follow."""
    return (
        FOLLOWED_WEIGHT * min(followed, MOST_FOLLOWED)
        + TOPIC_WEIGHT * is_liked
        + math.log2(1 + space.listener_count)
        + LANGUAGE_WEIGHT * _is_same_language(space.language, language)
        + FRESHNESS_WEIGHT * _freshness(space.started_at, at)
        + min(math.log2(1 + (host.follower_count if host is not None else 0)), MOST_STANDING) / 4
        + FEATURED_WEIGHT * is_featured(space.promotion, host)
        - UNVETTED_WEIGHT * is_behind(host, at)
    )


def reasons(
    space: Space,
    host: User | None,
    followed: Collection[str],
    language: str | None,
    at: datetime,
    topic: str | None,
) -> tuple[JsonObject, ...]:
    """What raised its score, weightiest first. `followed`: ids of the people whom the reader follows; `topic`: one of
    its topics that the reader follows."""
    names = {one.person.id: (one.person.handle, one.person.display_name) for one in space.stage}
    if host is not None and host.id not in names:
        names = {host.id: (host.handle, host.display_name), **names}
    whom = [named for person_id, named in names.items() if person_id in followed][:MOST_FOLLOWED]
    found: list[JsonObject] = [{"code": "you_follow", "handle": handle, "display_name": name} for handle, name in whom]
    if is_featured(space.promotion, host.standing if host is not None else None):
        found.append({"code": "featured"})
    if topic is not None:
        found.append({"code": "your_topic", "topic": topic})
    if space.listener_count >= MANY:
        found.append({"code": "many_listen", "count": space.listener_count})
    if _is_same_language(space.language, language):
        found.append({"code": "your_language"})
    if _freshness(space.started_at, at) > 0.5:
        found.append({"code": "just_started"})
    return tuple(found or [{"code": "public"}])


def is_behind(host: Standing | None, at: datetime) -> bool:
    """Shown, but after the others: the unvetted, and whom several people have reported until somebody has looked."""
    return host is not None and (is_unvetted(host, at) or host.open_reports >= REPORTED_BY)


def is_featured(promotion: Promotion, host: Standing | None) -> bool:
    return Promotion.FEATURED in {promotion, host.promotion if host is not None else None}


def is_unvetted(host: Standing, at: datetime) -> bool:
    return host.hosted_count == 0 and host.follower_count == 0 and at - host.created_at < UNVETTED_FOR


def primary(language: str | None) -> str | None:
    """en of en-GB."""
    return language.partition("-")[0].lower() if language else None


def _is_same_language(one: str | None, other: str | None) -> bool:
    return other is not None and primary(one) == primary(other)


def _freshness(started_at: datetime | None, at: datetime) -> float:
    if started_at is None:
        return 0.0
    age = max(timedelta(0), at - started_at)
    return float(0.5 ** (age / FRESHNESS_HALVES_IN))
