"""A client that shares no code with ours publishes and listens, and silence is kept from it."""

import pytest

from tests.media.peers import leave, listener, publisher
from tests.running import RunningServer, eventually

pytestmark = pytest.mark.timeout(90)


def doors(server: RunningServer, space_id: str) -> tuple[str, str]:
    base = f"{server.url}/api/v1/spaces/{space_id}"
    return f"{base}/whip", f"{base}/whep"


async def test_aiortc_publishes_and_listens(server: RunningServer) -> None:
    host = server.account("aiortc_host")
    space = server.open_space(host)
    whip, whep = doors(server, space["id"])
    async with publisher(whip, host.headers), listener(whep) as (ear, session):
        await ear.hears_something()
        await eventually(lambda: server.space(space["id"])["listener_count"] == 1)
        assert await leave(session) == 200
        ear.forget()
        await ear.falls_silent()
        await eventually(lambda: server.space(space["id"])["listener_count"] == 0)


async def test_mute_silences_a_speaker_who_goes_on_sending(server: RunningServer) -> None:
    host, speaker = server.account("mute_host"), server.account("mute_speaker")
    space = server.open_space(host)
    whip, whep = doors(server, space["id"])
    async with publisher(whip, speaker.headers), listener(whep) as (ear, _):
        await ear.hears_something()
        person = server.participant(space["id"], speaker)
        ear.forget()
        server.verb(space["id"], person, "mute", host)
        await ear.falls_silent()

        server.verb(space["id"], person, "unmute", speaker)
        await ear.hears_something()

        ear.forget()
        server.verb(space["id"], person, "move-to-audience", host)
        await ear.falls_silent()


async def test_the_end_of_a_space_ends_its_sound(server: RunningServer) -> None:
    host = server.account("end_host")
    space = server.open_space(host)
    whip, whep = doors(server, space["id"])
    async with publisher(whip, host.headers), listener(whep) as (ear, _):
        await ear.hears_something()
        ear.forget()
        server.http.post(f"/api/v1/spaces/{space['id']}/end", headers=host.headers).raise_for_status()
        await ear.falls_silent()
