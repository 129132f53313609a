"""A host's replays as RSS 2.0 with the podcast world's additions. Pure: what is in it comes in.

No library knows the namespace (https://podcastindex.org/namespace/1.0), so the elements are written here; ElementTree
escapes what people wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

ATOM = "http://www.w3.org/2005/Atom"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
PODCAST = "https://podcastindex.org/namespace/1.0"
for prefix, namespace in (("atom", ATOM), ("itunes", ITUNES), ("podcast", PODCAST)):
    register_namespace(prefix, namespace)


@dataclass(frozen=True, slots=True)
class Sound:
    url: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Words:
    """A transcript in one format."""

    url: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who spoke."""

    name: str
    role: str
    url: str


@dataclass(frozen=True, slots=True)
class Episode:
    id: str
    title: str
    url: str
    at: datetime
    duration_ms: int
    sound: Sound
    topics: tuple[str, ...] = ()
    language: str | None = None
    transcripts: tuple[Words, ...] = ()
    voices: tuple[Voice, ...] = ()


@dataclass(frozen=True, slots=True)
class Show:
    title: str
    description: str
    url: str
    feed_url: str
    guid: str
    author: str
    language: str
    picture_url: str
    site: str
    # (address, words): where its host takes tips.
    funding: tuple[tuple[str, str], ...] = ()


def feed(show: Show, episodes: Sequence[Episode]) -> bytes:
    rss = Element("rss", {"version": "2.0"})
    channel = SubElement(rss, "channel")
    _texts(
        channel,
        {
            "title": show.title,
            "link": show.url,
            "description": show.description,
            "language": show.language,
            "generator": "Voxhall",
            f"{{{ITUNES}}}author": show.author,
            f"{{{ITUNES}}}explicit": "false",
            f"{{{ITUNES}}}type": "episodic",
            f"{{{PODCAST}}}guid": show.guid,
            f"{{{PODCAST}}}medium": "podcast",
        },
    )
    if episodes:
        _texts(channel, {"lastBuildDate": format_datetime(max(one.at for one in episodes))})
    SubElement(channel, f"{{{ATOM}}}link", {"href": show.feed_url, "rel": "self", "type": "application/rss+xml"})
    SubElement(channel, f"{{{ITUNES}}}image", {"href": show.picture_url})
    SubElement(channel, f"{{{ITUNES}}}category", {"text": "Society & Culture"})
    _funding(channel, show)
    for episode in episodes:
        _item(SubElement(channel, "item"), show, episode)
    text: str = tostring(rss, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def _item(item: Element, show: Show, episode: Episode) -> None:
    topics = f" {', '.join(episode.topics)}." if episode.topics else ""
    _texts(
        item,
        {
            "title": episode.title,
            "link": episode.url,
            "description": f"With {', '.join(voice.name for voice in episode.voices) or show.author}.{topics}",
            "pubDate": format_datetime(episode.at),
            f"{{{ITUNES}}}duration": str(round(episode.duration_ms / 1000)),
            f"{{{ITUNES}}}explicit": "false",
        },
    )
    SubElement(item, "guid", {"isPermaLink": "false"}).text = episode.id
    sound = episode.sound
    length = str(sound.size_bytes)
    SubElement(item, "enclosure", {"url": sound.url, "type": sound.media_type, "length": length})
    for words in episode.transcripts:
        language = {"language": episode.language} if episode.language else {}
        SubElement(item, f"{{{PODCAST}}}transcript", {"url": words.url, "type": words.media_type, **language})
    for voice in episode.voices:
        SubElement(item, f"{{{PODCAST}}}person", {"role": voice.role, "href": voice.url}).text = voice.name
    for topic in episode.topics:
        SubElement(item, "category").text = topic
    _funding(item, show)


def _funding(parent: Element, show: Show) -> None:
    for url, words in show.funding:
        SubElement(parent, f"{{{PODCAST}}}funding", {"url": url}).text = words


def _texts(parent: Element, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text
