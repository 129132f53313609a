"""What a page is about, for machines: schema.org as JSON-LD. Pure."""

import json

from voxhall.accounts.model import picture_path
from voxhall.errors import JsonObject
from voxhall.kit.clock import to_wire
from voxhall.spaces.model import Person, Space, SpaceState

# In a script element only these could end it or begin a comment; as escapes of JSON they mean the same (RFC 8259 §7).
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})
_STATUS = {SpaceState.CANCELED: "EventCancelled"}


def of_site(site: str, address: str) -> JsonObject:
    return {"@type": "WebSite", "name": site, "url": f"{address}/"}


def of_person(person: Person, about: str, address: str) -> JsonObject:
    described: JsonObject = {"description": about} if about else {}
    return {"@type": "ProfilePage", "mainEntity": {**_person(person, address), **described}}


def of_space(space: Space, host: Person, picture: str, address: str) -> JsonObject:
    """An event that takes place at its own page; while it is live, a broadcast; afterwards, with what was recorded."""
    url = f"{address}/spaces/{space.id}"
    starts, ends = space.started_at or space.scheduled_start, space.ended_at
    is_live = space.state is SpaceState.LIVE
    data: JsonObject = {
        "@type": "BroadcastEvent" if is_live else "Event",
        "name": space.title,
        "url": url,
        "image": picture,
        "eventStatus": f"https://schema.org/{_STATUS.get(space.state, 'EventScheduled')}",
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": url},
        "isAccessibleForFree": True,
        "organizer": _person(host, address),
    }
    if is_live:
        data["isLiveBroadcast"] = True
    if starts is not None:
        data["startDate"] = to_wire(starts)
    if ends is not None:
        data["endDate"] = to_wire(ends)
    if space.language is not None:
        data["inLanguage"] = space.language
    if space.topics:
        data["keywords"] = [*space.topics]
    if space.replay_ms is not None:
        length = f"PT{space.replay_ms // 1_000}S"
        data["recordedIn"] = {"@type": "AudioObject", "name": space.title, "url": url, "duration": length}
    return data


def script(data: JsonObject) -> str:
    """For the head of a page; whatever people wrote stays data."""
    text = json.dumps({"@context": "https://schema.org", **data}, ensure_ascii=False, separators=(",", ":"))
    return f'<script type="application/ld+json">{text.translate(_ESCAPES)}</script>'


def _person(person: Person, address: str) -> JsonObject:
    data: JsonObject = {"@type": "Person", "name": person.display_name}
    if person.handle is not None:
        data |= {"alternateName": f"@{person.handle}", "url": f"{address}/@{person.handle}"}
    if (picture := picture_path(person.picture)) is not None:
        data["image"] = f"{address}{picture}"
    return data
