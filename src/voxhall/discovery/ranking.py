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

from voxhall.accounts.model import Promotion, User
from voxhall.errors import JsonObject
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
class Ranked:
    space: Space
    host: User | None
    score: float
    reasons: tuple[JsonObject, ...]


def ranked(
    space: Space,
    host: User | None,
    followed: Collection[str],
    language: str | None,
    at: datetime,
    topic: str | None = None,
) -> Ranked:
    """`followed`: ids of the people whom the reader follows; `topic`: one of its topics that the reader follows. The
    reasons are those that raised it, weightiest first."""
    on_stage = [one.person for one in space.stage if one.person.id in followed]
    if host is not None and host.id in followed and all(one.id != host.id for one in on_stage):
        followed_names = [(host.handle, host.display_name), *((one.handle, one.display_name) for one in on_stage)]
    else:
        followed_names = [(one.handle, one.display_name) for one in on_stage]
    is_same_language = language is not None and primary(space.language) == primary(language)
    freshness = _freshness(space, at)
    score = (
        FOLLOWED_WEIGHT * min(len(followed_names), MOST_FOLLOWED)
        + TOPIC_WEIGHT * (topic is not None)
        + math.log2(1 + space.listener_count)
        + LANGUAGE_WEIGHT * is_same_language
        + FRESHNESS_WEIGHT * freshness
        + min(math.log2(1 + (host.follower_count if host is not None else 0)), MOST_STANDING) / 4
        + FEATURED_WEIGHT * is_featured(space, host)
        - UNVETTED_WEIGHT * is_behind(host, at)
    )
    reasons: list[JsonObject] = [
        {"code": "you_follow", "handle": handle, "display_name": name}
        for handle, name in followed_names[:MOST_FOLLOWED]
    ]
    if is_featured(space, host):
        reasons.append({"code": "featured"})
    if topic is not None:
        reasons.append({"code": "your_topic", "topic": topic})
    if space.listener_count >= MANY:
        reasons.append({"code": "many_listen", "count": space.listener_count})
    if is_same_language:
        reasons.append({"code": "your_language"})
    if freshness > 0.5:
        reasons.append({"code": "just_started"})
    return Ranked(space, host, score, tuple(reasons or [{"code": "public"}]))


def in_order(found: Collection[Ranked]) -> list[Ranked]:
    """Equal scores by id: the same page for the same question."""
    return sorted(found, key=lambda one: (-one.score, one.space.id))


def is_behind(host: User | None, at: datetime) -> bool:
    """Shown, but after the others: the unvetted, and whom several people have reported until somebody has looked."""
    return is_unvetted(host, at) or (host is not None and host.open_reports >= REPORTED_BY)


def is_featured(space: Space, host: User | None) -> bool:
    return Promotion.FEATURED in {space.promotion, host.promotion if host is not None else None}


def is_unvetted(host: User | None, at: datetime) -> bool:
    return host is not None and (
        host.hosted_count == 0 and host.follower_count == 0 and at - host.created_at < UNVETTED_FOR
    )


def primary(language: str | None) -> str | None:
    """en of en-GB."""
    return language.partition("-")[0].lower() if language else None


def _freshness(space: Space, at: datetime) -> float:
    if space.started_at is None:
        return 0.0
    age = max(timedelta(0), at - space.started_at)
    return float(0.5 ** (age / FRESHNESS_HALVES_IN))
