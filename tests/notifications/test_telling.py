"""Who is told what, once, in the app and by push; on both databases."""

import json
from typing import Any

import websockets.asyncio.client as websockets

from tests.live.stage import live_space, whip
from tests.notifications.square import Square
from voxhall.notifications import announcing, store
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import SpaceId
from voxhall.spaces.series.actions import plan_ahead

SOON = {"scheduled_start": "2026-11-22T20:00:00Z"}


async def start(square: Square, host: str, space_id: str) -> None:
    answer = await square.people[host].http.post(f"/api/v1/spaces/{space_id}/start")
    assert answer.status_code == 200, answer.text
    await square.told()


async def test_a_plan_becomes_a_space_and_everybody_hears_of_it_once(square: Square) -> None:
    host = await square.person("host")
    fan = await square.person("fan", follows="host", device=True)
    both = await square.person("both", follows="host", device=True)
    guest = await square.person("guest", device=True)
    await square.person("stranger", device=True)
    body = {"title": "Evening radio", "speakers": ["guest"], **SOON}
    space_id = (await host.http.post("/api/v1/spaces", json=body)).json()["id"]
    await square.told()
    lineup = (await fan.http.get(f"/api/v1/spaces/{space_id}/stage-invitations")).json()
    assert [(one["handle"], one["role"]) for one in lineup["items"]] == [("guest", "speaker")]
    assert await square.kinds("fan") == ["scheduled"]
    assert await square.kinds("guest") == ["invited"]
    assert square.browser_of("guest").titles() == ["host invites you to speak"]
    # A plan is read in the app; only what is heard now, or meant for one alone, is pushed.
    assert square.browser_of("fan").titles() == []

    for person in (both, square.people["stranger"]):
        assert (await person.http.put(f"/api/v1/spaces/{space_id}/reminder")).status_code == 204
        assert (await person.http.put(f"/api/v1/spaces/{space_id}/reminder")).status_code == 204
    assert (await both.http.get(f"/api/v1/spaces/{space_id}/reminder")).json() == {
        "is_set": True,
        "of_series": False,
        "count": 2,
    }
    assert (await fan.http.get(f"/api/v1/spaces/{space_id}/reminder")).json() == {
        "is_set": False,
        "of_series": False,
        "count": 2,
    }
    square.world.clock.advance(1)
    moved = await host.http.patch(f"/api/v1/spaces/{space_id}", json={"scheduled_start": "2026-11-22T20:30:00Z"})
    assert moved.json()["scheduled_start"] == "2026-11-22T20:30:00.000Z"
    await square.told()
    assert await square.kinds("both") == ["rescheduled", "scheduled"]
    assert (await square.kinds("fan"), await square.kinds("host")) == (["scheduled"], [])

    # A quarter of an hour before, host and guest are told; looking often tells nobody twice.
    square.world.clock.advance(80 * 60)
    notifications = square.world.control.notifications
    await notifications.look()
    await notifications.look()
    await square.told()
    assert await square.kinds("host") == ["starts_soon"]
    assert (await square.kinds("guest"))[0] == "starts_soon"
    await start(square, "host", space_id)
    assert (await square.kinds("both"))[0] == "reminder"
    assert (await square.kinds("fan"))[0] == "went_live"
    assert await square.kinds("stranger") == ["reminder", "rescheduled"]
    assert square.browser_of("fan").titles() == ["host is live"]
    assert square.browser_of("both").titles() == ["host has moved a space to another time", "It begins"]
    [message] = square.browser_of("fan").messages
    assert (message["body"], message["path"]) == ("Evening radio", f"/spaces/{space_id}")
    [headers] = square.browser_of("fan").headers
    assert (headers["urgency"], int(headers["ttl"])) == ("high", 3600)

    # The guest steps up without asking. Who follows both hears nothing new: they know of this space.
    await fan.http.put("/api/v1/users/guest/follow")
    assert (await square.people["stranger"].http.put("/api/v1/users/guest/follow")).status_code == 204
    late = await square.person("late", follows="guest", device=True)
    await whip(guest, space_id)
    await square.told()
    assert await square.kinds("late") == ["on_stage"]
    assert square.browser_of("late").titles() == ["guest is on stage"]
    assert (await square.kinds("fan"))[0] == "went_live"
    assert len(square.browser_of("stranger").messages) == 2
    assert (await late.http.get(f"/api/v1/spaces/{space_id}")).json()["state"] == "live"
    assert square.pushes.refusals == []


async def test_a_space_that_is_canceled_or_never_begins_is_not_waited_for(square: Square) -> None:
    host, fan = await square.person("host"), await square.person("fan", device=True)
    canceled = await live_space(host, **SOON)
    forgotten = await live_space(host, title="Forgotten", **SOON)
    for space_id in (canceled, forgotten):
        await fan.http.put(f"/api/v1/spaces/{space_id}/reminder")
    assert (await host.http.post(f"/api/v1/spaces/{canceled}/cancel")).status_code == 200
    await square.told()
    assert (await square.list_of("fan"))["items"][0]["title"] == "host has canceled a space"
    assert await square.kinds("host") == []
    square.world.clock.advance(2 * 3600 - 1)
    await square.world.control.live.tick()
    assert (await fan.http.get(f"/api/v1/spaces/{forgotten}")).json()["state"] == "scheduled"
    square.world.clock.advance(61)
    await square.world.control.live.tick()
    await square.told()
    assert (await fan.http.get(f"/api/v1/spaces/{forgotten}")).json()["state"] == "canceled"
    for handle in ("fan", "host"):
        assert (await square.list_of(handle))["items"][0]["title"] == "A space did not take place"
    refused = await fan.http.put(f"/api/v1/spaces/{forgotten}/reminder")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "space_not_to_come")


async def test_of_a_series_everybody_is_told_of_the_first_and_of_each_change_once(square: Square) -> None:
    host = await square.person("host")
    await square.person("fan", follows="host", device=True)
    await square.person("guest", device=True)
    waiting = await square.person("waiting", device=True)
    repeats = {"rule": "FREQ=DAILY", "time_zone": "Europe/Berlin"}
    first = (
        await host.http.post("/api/v1/spaces", json={"title": "R", "speakers": ["guest"], "repeats": repeats, **SOON})
    ).json()
    await square.told()
    assert (await square.kinds("fan"), await square.kinds("guest")) == (["scheduled"], ["invited"])
    for _ in range(2):
        assert (await waiting.http.put(f"/api/v1/series/{first['series_id']}/reminder")).status_code == 204
    path = f"/api/v1/spaces/{first['id']}"
    assert (await waiting.http.get(f"{path}/reminder")).json() == {"is_set": False, "of_series": True, "count": 1}
    square.world.clock.advance(1)
    await host.http.patch(f"{path}?scope=all", json={"scheduled_start": "2026-11-22T20:30:00Z"})
    await square.told()
    # Five spaces have moved: one line for whoever waits for all of them, and for the guest.
    assert (await square.kinds("waiting"), await square.kinds("guest")) == (["rescheduled"], ["rescheduled", "invited"])
    square.world.clock.advance(90 * 60)
    await start(square, "host", first["id"])
    assert (await square.kinds("waiting"))[0] == "reminder"
    # One that is planned only now is waited for, too.
    await plan_ahead(square.world.kit)
    latest = (await host.http.get(f"/api/v1/series/{first['series_id']}")).json()["items"][-1]
    assert (await waiting.http.get(f"/api/v1/spaces/{latest['id']}/reminder")).json()["count"] == 1
    square.world.clock.advance(1)
    assert (await host.http.post(f"/api/v1/spaces/{latest['id']}/cancel?scope=all")).status_code == 200
    await square.told()
    assert await square.kinds("waiting") == ["canceled", "reminder", "rescheduled"]
    assert (await waiting.http.delete(f"/api/v1/series/{first['series_id']}/reminder")).status_code == 204
    assert (await waiting.http.get(f"{path}/reminder")).json()["of_series"] is False
    assert square.pushes.refusals == []


async def test_levels_quiet_hours_and_the_number_a_day_hold_pushes_back(square: Square) -> None:
    host, guest = await square.person("host"), await square.person("guest")
    names = ("everything", "hosts", "nothing", "sleeper", "counted", "silent")
    for name in names:
        person = await square.person(name, follows="host", device=True)
        await person.http.put("/api/v1/users/guest/follow")
    wishes = (await host.http.get("/api/v1/me/notifications/settings")).json()

    async def wish(handle: str, **changed: Any) -> None:
        answer = await square.people[handle].http.put("/api/v1/me/notifications/settings", json={**wishes, **changed})
        assert answer.status_code == 200, answer.text
        assert {name: answer.json()[name] for name in changed if name != "kinds"} == {
            name: value for name, value in changed.items() if name != "kinds"
        }

    await wish("hosts", level="hosts")
    await wish("nothing", level="none")
    # It is eight in the evening in Berlin.
    await wish("sleeper", quiet={"begin": "19:30", "end": "07:00", "time_zone": "Europe/Berlin"})
    await wish("counted", pushes_a_day=1)
    await wish("silent", kinds={"went_live": {"app": False, "push": True}})
    level = {"level": "none"}
    assert (
        await square.people["everything"].http.put("/api/v1/users/guest/notifications", json=level)
    ).status_code == 204

    first = await live_space(host, who_may_speak="everyone")
    await square.told()
    pushed = {name: len(square.browser_of(name).messages) for name in names}
    assert pushed == {"everything": 1, "hosts": 1, "nothing": 0, "sleeper": 0, "counted": 1, "silent": 0}
    told = {name: await square.kinds(name) for name in names}
    assert told == {name: [] if name in {"nothing", "silent"} else ["went_live"] for name in names}
    # Somebody followed comes onto another's stage: for all but who wants hosts only, and who wants less of this person.
    second = await live_space(await square.person("other"), who_may_speak="everyone")
    await square.told()
    for space_id in (first, second):
        await whip(guest, space_id)
        await square.told()
    on_stage = {name: (await square.kinds(name)).count("on_stage") for name in names}
    assert on_stage == {"everything": 0, "hosts": 0, "nothing": 0, "sleeper": 1, "counted": 1, "silent": 2}
    # The day's number is used up; what one asked for comes all the same, and by night, too.
    assert len(square.browser_of("counted").messages) == 1
    planned = await live_space(host, title="Planned", **SOON)
    for name in ("counted", "sleeper"):
        await square.people[name].http.put(f"/api/v1/spaces/{planned}/reminder")
    await start(square, "host", planned)
    assert square.browser_of("counted").titles()[-1] == "It begins"
    assert square.browser_of("sleeper").titles() == ["It begins"]
    for wrong in (
        {"quiet": {"begin": "25:00", "end": "07:00", "time_zone": "Europe/Berlin"}},
        {"quiet": {"begin": "23:00", "end": "07:00", "time_zone": "Mars/Olympus"}},
        {"quiet": {"begin": "23:00", "end": "07:00", "time_zone": "../../etc/passwd"}},
        {"pushes_a_day": 1_000},
        {"level": "some"},
    ):
        answer = await host.http.put("/api/v1/me/notifications/settings", json={**wishes, **wrong})
        assert answer.status_code == 422, wrong


async def test_nobody_is_told_of_a_space_that_they_may_not_see(square: Square) -> None:
    host, guest = await square.person("host"), await square.person("guest")
    await square.person("fan", follows="host")
    await square.person("chosen", follows="host")
    await square.person("of_guest", follows="guest")
    shunned = await square.person("shunned", follows="guest")
    await host.http.put("/api/v1/users/shunned/block")
    space_id = ""
    doors = {
        "link": ([], []),
        "invited": (["chosen"], []),
        "followers": (["chosen", "fan"], []),
        "everyone": (["chosen", "fan"], ["of_guest"]),
    }
    for door, (live_for, stage_for) in doors.items():
        wishes = {"invited": ["chosen"]} if door == "invited" else {}
        space_id = await live_space(host, title=door, who_may_listen=door, speakers=["guest"], **wishes)
        await square.told()
        await whip(guest, space_id)
        await square.told()
        for handle in ("fan", "chosen", "of_guest", "shunned"):
            items = (await square.list_of(handle))["items"]
            told = [one["kind"] for one in items if one["body"] == door]
            wanted = ["went_live"] if handle in live_for else ["on_stage"] if handle in stage_for else []
            assert told == wanted, (door, handle)
        assert (await guest.http.get(f"/api/v1/spaces/{space_id}")).status_code == 200
    # Whoever is shut out later does not read of it any more either.
    await host.http.put("/api/v1/users/fan/block")
    assert (await square.list_of("fan"))["items"] == []
    assert (await shunned.http.get(f"/api/v1/spaces/{space_id}/reminder")).status_code == 404


async def test_the_bell_counts_and_every_page_knows(square: Square) -> None:
    host = await square.person("host")
    fan = await square.person("fan", follows="host", device=True)
    address = f"{square.world.live_address}/api/v1/me/notifications/live"
    async with (
        websockets.connect(address, additional_headers=fan.headers) as page,
        websockets.connect(address, additional_headers=fan.headers) as other,
    ):

        async def until(count: int) -> None:
            for socket in (page, other):
                while json.loads(await socket.recv()) != {"type": "unread", "count": count}:
                    pass

        await until(0)
        await live_space(host, title="„Radio“ <b>")
        await until(1)
        [one] = (await square.list_of("fan", language="de-CH"))["items"]
        assert (one["title"], one["body"], one["is_read"]) == ("host ist live", "„Radio“ <b>", False)
        assert (await square.list_of("fan", language="ar"))["items"][0]["title"] == "\u2068host\u2069 على الهواء الآن"
        await live_space(host, title="Second")
        await until(2)
        assert (await square.list_of("fan", limit="1"))["next_cursor"] is not None
        read = await fan.http.post("/api/v1/me/notifications/read", json={"ids": [one["id"]]})
        assert read.status_code == 204
        await until(1)
        await fan.http.post("/api/v1/me/notifications/read", json={})
        await until(0)
    async with websockets.connect(address) as stranger:
        await stranger.wait_closed()
        assert stranger.close_code == 4401
    assert (await square.list_of("fan"))["unread_count"] == 0
    await square.told()


async def test_an_owner_is_told_when_their_tip_jar_changes_and_who_spoke_when_it_can_be_heard_again(
    square: Square,
) -> None:
    host = await square.person("host", device=True)
    await host.http.patch("/api/v1/me", json={"tip_jar": [{"service": "paypal", "name": "Host"}]})
    await square.told()
    assert await square.kinds("host") == ["tip_jar_changed"]
    assert square.browser_of("host").titles() == ["Your Tip Jar was changed"]
    asking = await square.person("asking", device=True)
    space_id = await live_space(host)
    request = await asking.http.post(f"/api/v1/spaces/{space_id}/requests")
    await host.http.post(f"/api/v1/spaces/{space_id}/requests/{request.json()['id']}/accept")
    await square.told()
    assert await square.kinds("asking") == ["accepted"]
    assert square.browser_of("asking").titles() == ["You may speak"]
    kit = square.world.kit
    square.world.clock.advance(1)
    await host.http.post(f"/api/v1/spaces/{space_id}/end")
    async with kit.db.write() as tx:
        await spaces.set_replay(tx, SpaceId(space_id), 60_000)
        tx.publish(spaces.TranscriptReady(SpaceId(space_id)))
    await square.told()
    for handle in ("host", "asking"):
        assert sorted((await square.kinds(handle))[:2]) == ["replay_ready", "transcript_ready"]
    assert len(square.browser_of("asking").messages) == 1


async def test_what_a_death_left_untold_is_told_at_the_next_start(square: Square) -> None:
    host = await square.person("host")
    await square.person("fan", follows="host")
    await live_space(host)
    await square.told()
    assert await square.kinds("fan") == ["went_live"]
    kit = square.world.kit
    async with kit.db.write() as tx:
        await tx.execute(store.announcements.delete())
    await announcing.announce_forgotten(kit)
    await announcing.announce_forgotten(kit)
    await square.told()
    assert await square.kinds("fan") == ["went_live"]
