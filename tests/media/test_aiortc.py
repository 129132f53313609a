"""A client that shares no code with ours publishes and listens, and silence is kept from it."""

import pytest

from tests.media.peers import leave, listener, publisher
from tests.running import RunningServer, eventually

pytestmark = pytest.mark.timeout(90)

# Mute has 200 ms to be effective, and aiortc's own jitter buffer holds another 80 ms: in frames of 20 ms.
FRAMES_UNTIL_SILENCE = 10 + 4


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
        await eventually(lambda: server.space(space["id"])["listener_count"] == 0)
        await ear.audible_frames(0.5)
        assert await ear.audible_frames(1.0) == 0, "who has left still hears"


async def test_mute_silences_a_speaker_who_goes_on_sending(server: RunningServer) -> None:
    host, speaker = server.account("mute_host"), server.account("mute_speaker")
    space = server.open_space(host)
    whip, whep = doors(server, space["id"])
    async with publisher(whip, speaker.headers), listener(whep) as (ear, _):
        await ear.hears_something()
        person = server.participant(space["id"], speaker)
        ear.forget()
        server.verb(space["id"], person, "mute", host)
        assert await ear.audible_frames(1.0) <= FRAMES_UNTIL_SILENCE
        assert await ear.audible_frames(1.0) == 0, "a muted speaker is heard again"

        server.verb(space["id"], person, "unmute", speaker)
        await ear.hears_something()

        ear.forget()
        server.verb(space["id"], person, "move-to-audience", host)
        assert await ear.audible_frames(1.0) <= FRAMES_UNTIL_SILENCE
        assert await ear.audible_frames(1.0) == 0, "who was moved to the audience is heard"


async def test_the_end_of_a_space_ends_its_sound(server: RunningServer) -> None:
    host = server.account("end_host")
    space = server.open_space(host)
    whip, whep = doors(server, space["id"])
    async with publisher(whip, host.headers), listener(whep) as (ear, _):
        await ear.hears_something()
        ear.forget()
        server.http.post(f"/api/v1/spaces/{space['id']}/end", headers=host.headers).raise_for_status()
        assert await ear.audible_frames(1.0) <= FRAMES_UNTIL_SILENCE
        assert await ear.audible_frames(1.0) == 0, "an ended space is heard"
