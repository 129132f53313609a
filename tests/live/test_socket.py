"""The live socket on a real server, on both databases."""

import json
from contextlib import AsyncExitStack

import pytest

from tests.live.stage import Socket, live_socket, live_space, opened, pass_time
from tests.world import World


async def test_the_host_who_comes_stands_on_the_stage_muted(world: World) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)
    async with live_socket(world, space, ana) as page:
        snapshot = page.seen[0]
        assert snapshot["type"] == "snapshot"
        assert snapshot["you"] == {"participant_id": page.me, "signed_in": True}
        [host] = snapshot["stage"]
        assert (host["role"], host["muted"], host["connected"]) == ("host", True, True)
        assert 0 < host["csrc"] < 2**32
        assert snapshot["space"]["host"] == {"handle": "ana", "display_name": host["display_name"], "picture": None}


async def test_a_listener_asks_is_called_up_and_speaks(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana)
    async with live_socket(world, space, ana) as host, live_socket(world, space, ben) as listener:
        await listener.do("request_to_speak")
        asked = await host.until("event", "request_made")
        assert asked["data"]["request"]["participant_id"] == listener.me
        await host.do("accept_request", participant_id=listener.me)
        added = await listener.until("event", "speaker_added")
        assert (added["data"]["participant"]["role"], added["data"]["participant"]["muted"]) == ("speaker", True)
        await listener.do("unmute")
        await host.until("event", "participant_unmuted", participant_id=listener.me)
        assert listener.events() == ["request_made", "request_accepted", "speaker_added", "participant_unmuted"]


async def test_the_events_of_a_command_come_before_its_answer(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    async with live_socket(small_world, space, ana) as page:
        await page.do("unmute")
        assert [message["type"] for message in page.seen[-2:]] == ["event", "ok"]


async def test_requests_are_for_the_host_and_for_who_asks(world: World) -> None:
    ana, ben, cleo = [await world.person(name) for name in ("ana", "ben", "cleo")]
    space = await live_space(ana)
    async with live_socket(world, space, ana) as host, live_socket(world, space, cleo) as other:
        async with live_socket(world, space, ben) as asking:
            await asking.do("request_to_speak")
            await host.until("event", "request_made")
            async with live_socket(world, space, ben) as second_tab, live_socket(world, space, cleo) as second_other:
                assert [one["participant_id"] for one in second_tab.seen[0]["requests"]] == [asking.me]
                assert second_other.seen[0]["requests"] == []
            await host.do("decline_request", participant_id=asking.me)
            await asking.until("event", "request_declined")
        await host.do("unmute")
        await other.until("event", "participant_unmuted")
        assert other.events() == ["participant_unmuted"]


async def test_two_tabs_of_one_account_are_one_participant(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana)
    async with live_socket(world, space, ana) as host, live_socket(world, space, ben) as first:
        async with live_socket(world, space, ben) as second:
            assert first.me == second.me
            assert second.seen[0]["listener_count"] == 1
        await host.do("make_cohost", participant_id=first.me)
        # The tab that went takes nobody off the stage.
        world.clock.advance(20)
        await host.do("mute", participant_id=first.me)
        assert "participant_disconnected" not in host.events()


async def test_a_new_cohost_is_sent_the_requests(world: World) -> None:
    ana, ben, cleo = [await world.person(name) for name in ("ana", "ben", "cleo")]
    space = await live_space(ana)
    async with (
        live_socket(world, space, ana) as host,
        live_socket(world, space, ben) as helper,
        live_socket(world, space, cleo) as asking,
    ):
        await asking.do("request_to_speak")
        await host.do("make_cohost", participant_id=helper.me)
        snapshot = await helper.until("snapshot")
        assert [one["participant_id"] for one in snapshot["requests"]] == [asking.me]
        await host.do("remove_cohost", participant_id=helper.me)
        assert (await helper.until("snapshot"))["requests"] == []


async def test_who_comes_back_is_sent_what_was_missed_and_nothing_twice(world: World) -> None:
    ana, ben, cleo = [await world.person(name) for name in ("ana", "ben", "cleo")]
    space = await live_space(ana)
    async with live_socket(world, space, ana) as host:
        async with live_socket(world, space, ben) as page:
            await host.do("unmute")
            held = (await page.until("event", "participant_unmuted"))["seq"]
        await cleo.http.post(f"/api/v1/spaces/{space}/requests")
        await host.do("mute")
        await host.do("unmute")
        async with live_socket(world, space, ben, after=held) as page:
            assert page.seen[0]["type"] == "resumed"
            missed = [await page.until("event") for _ in range(2)]
            await host.do("mute")
            missed.append(await page.until("event"))
    assert [one["name"] for one in missed] == ["participant_muted", "participant_unmuted", "participant_muted"]
    numbers = [one["seq"] for one in missed]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > held


async def test_a_number_from_the_future_is_answered_with_a_snapshot(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    async with live_socket(small_world, space, ana, after=10_000) as page:
        assert page.seen[0]["type"] == "snapshot"


async def test_who_became_cohost_meanwhile_is_sent_a_snapshot(small_world: World) -> None:
    ana, ben = await small_world.person("ana"), await small_world.person("ben")
    space = await live_space(ana)
    async with live_socket(small_world, space, ana) as host:
        async with live_socket(small_world, space, ben) as page:
            held, me = page.seen[0]["seq"], page.me
        await host.do("make_cohost", participant_id=me)
        async with live_socket(small_world, space, ben, after=held) as page:
            assert page.seen[0]["type"] == "snapshot"


async def test_a_lost_speaker_is_shown_waited_for_and_taken_off_the_stage(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    async with live_socket(world, space, ana) as host:
        async with live_socket(world, space, ben) as speaker:
            await speaker.do("request_to_speak")
            me = speaker.me
        await host.until("event", "participant_disconnected", participant_id=me)
        async with live_socket(world, space, ben):
            await host.until("event", "participant_reconnected", participant_id=me)
        await host.until("event", "participant_disconnected", participant_id=me)
        world.clock.advance(15)
        await host.until("event", "speaker_removed", participant_id=me, reason="lost")
        await pass_time(world, 59, host)
        async with live_socket(world, space, ben) as speaker:
            assert [one["role"] for one in speaker.seen[0]["stage"]] == ["host", "speaker"]
        await host.until("event", "participant_disconnected", participant_id=me)
        world.clock.advance(15)
        await host.until("event", "speaker_removed", participant_id=me, reason="lost")
        await pass_time(world, 60, host)
        async with live_socket(world, space, ben) as listener:
            assert [one["role"] for one in listener.seen[0]["stage"]] == ["host"]


async def test_the_host_always_gets_the_stage_back(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana)
    async with live_socket(world, space, ben) as listener:
        async with live_socket(world, space, ana):
            await listener.until("event", "speaker_added")
        await listener.until("event", "participant_disconnected")
        world.clock.advance(15)
        await listener.until("event", "speaker_removed", reason="lost")
        world.clock.advance(600)
        async with live_socket(world, space, ana) as host:
            assert [one["role"] for one in host.seen[0]["stage"]] == ["host"]


async def test_the_request_of_who_went_is_withdrawn(small_world: World) -> None:
    ana, ben = await small_world.person("ana"), await small_world.person("ben")
    space = await live_space(ana)
    async with live_socket(small_world, space, ana) as host:
        async with live_socket(small_world, space, ben) as asking:
            await asking.do("request_to_speak")
        await host.until("event", "request_made")
        # A command of the host's later, the server has noticed that the socket is gone.
        await host.do("unmute")
        small_world.clock.advance(15)
        await host.until("event", "request_withdrawn")


async def test_a_guest_listens_counts_and_does_not_speak(world: World) -> None:
    ana = await world.person("ana")
    space = await live_space(ana)
    async with live_socket(world, space, ana) as host, live_socket(world, space) as guest:
        assert guest.seen[0]["you"]["signed_in"] is False
        assert (await host.until("audience"))["listener_count"] == 1
        assert await guest.refused("request_to_speak") == "guest_may_not_speak"
        assert await guest.refused("remove", participant_id=host.me) == "only_host_or_cohost"


async def test_a_guest_is_known_by_the_cookie_of_the_upgrade(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    async with opened(small_world, space) as connection:
        assert connection.response is not None
        cookie = connection.response.headers["set-cookie"]
        assert "HttpOnly" in cookie
        first = Socket(connection)
        await first.send({"type": "hello"})
        await first.receive()
        async with live_socket(small_world, space, cookie=cookie.partition(";")[0]) as second:
            assert second.me == first.me


async def test_a_count_that_was_true_for_a_moment_does_not_stay_on_a_page(small_world: World) -> None:
    """Nobody is told of a count that is as it was; whoever came while it was not is told all the same."""
    ana = await small_world.person("ana")
    space = await live_space(ana)
    async with live_socket(small_world, space, ana) as host, AsyncExitStack() as stack:
        async with live_socket(small_world, space), live_socket(small_world, space):
            while (await host.until("audience"))["listener_count"] != 2:
                small_world.clock.advance(1)
            late = await stack.enter_async_context(live_socket(small_world, space))
            also_late = await stack.enter_async_context(live_socket(small_world, space))
            assert also_late.seen[0]["listener_count"] == 4
        small_world.clock.advance(1)
        for page in (late, also_late):
            while (await page.until("audience"))["listener_count"] != 2:
                small_world.clock.advance(1)


async def test_leaving_closes_every_tab(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    async with live_socket(world, space, ana) as host, live_socket(world, space, ben) as tab:
        async with live_socket(world, space, ben) as other_tab:
            await tab.do("request_to_speak")
            await tab.do("leave")
            assert (await tab.closed())[0] == 1000
            assert (await other_tab.closed())[0] == 1000
        await host.until("event", "speaker_removed", reason="left")


async def test_who_is_removed_is_out_and_stays_out(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    async with live_socket(world, space, ana) as host, live_socket(world, space, ben) as speaker:
        await speaker.do("request_to_speak")
        await host.do("remove", participant_id=speaker.me)
        assert (await speaker.closed())[0] == 4403
        assert speaker.events()[-2:] == ["speaker_removed", "participant_removed"]
    async with opened(world, space) as connection:
        page = Socket(connection)
        await page.send({"type": "hello", "token": ben.token})
        assert (await page.closed())[0] == 4403
    answer = await ben.http.post(f"/api/v1/spaces/{space}/requests")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "removed")


async def test_the_host_who_waits_is_on_the_stage_when_it_starts(world: World) -> None:
    ana = await world.person("ana")
    space = await live_space(ana, scheduled_start="2026-11-22T20:00:00Z")
    async with live_socket(world, space, ana) as host:
        assert (host.seen[0]["space"]["state"], host.seen[0]["stage"]) == ("scheduled", [])
        await host.do("start")
        [added] = [one["data"] for one in host.seen if one.get("name") == "speaker_added"]
        assert added["participant"]["role"] == "host"


async def test_the_end_empties_the_stage_for_everybody(world: World) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana)
    async with live_socket(world, space, ana) as host, live_socket(world, space, ben) as listener:
        await host.do("end")
        await listener.until("event", "space_ended")
        assert await host.refused("unmute") == "space_ended"
    async with live_socket(world, space, ben) as late:
        assert (late.seen[0]["space"]["state"], late.seen[0]["stage"]) == ("ended", [])


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ('{"type": "pong"}', 4400),
        ('{"type": "hello", "token": "not a token"}', 4401),
        ('{"type": "hello", "token": 7}', 4400),
        (b'{"type": "hello"}', 4400),
        ('{"type": "hello"', 4400),
    ],
)
async def test_a_wrong_first_message_closes_with_a_code_and_a_sentence(
    small_world: World, first: str | bytes, code: int
) -> None:
    space = await live_space(await small_world.person("ana"))
    async with opened(small_world, space) as connection:
        page = Socket(connection)
        await connection.send(first)
        found, reason = await page.closed()
        assert found == code
        assert reason.endswith(".")


@pytest.mark.parametrize("space_id", ["sp_unknown", "..", "sp_" + "a" * 60, "%F0%9F%8E%99"])
async def test_an_unknown_space_closes_with_4404(small_world: World, space_id: str) -> None:
    async with opened(small_world, space_id) as connection:
        page = Socket(connection)
        await page.send({"type": "hello"})
        assert (await page.closed())[0] == 4404


async def test_a_bad_message_later_closes_after_what_was_sent_before(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    async with live_socket(small_world, space, ana) as page:
        await page.send({"type": "command", "id": "c1", "name": "unmute"})
        await page.send({"type": "command", "id": "c2", "name": "dance"})
        assert (await page.closed())[0] == 4400
        assert {"type": "ok", "id": "c1"} in page.seen


async def test_a_socket_that_never_answers_a_ping_is_closed(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    async with live_socket(small_world, space, ana) as page:
        small_world.clock.advance(11)
        assert json.loads(await page.connection.recv()) == {"type": "ping"}
        small_world.clock.advance(20)
        assert (await page.closed())[0] == 4408


async def test_a_flood_of_commands_is_answered_with_refusals(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    async with live_socket(small_world, space, ana) as page:
        answers = [await page.command("mute") for _ in range(40)]
        codes = [one["error"]["code"] for one in answers if one["type"] == "error"]
        assert codes == ["too_many_requests"] * 10


async def test_a_page_of_another_site_cannot_use_the_cookie(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    headers = {"cookie": "voxhall_session=stolen", "origin": "https://elsewhere.example"}
    with pytest.raises(Exception, match="403"):
        async with opened(small_world, space, headers=headers):
            pass
