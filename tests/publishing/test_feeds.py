"""Feeds and calendars as other people's readers find them."""

import asyncio
import xml.etree.ElementTree as ET
from contextlib import suppress
from typing import Any

import feedparser
import icalendar

from tests.live.stage import Node, connected, live_space, whip
from tests.recordings.test_recordings import folder_of, until_finished
from tests.running import eventually
from tests.tape.writer import File, beep, note, opus, quiet
from tests.world import World
from voxhall.kit.jobs.worker import Skill, Worker
from voxhall.kit.link_ends import LinkClient
from voxhall.recordings.downloads.making import Making

PODCAST = "{https://podcastindex.org/namespace/1.0}"
HOSTILE = '</title><script>alert(1)</script> & "Радио" ]]> حلقة'


async def make_downloads(world: World, ready: Any) -> None:
    making = Making(world.kit.settings.data)
    worker = Worker([Skill("downloads", making.make)])
    async with LinkClient(world.kit.settings.link_socket, {"role": "worker", "name": "wo_test"}, worker):
        running = asyncio.create_task(worker.run())
        await eventually(ready, within_s=60)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    making.close()


async def test_a_hosts_public_replays_are_a_podcast(small_world: World) -> None:
    async with connected(small_world, Node()) as node:
        await check_podcast(small_world, node)


async def check_podcast(world: World, node: Node) -> None:
    ana = await world.person("ana")
    await ana.http.patch(
        "/api/v1/me",
        json={"display_name": "Ana <Radio>", "bio": HOSTILE, "tip_jar": [{"service": "paypal", "name": "AnaRadio"}]},
    )
    visitor = await world.browser()

    async def episodes() -> list[Any]:
        answer = await visitor.get("/@ana/feed.xml")
        assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
        found = feedparser.parse(answer.content)
        assert not found.bozo, found.bozo_exception
        return list(found.entries)

    assert await episodes() == []
    public = await live_space(ana, recording="on", title=HOSTILE, topics=["Music & more"], language="en")
    private = await live_space(ana, recording="on", who_may_listen="link", title="Hidden")
    for space in (public, private):
        folder = folder_of(world, space)
        File(folder / "mix.0001.ogg", segment=1, start=0).write(opus(quiet(0.3) + beep(0.9) + quiet(0.3)), last=True)
        note(folder, "event", 0, seq=1, name="space_started", data={})
        note(folder, "finished", 1_500)
        await whip(ana, space)
        await ana.http.post(f"/api/v1/spaces/{space}/end")
        node.notices_of_tape("tape_finished", space, duration_ms=1_500)
        await until_finished(ana, space)

    async def ready() -> bool:
        made = [
            (await ana.http.get(f"/api/v1/spaces/{one}/recording")).json()["audio"]["mp3"] for one in (public, private)
        ]
        return all(made)

    await make_downloads(world, ready)
    [episode] = await episodes()
    assert (episode.title, episode.id, episode.link) == (
        HOSTILE,
        public,
        f"{world.kit.settings.address}/spaces/{public}",
    )
    [enclosure] = episode.enclosures
    assert enclosure.href.endswith("/recording/audio.mp3")
    head = await visitor.head(enclosure.href.removeprefix(world.kit.settings.address))
    assert (head.headers["content-type"], head.headers["content-length"]) == (enclosure.type, enclosure.length)
    assert head.headers["access-control-allow-origin"] == "*"

    answer = await visitor.get("/@ana/feed.xml")
    assert "<script" not in answer.text
    channel = ET.fromstring(answer.content)[0]
    assert channel.findtext("title") == "Ana <Radio>"
    assert channel.findtext("description") == HOSTILE
    assert len(channel.findtext(f"{PODCAST}guid") or "") == 36
    for parent in (channel, channel.find("item")):
        assert parent is not None
        [funding] = parent.findall(f"{PODCAST}funding")
        assert (funding.get("url"), funding.text) == ("https://paypal.me/AnaRadio", "PayPal")
    [person] = channel.findall(f"item/{PODCAST}person")
    assert (person.text, person.get("role")) == ("Ana <Radio>", "host")
    # What has not changed is not sent again; what is not there says so.
    again = await visitor.get("/@ana/feed.xml", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert (await visitor.get("/@nobody/feed.xml")).status_code == 404
    assert 'type="application/rss+xml"' in (await visitor.get("/@ana")).text
    await ana.http.delete(f"/api/v1/spaces/{public}/recording")
    assert await episodes() == []


def events_in(calendar: str) -> dict[str, Any]:
    """By the id of the space."""
    found = icalendar.Calendar.from_ical(calendar).walk("VEVENT")
    return {str(event["uid"]).partition("@")[0]: event for event in found}


async def test_plans_are_calendars(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    start = {"scheduled_start": "2026-11-23T20:00:00+01:00"}
    planned = await live_space(ana, title=HOSTILE, topics=["a,b;c"], **start)
    moved = await live_space(ana, title="Moved", **start)
    hidden = await live_space(ana, title="Hidden", who_may_listen="followers", **start)
    await ana.http.patch(f"/api/v1/spaces/{moved}", json={"scheduled_start": "2026-11-24T20:00:00Z"})
    await ana.http.post(f"/api/v1/spaces/{moved}/cancel")
    visitor = await world.browser()
    answer = await visitor.get("/@ana/calendar.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = {
        str(event["uid"]).partition("@")[0]: event for event in icalendar.Calendar.from_ical(answer.text).walk("VEVENT")
    }
    assert set(events) == {planned, moved}
    event = events[planned]
    assert (str(event["summary"]), str(event["status"])) == (HOSTILE, "CONFIRMED")
    assert event.decoded("dtstart").isoformat() == "2026-11-23T19:00:00+00:00"
    assert str(event["url"]) == f"{world.kit.settings.address}/spaces/{planned}"
    assert (str(events[moved]["status"]), events[moved].decoded("sequence")) == ("CANCELLED", 2)
    assert events[moved].decoded("dtstart").isoformat() == "2026-11-24T20:00:00+00:00"
    # No line of what people wrote becomes a line of the calendar.
    assert all(len(line.encode()) <= 75 for line in answer.text.split("\r\n"))
    one = await visitor.get(f"/api/v1/spaces/{planned}/calendar.ics")
    assert one.headers["content-disposition"] == f'attachment; filename="{planned}.ics"'
    assert [str(event["uid"]).partition("@")[0] for event in icalendar.Calendar.from_ical(one.text).walk("VEVENT")] == [
        planned
    ]
    assert (await ben.http.get(f"/api/v1/spaces/{hidden}/calendar.ics")).status_code == 404
    assert (await ana.http.get(f"/api/v1/spaces/{hidden}/calendar.ics")).status_code == 200
