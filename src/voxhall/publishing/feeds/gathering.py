"""What goes into a host's feed and calendars: only what anybody may hear and know."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from voxhall.accounts.identity import Actor
from voxhall.accounts.model import User, picture_path
from voxhall.kit import Kit
from voxhall.publishing.feeds.calendar import Planned, PlannedSeries
from voxhall.publishing.feeds.podcast import Episode, Show, Sound, Voice, Words
from voxhall.recordings.downloads import jobs as downloads
from voxhall.recordings.downloads.folders import M4A, MP3
from voxhall.recordings.downloads.store import DownloadFile
from voxhall.recordings.transcript import actions as transcripts
from voxhall.recordings.transcript.model import TranscriptState
from voxhall.spaces import actions as spaces
from voxhall.spaces.actions import directory
from voxhall.spaces.model import SeriesId, Space
from voxhall.spaces.series import actions as series
from voxhall.spaces.series.model import Series
from voxhall.tips import actions as tips

# What podcast programs keep; older replays are on the host's page.
MAX_EPISODES = 200
MAX_PLANNED = 100
# Who has the calendar is told of what has just been, and of what was canceled.
SHOWN_AFTER = timedelta(days=30)

SOUNDS = ((MP3, "audio.mp3", "audio/mpeg"), (M4A, "audio.m4a", "audio/mp4"))
WORDS = (("vtt", "text/vtt"), ("srt", "application/x-subrip"), ("json", "application/json"))


async def show_of(kit: Kit, host: User) -> Show:
    address = kit.settings.address
    async with kit.db.read() as conn:
        jar = (await tips.jars_shown(conn, [host])).get(host.id)
    path = picture_path(host.picture) or f"/@{host.handle}/preview.png"
    feed_url = f"{address}/@{host.handle}/feed.xml"
    return Show(
        title=host.display_name,
        description=" ".join(host.bio.split()) or f"Live audio spaces of {host.display_name}, to hear again.",
        url=f"{address}/@{host.handle}",
        feed_url=feed_url,
        guid=kit.ids.podcast_guid(feed_url),
        author=host.display_name,
        language=host.language or "en",
        picture_url=f"{address}{path}",
        site=kit.settings.site_name,
        funding=tuple((tip.url, tips.title_of(tip)) for tip in (jar.tips if jar is not None else ())),
    )


async def episodes_of(kit: Kit, host: User) -> list[Episode]:
    """The replays whose sound is there as a file that every podcast program plays."""
    async with kit.db.read() as conn:
        found = await directory.replays(conn, None, MAX_EPISODES, [directory.hosted_by(host.id)])
        whole = await directory.whole(conn, [one.id for one in found])
    made = [await _episode(kit, whole[one.id], host) for one in found]
    return [one for one in made if one is not None]


async def planned_by(kit: Kit, host: User) -> tuple[list[Planned], list[PlannedSeries]]:
    """What stands alone, and the series that still go on or have just ended."""
    since = kit.clock.now() - SHOWN_AFTER
    async with kit.db.read() as conn:
        found = await directory.planned_since(conn, host.id, since, MAX_PLANNED)
        of_host = await series.public_of_host(conn, host.id)
    alone = [_planned(kit, space, host.display_name) for space in found if space.series_id is None]
    lasting = [(one, its) for one, its in of_host if not one.is_over or _is_recent(its, since)]
    return alone, [_planned_series(kit, one, its, host.display_name) for one, its in lasting]


async def planned_as(kit: Kit, space: Space) -> Planned:
    return _planned(kit, space, (await spaces.hosts_of(kit, [space]))[space.id].display_name)


async def series_as_planned(kit: Kit, actor: Actor, series_id: SeriesId) -> PlannedSeries:
    found, its = await series.with_all_spaces(kit, actor, series_id)
    host = next(iter((await spaces.hosts_of(kit, its[-1:])).values()), spaces.NOBODY)
    return _planned_series(kit, found, its, host.display_name)


def _planned(kit: Kit, space: Space, host: str) -> Planned:
    return Planned(space, host, f"{kit.settings.address}/spaces/{space.id}")


def _planned_series(kit: Kit, found: Series, its: Sequence[Space], host: str) -> PlannedSeries:
    return PlannedSeries(found, [_planned(kit, space, host) for space in its], host)


def _is_recent(its: Sequence[Space], since: datetime) -> bool:
    return any(space.scheduled_start is not None and space.scheduled_start > since for space in its)


def domain_of(kit: Kit) -> str:
    return urlsplit(kit.settings.address).hostname or "localhost"


async def _episode(kit: Kit, space: Space, host: User) -> Episode | None:
    files = await downloads.files_of(kit, space.id)
    base = f"{kit.settings.address}/api/v1/spaces/{space.id}/recording"
    sound = _sound(files, base)
    if sound is None or space.replay_ms is None:
        return None
    standing = await transcripts.standing_of(kit, space)
    is_ready = standing is not None and standing.state is TranscriptState.READY
    return Episode(
        id=space.id,
        title=space.title,
        url=f"{kit.settings.address}/spaces/{space.id}",
        at=space.started_at or space.created_at,
        duration_ms=space.replay_ms,
        sound=sound,
        topics=space.topics,
        language=(standing.language if standing is not None else None) or space.language,
        transcripts=tuple(Words(f"{base}/transcript.{name}", kind) for name, kind in WORDS) if is_ready else (),
        voices=await _voices(kit, space, host),
    )


async def _voices(kit: Kit, space: Space, host: User) -> tuple[Voice, ...]:
    address = kit.settings.address
    spoke = await spaces.people_once_on_stage(kit, space.id)
    return tuple(
        Voice(
            one.person.display_name,
            "host" if one.person.id == host.id else "guest",
            f"{address}/@{one.person.handle}" if one.person.handle else f"{address}/spaces/{space.id}",
        )
        for one in spoke
    )


def _sound(files: dict[str, DownloadFile], base: str) -> Sound | None:
    for name, address, media_type in SOUNDS:
        if name in files:
            return Sound(f"{base}/{address}", media_type, files[name].size_bytes)
    return None
