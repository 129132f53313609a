"""The words of a shared link, as tags for the head of a page. Pure; everything from people is escaped here."""

from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from voxhall.errors import JsonObject
from voxhall.kit.clock import to_wire
from voxhall.publishing.previews import linked_data
from voxhall.publishing.previews.picture import HEIGHT, WIDTH, Face, Shown
from voxhall.spaces.model import Person, Space, SpaceState


@dataclass(frozen=True, slots=True)
class Preview:
    """What other sites show of one address of ours."""

    title: str
    description: str
    url: str
    shown: Shown
    author: Person | None = None
    picture_url: str = ""
    kind: str = "website"
    # The same for machines, as schema.org has it.
    data: JsonObject = field(default_factory=dict)


def of_site(site: str, address: str) -> Preview:
    words = "Live audio spaces: listen at once, without an account, and speak when the host brings you onto the stage."
    shown = Shown(site=site, title="Live conversations, for everyone", name="", state="", is_live=False)
    picture, data = f"{address}/preview.png", linked_data.of_site(site, address)
    return Preview(site, words, f"{address}/", shown, picture_url=picture, data=data)


def of_space(space: Space, host: Person, site: str, address: str) -> Preview:
    url = f"{address}/spaces/{space.id}"
    state, words = _state(space)
    is_live = space.state is SpaceState.LIVE
    people = [one.person for one in space.stage if one.person.id != space.host_id] if is_live else []
    others = tuple(Face(one.display_name, one.picture) for one in people)
    shown = Shown(site, space.title, host.display_name, state, is_live=is_live, others=others)
    description = f"{words} with {host.display_name}."
    if space.topics:
        description += f" {', '.join(space.topics)}."
    picture = f"{url}/preview.png"
    data = linked_data.of_space(space, host, picture, address)
    return Preview(space.title, description, url, shown, host, picture, data=data)


def of_person(person: Person, bio: str, site: str, address: str) -> Preview:
    url = f"{address}/@{person.handle}"
    shown = Shown(site, person.display_name, f"@{person.handle}", "", is_live=False)
    words = " ".join(bio.split()) or f"Live audio spaces and replays of {person.display_name}."
    data = linked_data.of_person(person, " ".join(bio.split()), address)
    return Preview(person.display_name, words, url, shown, person, f"{url}/preview.png", "profile", data)


def tags(preview: Preview, site: str, address: str) -> str:
    """For before `</head>`; the title is replaced, not doubled."""
    properties = {
        "og:type": preview.kind,
        "og:site_name": site,
        "og:title": preview.title,
        "og:description": preview.description,
        "og:url": preview.url,
        "og:image": preview.picture_url,
        "og:image:type": "image/png",
        "og:image:width": str(WIDTH),
        "og:image:height": str(HEIGHT),
        "og:image:alt": f"{preview.title}. {preview.description}",
    }
    names = {"description": preview.description, "twitter:card": "summary_large_image"}
    oembed = f"{address}/oembed?format=json&url={quote(preview.url, safe='')}"
    lines = [
        *(f'<meta property="{name}" content="{escape(value)}" />' for name, value in properties.items()),
        *(f'<meta name="{name}" content="{escape(value)}" />' for name, value in names.items()),
        f'<link rel="canonical" href="{escape(preview.url)}" />',
        f'<link rel="alternate" type="application/json+oembed" href="{escape(oembed)}" />',
    ]
    if preview.kind == "profile":
        about = f'title="{escape(preview.title)}" href="{escape(preview.url)}/feed.xml"'
        lines.append(f'<link rel="alternate" type="application/rss+xml" {about} />')
    return "\n".join([*lines, linked_data.script(preview.data)])


def page_title(preview: Preview, site: str) -> str:
    return escape(preview.title if preview.title == site else f"{preview.title} · {site}")


def _state(space: Space) -> tuple[str, str]:
    """On the picture, and as the beginning of the sentence."""
    match space.state:
        case SpaceState.LIVE:
            return "Live", "Live now"
        case SpaceState.SCHEDULED:
            start = space.scheduled_start
            at = f"{start.day} {start:%B %Y, %H:%M} UTC" if start else "Soon"
            return at, f"Starts {to_wire(start)[:16].replace('T', ' ')} UTC" if start else "Starts soon"
        case SpaceState.CANCELED:
            return "Canceled", "Canceled: a space"
        case _:
            return "Replay", "A space"
