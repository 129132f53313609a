"""Planned spaces as iCalendar (RFC 5545): one space, or all of a host. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from voxhall.spaces.model import Space, SpaceState

# Nobody says beforehand how long a conversation takes; a calendar wants to know.
USUALLY = timedelta(hours=1)
# How often a calendar that follows an address looks again.
LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Planned:
    space: Space
    host: str
    url: str


def calendar(name: str, domain: str, planned: Sequence[Planned]) -> bytes:
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
    return bytes(found.to_ical())


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
