"""Planned spaces as iCalendar (RFC 5545): one space, a series, or all of a host. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vRecur, vText

from voxhall.spaces.model import Space, SpaceState
from voxhall.spaces.series.model import Series

# Nobody says beforehand how long a conversation takes; a calendar wants to know.
USUALLY = timedelta(hours=1)
# How often a calendar that follows an address looks again.
LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Planned:
    space: Space
    host: str
    url: str


@dataclass(frozen=True, slots=True)
class PlannedSeries:
    """A rule, and what became of its spaces so far, each with its address."""

    series: Series
    spaces: Sequence[Planned]
    host: str


def calendar(name: str, domain: str, planned: Sequence[Planned], series: Sequence[PlannedSeries] = ()) -> bytes:
    found = Calendar()
    found.add("prodid", "-//Voxhall//EN")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", name)
    found.add("refresh-interval", LOOK_AGAIN)
    found.add("x-published-ttl", "PT1H")
    for one in planned:
        if one.space.scheduled_start is not None:
            found.add_component(_event(one, domain, one.space.scheduled_start))
    for many in series:
        for event in _events_of_series(many, domain):
            found.add_component(event)
    # A rule counts in its own zone, whose changes of the clock a calendar must be told.
    found.add_missing_timezones()
    return bytes(found.to_ical())


def _events_of_series(planned: PlannedSeries, domain: str) -> list[Event]:
    """The rule with what was called off (EXDATE), and each space that is not as the rule has it (RECURRENCE-ID).

    The same UID for ever. Nothing that was called off comes back, so its number makes the sequence grow.
    """
    series, zone = planned.series, ZoneInfo(planned.series.time_zone)
    canceled = [one.space for one in planned.spaces if one.space.state is SpaceState.CANCELED]
    sequence = series.revision + len(canceled)
    start = series.start.astimezone(zone)
    event = Event()
    event.add("uid", f"{series.id}@{domain}")
    event.add("sequence", sequence)
    event.add("dtstamp", series.created_at)
    event.add("dtstart", start)
    event.add("dtend", start + USUALLY)
    event.add("rrule", vRecur.from_ical(series.rule))
    for one in canceled:
        if one.series_start is not None:
            event.add("exdate", one.series_start.astimezone(zone))
    event.add("summary", series.title)
    if planned.spaces:
        url = planned.spaces[-1].url
        event.add("description", f"{planned.host}: {url}")
        event.add("url", url)
        event.add("location", url)
    is_off = series.is_over and len(canceled) == len(planned.spaces)
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    if series.topics:
        event.add("categories", list(series.topics))
    return [event, *(_exception(one, planned, domain, sequence) for one in planned.spaces if _differs(one, series))]


def _differs(planned: Planned, series: Series) -> bool:
    space = planned.space
    as_planned = (series.title, series.topics, space.series_start)
    return space.state is not SpaceState.CANCELED and (space.title, space.topics, space.scheduled_start) != as_planned


def _exception(planned: Planned, of: PlannedSeries, domain: str, sequence: int) -> Event:
    space = planned.space
    event = _event(planned, domain, space.scheduled_start or of.series.start)
    event["uid"] = vText(f"{of.series.id}@{domain}")
    event["sequence"] = sequence + space.seq
    if space.series_start is not None:
        event.add("recurrence-id", space.series_start.astimezone(ZoneInfo(of.series.time_zone)))
    return event


def _event(planned: Planned, domain: str, start: datetime) -> Event:
    space = planned.space
    event = Event()
    event.add("uid", f"{space.id}@{domain}")
    # Every change of the plan is an event of the space, so calendars that have it take the newer one.
    event.add("sequence", space.seq)
    event.add("dtstamp", space.created_at)
    event.add("dtstart", start)
    event.add("dtend", _end(space, start))
    event.add("summary", space.title)
    event.add("description", f"{planned.host}: {planned.url}")
    event.add("url", planned.url)
    event.add("location", planned.url)
    event.add("status", "CANCELLED" if space.state is SpaceState.CANCELED else "CONFIRMED")
    if space.topics:
        event.add("categories", list(space.topics))
    return event


def _end(space: Space, start: datetime) -> datetime:
    if space.ended_at is not None and space.ended_at > start:
        return space.ended_at
    return start + USUALLY
