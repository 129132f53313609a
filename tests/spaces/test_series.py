"""A space that comes again and again, over HTTP, on both databases."""

from typing import Any

import icalendar
import recurring_ical_events

from tests.live.stage import live_space
from tests.world import Person, World
from voxhall.spaces.series.actions import plan_ahead

# A Sunday; a fortnight later Berlin's clocks go forward.
START = "2027-03-14T20:00:00+01:00"
SUNDAYS = [
    "2027-03-14T19:00:00.000Z",
    "2027-03-21T19:00:00.000Z",
    "2027-03-28T18:00:00.000Z",
    "2027-04-04T18:00:00.000Z",
    "2027-04-11T18:00:00.000Z",
]
WEEKLY = {"rule": "FREQ=WEEKLY", "time_zone": "Europe/Berlin"}


async def open_series(host: Person, rule: str = "FREQ=WEEKLY", **wishes: Any) -> dict[str, Any]:
    body = {"title": "Evening radio", "scheduled_start": START, "repeats": {**WEEKLY, "rule": rule}, **wishes}
    answer = await host.http.post("/api/v1/spaces", json=body)
    assert answer.status_code == 201, answer.text
    space: dict[str, Any] = answer.json()
    return space


async def coming(who: Person, series_id: str) -> list[dict[str, Any]]:
    answer = await who.http.get(f"/api/v1/series/{series_id}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def starts(spaces: list[dict[str, Any]]) -> list[str]:
    return [space["scheduled_start"] for space in spaces]


async def go_to(world: World, space: dict[str, Any]) -> None:
    """To the moment of its start."""
    at = world.kit.clock.now().fromisoformat(space["scheduled_start"])
    world.clock.advance((at - world.kit.clock.now()).total_seconds())


async def test_eight_in_the_evening_stays_eight_and_each_is_a_space_of_its_own(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    first = await open_series(ana, speakers=["ben"], topics=["radio"])
    spaces = await coming(ben, first["series_id"])
    assert starts(spaces) == SUNDAYS
    assert (spaces[0]["id"], len({space["id"] for space in spaces})) == (first["id"], 5)
    for space in spaces:
        assert (space["title"], space["topics"], space["state"]) == ("Evening radio", ["radio"], "scheduled")
        expected = (await ben.http.get(f"/api/v1/spaces/{space['id']}/stage-invitations")).json()["items"]
        assert [one["handle"] for one in expected] == ["ben"]
    # The page of what is to come shows one of them, the host's list each.
    home = (await (await world.browser()).get("/api/v1/home")).json()["sections"]
    assert [item["id"] for section in home for item in section["items"]] == [first["id"]]
    # When one has begun, the next is planned, once.
    await go_to(world, spaces[0])
    assert (await ana.http.post(f"/api/v1/spaces/{first['id']}/start")).status_code == 200
    for _ in range(2):
        await plan_ahead(world.kit)
    assert starts(await coming(ben, first["series_id"])) == [*SUNDAYS, "2027-04-18T18:00:00.000Z"]


async def test_a_series_ends_with_its_rule_and_goes_on_after_one_that_never_began(world: World) -> None:
    ana = await world.person("ana")
    short = await open_series(ana, "FREQ=WEEKLY;COUNT=2")
    answer = (await ana.http.get(f"/api/v1/series/{short['series_id']}")).json()
    assert (starts(answer["items"]), answer["is_over"]) == (SUNDAYS[:2], True)
    long = await open_series(ana, "FREQ=DAILY")
    await go_to(world, long)
    world.clock.advance(3_601)
    await world.control.live.tick()
    assert (await ana.http.get(f"/api/v1/spaces/{long['id']}")).json()["state"] == "canceled"
    days = starts(await coming(ana, long["series_id"]))
    assert days == [f"2027-03-{day}T19:00:00.000Z" for day in range(15, 20)]
    # A server that slept for a month invents nothing that passed meanwhile.
    world.clock.advance(30 * 86_400)
    for _ in range(2):
        world.clock.advance(60)
        await world.control.live.tick()
    assert len(starts(await coming(ana, long["series_id"]))) == 5
    assert min(starts(await coming(ana, long["series_id"]))) > world.kit.clock.now().isoformat()


async def test_one_is_moved_and_one_canceled_and_the_others_stay(world: World) -> None:
    ana = await world.person("ana")
    series_id = (await open_series(ana))["series_id"]
    spaces = await coming(ana, series_id)
    moved = f"/api/v1/spaces/{spaces[1]['id']}"
    changes = {"scheduled_start": "2027-03-22T19:00:00Z", "title": "On a Monday"}
    assert (await ana.http.patch(moved, json=changes)).status_code == 200
    assert (await ana.http.post(f"/api/v1/spaces/{spaces[2]['id']}/cancel")).status_code == 200
    await plan_ahead(world.kit)
    left = await coming(ana, series_id)
    expected = [SUNDAYS[0], "2027-03-22T19:00:00.000Z", *SUNDAYS[3:], "2027-04-18T18:00:00.000Z"]
    assert starts(left) == expected
    assert [space["title"] for space in left].count("Evening radio") == 4


async def test_all_to_come_are_renamed_and_moved_by_the_clock_on_the_wall(world: World) -> None:
    ana = await world.person("ana")
    first = await open_series(ana, delay="low")
    spaces = await coming(ana, first["series_id"])
    assert {space["delay"] for space in spaces} == {"low"}
    await ana.http.post(f"/api/v1/spaces/{spaces[3]['id']}/cancel")
    third = f"/api/v1/spaces/{spaces[2]['id']}?scope=all"
    # From Sunday at eight to Monday at nine, said of one after the change of the clocks.
    answer = await ana.http.patch(third, json={"title": "Late radio", "scheduled_start": "2027-03-29T21:00:00+02:00"})
    assert (answer.status_code, answer.json()["scheduled_start"]) == (200, "2027-03-29T19:00:00.000Z")
    left = await coming(ana, first["series_id"])
    mondays = ["2027-03-15T20:00", "2027-03-22T20:00", "2027-03-29T19:00", "2027-04-12T19:00", "2027-04-19T19:00"]
    assert starts(left) == [f"{day}:00.000Z" for day in mondays]
    assert {space["title"] for space in left} == {"Late radio"}
    assert [space["id"] for space in left][:3] == [space["id"] for space in spaces][:3]
    # The one that was called off stays off, on its new day.
    off = (await ana.http.get(f"/api/v1/spaces/{spaces[3]['id']}")).json()
    assert (off["state"], off["series_id"]) == ("canceled", first["series_id"])


async def test_this_and_the_following_become_a_series_of_their_own(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    first = await open_series(ana, "FREQ=WEEKLY;COUNT=6", cohosts=["ben"])
    old_id = first["series_id"]
    spaces = await coming(ana, old_id)
    await ben.http.put(f"/api/v1/series/{old_id}/reminder")
    path = f"/api/v1/spaces/{spaces[2]['id']}?scope=following"
    answer = await ana.http.patch(path, json={"title": "The second half"})
    new_id = answer.json()["series_id"]
    assert new_id != old_id
    assert [space["title"] for space in await coming(ana, old_id)] == ["Evening radio"] * 2
    assert [space["title"] for space in await coming(ana, new_id)] == ["The second half"] * 4
    assert starts(await coming(ana, new_id)) == [*SUNDAYS[2:], "2027-04-18T18:00:00.000Z"]
    # Whoever is invited, or reminded of each, is so still; the last one is planned for them, too.
    for space in await coming(ben, new_id):
        assert (await ben.http.get(f"/api/v1/spaces/{space['id']}/reminder")).json() == {
            "is_set": False,
            "of_series": True,
            "count": 1,
        }
        expected = (await ben.http.get(f"/api/v1/spaces/{space['id']}/stage-invitations")).json()["items"]
        assert [(one["handle"], one["role"]) for one in expected] == [("ben", "cohost")]
    # With another rule: what finds no place any more is canceled.
    rule = {"repeats": {**WEEKLY, "rule": "FREQ=WEEKLY;INTERVAL=2;COUNT=2"}}
    assert (await ana.http.patch(path, json=rule)).status_code == 200
    assert starts(await coming(ana, new_id)) == [SUNDAYS[2], "2027-04-11T18:00:00.000Z"]
    states = [(await ana.http.get(f"/api/v1/spaces/{space['id']}")).json()["state"] for space in spaces]
    assert states == ["scheduled", "scheduled", "scheduled", "scheduled", "canceled"]


async def test_what_is_to_come_is_called_off_and_nothing_more_is_planned(world: World) -> None:
    ana = await world.person("ana")
    first = await open_series(ana)
    spaces = await coming(ana, first["series_id"])
    path = f"/api/v1/spaces/{spaces[2]['id']}/cancel"
    assert (await ana.http.post(path, params={"scope": "following"})).json()["state"] == "canceled"
    await plan_ahead(world.kit)
    assert starts(await coming(ana, first["series_id"])) == SUNDAYS[:2]
    path = f"/api/v1/spaces/{first['id']}/cancel?scope=all"
    assert (await ana.http.post(path)).status_code == 200
    await plan_ahead(world.kit)
    assert await coming(ana, first["series_id"]) == []
    again = await ana.http.post(path)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "space_not_scheduled")


async def test_speakers_are_invited_to_all_at_once(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    first = await open_series(ana)
    path = f"/api/v1/spaces/{first['id']}/stage-invitations/ben?scope=all"
    assert (await ana.http.put(path, json={"role": "speaker"})).status_code == 204
    await ana.http.post(f"/api/v1/spaces/{first['id']}/cancel")
    await plan_ahead(world.kit)
    latest = (await coming(ana, first["series_id"]))[-1]
    address = f"/api/v1/spaces/{latest['id']}/stage-invitations"
    assert [one["handle"] for one in (await ben.http.get(address)).json()["items"]] == ["ben"]
    assert (await ana.http.delete(path.replace(first["id"], latest["id"]))).status_code == 204
    assert (await ana.http.get(address)).json()["items"] == []


async def test_only_its_host_changes_a_series_and_only_whom_it_is_open_to_knows_it(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    first = await open_series(ana)
    secret = await open_series(ana, who_may_listen="followers")
    by_link = await open_series(ana, who_may_listen="link")
    visitor = await world.browser()
    for scope in ("following", "all"):
        for answer in (
            await ben.http.patch(f"/api/v1/spaces/{first['id']}", params={"scope": scope}, json={"title": "Mine"}),
            await ben.http.post(f"/api/v1/spaces/{first['id']}/cancel", params={"scope": scope}),
            await ben.http.put(f"/api/v1/spaces/{first['id']}/stage-invitations/ben", params={"scope": scope}, json={}),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "only_host")
    for path in ("", "/calendar.ics"):
        assert (await visitor.get(f"/api/v1/series/{first['series_id']}{path}")).status_code == 200
        assert (await visitor.get(f"/api/v1/series/{by_link['series_id']}{path}")).status_code == 200
        for client in (visitor, ben.http):
            assert (await client.get(f"/api/v1/series/{secret['series_id']}{path}")).status_code == 404
            assert (await client.get(f"/api/v1/series/se_nothing{path}")).status_code == 404
    assert (await ben.http.put(f"/api/v1/series/{secret['series_id']}/reminder")).status_code == 404
    assert len((await visitor.get(f"/api/v1/series/{by_link['series_id']}")).json()["items"]) == 5
    alone = await live_space(ana, scheduled_start=START)
    refused = await ana.http.patch(f"/api/v1/spaces/{alone}?scope=all", json={"title": "Other"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_in_series")


async def test_what_cannot_be_a_series_is_refused(small_world: World) -> None:
    ana = await small_world.person("ana")
    for wrong in (
        {"repeats": {**WEEKLY, "rule": "FREQ=SECONDLY"}},
        {"repeats": {**WEEKLY, "time_zone": "Mars/Olympus"}},
        {"repeats": {**WEEKLY, "time_zone": "../../etc/passwd"}},
        {"repeats": WEEKLY, "scheduled_start": None},
        {"repeats": WEEKLY, "scheduled_start": "2020-01-05T20:00:00Z"},
    ):
        body = {"title": "Evening radio", "scheduled_start": START, **wrong}
        assert (await ana.http.post("/api/v1/spaces", json=body)).status_code == 422
    first = await open_series(ana)
    refused = await ana.http.patch(f"/api/v1/spaces/{first['id']}", json={"repeats": WEEKLY})
    assert refused.json()["error"]["details"][0]["field"] == "repeats"


async def test_who_leaves_the_server_leaves_no_series_behind(world: World) -> None:
    await world.person("keeper", administrator=True)
    visitor = await world.browser()
    account = {"handle": "ana", "display_name": "Ana", "password": "a long password"}
    assert (await visitor.post("/api/v1/users", json=account)).status_code == 201
    body = {"title": "Evening radio", "scheduled_start": START, "repeats": WEEKLY}
    series_id = (await visitor.post("/api/v1/spaces", json=body)).json()["series_id"]
    gone = await visitor.post("/api/v1/me/leaving", json={"handle": "ana", "password": "a long password"})
    assert gone.status_code == 204, gone.text
    await plan_ahead(world.kit)
    keeper = world.people["keeper"]
    assert await coming(keeper, series_id) == []


def events_of(calendar: str) -> list[Any]:
    return list(icalendar.Calendar.from_ical(calendar).walk("VEVENT"))


async def test_a_series_is_one_entry_in_calendars_with_its_exceptions(world: World) -> None:
    ana = await world.person("ana")
    first = await open_series(ana, "FREQ=WEEKLY;UNTIL=20270601", title="Radio; of the, evening")
    spaces = await coming(ana, first["series_id"])
    address = f"/api/v1/series/{first['series_id']}/calendar.ics"
    visitor = await world.browser()
    [before] = events_of((await visitor.get(address)).text)
    await ana.http.patch(f"/api/v1/spaces/{spaces[1]['id']}", json={"scheduled_start": "2027-03-22T19:00:00Z"})
    await ana.http.post(f"/api/v1/spaces/{spaces[2]['id']}/cancel")
    texts = [(await visitor.get(path)).text for path in (address, "/@ana/calendar.ics")]
    for text in texts:
        master, exception = events_of(text)
        assert str(master["uid"]) == str(exception["uid"]) == str(before["uid"])
        assert master["rrule"].to_ical() == b"FREQ=WEEKLY;UNTIL=20270601T215959Z"
        assert master["dtstart"].to_ical() == b"20270314T200000"
        assert master["dtstart"].params["TZID"] == "Europe/Berlin"
        assert master["exdate"].to_ical() == b"20270328T200000"
        assert exception["recurrence-id"].to_ical() == b"20270321T200000"
        assert exception.decoded("dtstart").isoformat() == "2027-03-22T19:00:00+00:00"
        assert master.decoded("sequence") > before.decoded("sequence")
        assert "BEGIN:VTIMEZONE" in text
    # Other programs read the same days out of it.
    read = recurring_ical_events.of(icalendar.Calendar.from_ical(texts[1])).between((2027, 3, 1), (2027, 4, 13))
    assert [event.decoded("dtstart").astimezone(world.kit.clock.now().tzinfo).isoformat() for event in read] == [
        f"{day}:00+00:00" for day in ("2027-03-14T19:00", "2027-03-22T19:00", "2027-04-04T18:00", "2027-04-11T18:00")
    ]
    assert (await visitor.get(f"/api/v1/spaces/{spaces[1]['id']}/calendar.ics")).status_code == 200
    # Cut in two: the old one ends, with a newer number; the new one is an entry of its own.
    await ana.http.patch(f"/api/v1/spaces/{spaces[3]['id']}?scope=following", json={"title": "Other"})
    entries = events_of((await visitor.get("/@ana/calendar.ics")).text)
    masters = {str(event["summary"]): event for event in entries if "rrule" in event}
    assert masters["Radio; of the, evening"]["rrule"].to_ical() == b"FREQ=WEEKLY;UNTIL=20270404T175959Z"
    assert masters["Radio; of the, evening"].decoded("sequence") > events_of(texts[1])[0].decoded("sequence")
    assert masters["Other"]["dtstart"].to_ical() == b"20270404T200000"
    await ana.http.post(f"/api/v1/spaces/{spaces[3]['id']}/cancel?scope=all")
    entries = events_of((await visitor.get("/@ana/calendar.ics")).text)
    assert {str(event["summary"]): str(event["status"]) for event in entries if "rrule" in event} == {
        "Radio; of the, evening": "CONFIRMED",
        "Other": "CANCELLED",
    }
