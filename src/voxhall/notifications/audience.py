"""Whom an announcement is for, as queries: in parts, each told in the words that fit it."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, Select, and_, func, literal, or_, select, union

from voxhall.accounts import actions as people
from voxhall.accounts.follows import actions as follows
from voxhall.accounts.model import UserId
from voxhall.notifications.model import Announcement, Level, NewsKind, Wishes, as_bits, hears_of
from voxhall.notifications.store import reminder_ids
from voxhall.notifications.wish_store import notification_wishes, person_levels
from voxhall.spaces import lineup, visibility
from voxhall.spaces.actions import ids_of_people_in
from voxhall.spaces.model import Space, SpaceState

_ALL = as_bits(Wishes().app)


@dataclass(frozen=True, slots=True)
class Part:
    """People who are told the same in the same words. Who was told of this topic already is left out."""

    kind: NewsKind
    topic: str
    people: Select[tuple[str]]


def parts_of(news: Announcement, space: Space | None) -> list[Part]:
    """Empty when there is nothing to tell any more."""
    if space is None:
        return [Part(news.kind, news.id, _named(news, [str(news.data["to"])]))] if "to" in news.data else []
    match news.kind:
        case NewsKind.WENT_LIVE if space.state is SpaceState.LIVE:
            reminded = Part(NewsKind.REMINDER, f"live:{space.id}", _reminded(news, space))
            # Who is expected on the stage is told that it begins, whatever they wish to hear of the host.
            expected = Part(NewsKind.REMINDER, f"live:{space.id}", _known(news, space, _expected(space)))
            return [reminded, expected, Part(news.kind, f"live:{space.id}", _followers(news, space))]
        case NewsKind.ON_STAGE if space.state is SpaceState.LIVE:
            return [Part(news.kind, f"live:{space.id}", _followers(news, space))]
        case NewsKind.SCHEDULED if space.state is SpaceState.SCHEDULED:
            return [Part(news.kind, f"scheduled:{space.id}", _followers(news, space))]
        case NewsKind.CANCELED | NewsKind.RESCHEDULED:
            waiting = union(_reminder_ids(space), _expected(space), _host(space)).subquery()
            # One change to several spaces of a series is told to each person once.
            topic = str(news.data.get("together", news.id))
            return [Part(news.kind, topic, _known(news, space, select(waiting.c[0])))]
        case NewsKind.STARTS_SOON if space.state is SpaceState.SCHEDULED:
            awaited = union(_expected(space), _host(space)).subquery()
            return [Part(news.kind, news.id, _known(news, space, select(awaited.c[0])))]
        case NewsKind.REPLAY_READY | NewsKind.TRANSCRIPT_READY:
            there = union(ids_of_people_in(space.id), _reminder_ids(space)).subquery()
            return [Part(news.kind, news.id, _known(news, space, select(there.c[0])))]
        case NewsKind.INVITED | NewsKind.ACCEPTED:
            return [Part(news.kind, news.id, _known(news, space, people.ids_among([str(news.data["to"])])))]
        case _:
            return []


def _followers(news: Announcement, space: Space) -> Select[tuple[str]]:
    """Of whoever does it, who want to hear of it; never the host of the space, who knows."""
    followers = follows.ids_following(UserId(str(news.actor_id))).subquery()
    user_id = followers.c.follower_id
    levels = person_levels.c
    level = func.coalesce(levels.level, notification_wishes.c.level, Level.ALL.value)
    of_this_person = and_(levels.user_id == user_id, levels.person_id == news.actor_id)
    query = select(user_id).select_from(
        followers.outerjoin(notification_wishes, notification_wishes.c.user_id == user_id).outerjoin(
            person_levels, of_this_person
        )
    )
    return query.where(
        ~user_id.in_(people.ids_suspended()),
        user_id != space.host_id,
        level.in_([one.value for one in Level if hears_of(one, news.kind)]),
        _wants(news.kind),
        visibility.admits(space, user_id, knows_link=False),
    )


def _reminded(news: Announcement, space: Space) -> Select[tuple[str]]:
    return _known(news, space, _reminder_ids(space), kind=NewsKind.REMINDER)


def _known(
    news: Announcement, space: Space, ids: Select[tuple[str]], kind: NewsKind | None = None
) -> Select[tuple[str]]:
    """Who knows of the space already, so also of one that only its link opens; never of one's own doing."""
    accounts = people.ids_among(ids).subquery()
    user_id = accounts.c.id
    return (
        select(user_id)
        .select_from(accounts.outerjoin(notification_wishes, notification_wishes.c.user_id == user_id))
        .where(
            user_id != (news.actor_id or ""),
            _wants(kind or news.kind),
            visibility.admits(space, user_id, knows_link=True),
        )
    )


def _named(news: Announcement, ids: Collection[str]) -> Select[tuple[str]]:
    accounts = people.ids_among(ids).subquery()
    joined = accounts.outerjoin(notification_wishes, notification_wishes.c.user_id == accounts.c.id)
    return select(accounts.c.id).select_from(joined).where(_wants(news.kind))


def _wants(kind: NewsKind) -> ColumnElement[bool]:
    app = func.coalesce(notification_wishes.c.app, _ALL)
    return or_(notification_wishes.c.app.is_(None), literal(kind.bit, Integer).bitwise_and(app) != 0)


def _reminder_ids(space: Space) -> Select[tuple[str]]:
    return reminder_ids(space.id, space.series_id)


def _expected(space: Space) -> Select[tuple[str]]:
    return lineup.ids_expected_in(space.id)


def _host(space: Space) -> Select[tuple[str]]:
    return people.ids_among([space.host_id])
