"""Who may do what, in which state, over HTTP and over the socket: every cell of one table, asked of a real server.

The table is written down here by hand, apart from the policy in the model, so that the two have to agree.
"""

import httpx2
import pytest

from tests.live.stage import Node, live_socket, live_space, opened
from tests.world import World
from voxhall.accounts.model import Scope

HOST_ONLY = {"start", "end", "cancel", "make_cohost", "remove_cohost"}
STEWARDS = {
    "accept_request",
    "decline_request",
    "mute",
    "take_microphone",
    "give_microphone",
    "move_to_audience",
    "remove",
}
ASKING = {"request_to_speak"}
IMPOSSIBLE = {"unmute"}
ACTIONS = sorted(HOST_ONLY | STEWARDS | ASKING | IMPOSSIBLE)
ROLES = ("host", "cohost", "speaker", "listener", "guest", "stranger", "nobody", "removed")
STATES = ("scheduled", "live", "ended", "canceled")
STATE_CODES = {"scheduled": "space_not_live", "ended": "space_ended", "canceled": "space_not_live"}
LIFECYCLE = {
    ("start", "scheduled"): "ok",
    ("start", "live"): "ok",
    ("start", "ended"): "space_ended",
    ("start", "canceled"): "space_not_live",
    ("end", "scheduled"): "space_not_live",
    ("end", "live"): "ok",
    ("end", "ended"): "ok",
    ("end", "canceled"): "space_not_live",
    ("cancel", "scheduled"): "ok",
    ("cancel", "live"): "space_not_scheduled",
    ("cancel", "ended"): "space_not_scheduled",
    ("cancel", "canceled"): "ok",
}
# Whom the command names: somebody who asks, a speaker, or a co-host.
TARGETS = {"accept_request": "asking", "decline_request": "asking", "remove_cohost": "second_cohost"}


def expected(role: str, state: str, action: str) -> str:
    if role == "nobody":
        return "unauthorized"
    if role == "removed":
        return "removed"
    if action in ASKING:
        return "guest_may_not_speak" if role == "guest" else "ok" if state == "live" else STATE_CODES[state]
    if action in IMPOSSIBLE:
        return "only_oneself"
    if action in HOST_ONLY and role != "host":
        return "only_host"
    # The end takes every role but the host's.
    if action in STEWARDS and role not in ({"host", "cohost"} if state == "live" else {"host"}):
        return "only_host_or_cohost"
    if action in {"start", "end", "cancel"}:
        return LIFECYCLE[action, state]
    return "ok" if state == "live" else STATE_CODES[state]


class Hall:
    """A space in one state with somebody of every role in it; only a space that was live ever had a stage."""

    def __init__(self, world: World, clients: dict[str, httpx2.AsyncClient], cookie: str) -> None:
        self.world, self.clients, self.cookie = world, clients, cookie
        self.space_id, self.ids = "", dict[str, str]()

    async def open(self, state: str) -> None:
        host = self.world.people["host"]
        self.space_id = await live_space(host)
        for name in ("cohost", "second_cohost", "speaker", "listener", "asking", "target", "removed"):
            answer = await self.clients[name].post(f"/api/v1/spaces/{self.space_id}/requests")
            self.ids[name] = answer.json()["id"]
        for name in ("cohost", "second_cohost"):
            await self._host(f"participants/{self.ids[name]}/make-cohost")
        for name in ("speaker", "target"):
            await self._host(f"requests/{self.ids[name]}/accept")
        await self._host(f"requests/{self.ids['listener']}/decline")
        await self._host(f"participants/{self.ids['removed']}/remove")
        async with live_socket(self.world, self.space_id, cookie=self.cookie):
            pass
        if state == "ended":
            await self._host("end")

    async def ask(self, role: str, action: str) -> str:
        address = f"/api/v1/spaces/{self.space_id}"
        target = self.ids[TARGETS.get(action, "target")]
        path = {
            "request_to_speak": "/requests",
            "accept_request": f"/requests/{target}/accept",
            "decline_request": f"/requests/{target}/decline",
        }.get(action, f"/{action}" if action in {"start", "end", "cancel"} else f"/participants/{target}/{action}")
        answer = await self.clients[role].post(address + path.replace("_", "-").replace("pa-", "pa_"))
        return "ok" if answer.status_code == 200 else str(answer.json()["error"]["code"])

    async def ask_by_socket(self, role: str, action: str) -> str:
        person = None if role == "guest" else self.world.people[role]
        cookie = self.cookie if role == "guest" else None
        named = {} if action in {"start", "end", "request_to_speak"} else {"participant_id": self.target_of(action)}
        async with live_socket(self.world, self.space_id, person, cookie=cookie) as socket:
            answer = await socket.command(action, **named)
            return "ok" if answer["type"] == "ok" else str(answer["error"]["code"])

    def target_of(self, action: str) -> str:
        return self.ids[TARGETS.get(action, "target")]

    async def _host(self, path: str) -> None:
        answer = await self.clients["host"].post(f"/api/v1/spaces/{self.space_id}/{path}")
        assert answer.status_code == 200, answer.text


@pytest.fixture
async def hall(small_world: World) -> Hall:
    names = ("host", "cohost", "second_cohost", "speaker", "listener", "stranger", "removed", "asking", "target")
    clients = {name: (await small_world.person(name if name != "host" else "hosting")).http for name in names}
    small_world.people["host"] = small_world.people["hosting"]
    nobody = await small_world.browser()
    guest = await small_world.browser(**{"sec-fetch-site": "same-origin"})
    space = await live_space(small_world.people["host"])
    await guest.get(f"/api/v1/spaces/{space}")
    return Hall(
        small_world, {**clients, "nobody": nobody, "guest": guest}, f"voxhall_guest={guest.cookies['voxhall_guest']}"
    )


@pytest.mark.timeout(120)
@pytest.mark.parametrize("state", ["live", "ended"])
async def test_every_cell_over_http(hall: Hall, state: str) -> None:
    await hall.open(state)
    found, wanted = {}, {}
    for role in ROLES:
        for action in ACTIONS:
            wanted[role, action] = expected(role, state, action)
            found[role, action] = await hall.ask(role, action)
            if wanted[role, action] == "ok" and state == "live":
                await hall.open(state)
    assert found == wanted


@pytest.mark.timeout(120)
@pytest.mark.parametrize("state", ["live", "ended"])
async def test_every_cell_over_the_socket(hall: Hall, state: str) -> None:
    await hall.open(state)
    found, wanted = {}, {}
    for role in ("host", "cohost", "speaker", "listener", "guest"):
        for action in ACTIONS:
            # The socket has no words for these: somebody else is not unmuted, and a page cancels over HTTP.
            if action in {"cancel", "unmute"}:
                continue
            wanted[role, action] = expected(role, state, action)
            found[role, action] = await hall.ask_by_socket(role, action)
            if wanted[role, action] == "ok" and state == "live":
                await hall.open(state)
    assert found == wanted
    async with opened(hall.world, hall.space_id) as connection:
        await connection.send('{"type": "hello", "token": "' + hall.world.people["removed"].token + '"}')
        await connection.wait_closed()
        assert connection.close_code == 4403


@pytest.mark.parametrize("state", ["scheduled", "canceled"])
async def test_every_cell_of_a_space_that_never_began(hall: Hall, state: str) -> None:
    """There is no stage and nobody on it, so the named person is one who cannot exist."""
    space = await live_space(hall.world.people["host"], scheduled_start="2026-11-22T20:00:00Z")
    hall.space_id, hall.ids = space, dict.fromkeys(("target", "asking", "second_cohost"), "pa_nobody")
    if state == "canceled":
        assert (await hall.clients["host"].post(f"/api/v1/spaces/{space}/cancel")).status_code == 200
    for role in ("host", "listener", "guest", "stranger", "nobody"):
        for action in ACTIONS:
            wanted = expected(role, state, action)
            if role == "host" and action in STEWARDS:
                wanted = "participant_not_found"
            if wanted != "ok":
                assert (role, action, await hall.ask(role, action)) == (role, action, wanted)


async def test_a_token_without_the_scope_does_nothing(small_world: World, small_node: Node) -> None:
    reader = await small_world.person("reader", scopes=[Scope.READ])
    speaker = await small_world.person("speaker", scopes=[Scope.SPEAK])
    ana = await small_world.person("ana")
    space = await live_space(ana, who_may_speak="everyone")
    for client, path in (
        (reader.http, "requests"),
        (reader.http, "whip"),
        (reader.http, "end"),
        (speaker.http, "end"),
        (speaker.http, "start"),
    ):
        answer = await client.post(f"/api/v1/spaces/{space}/{path}", headers={"content-type": "application/sdp"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "missing_scope"), path
    answer = await speaker.http.post("/api/v1/spaces", json={"title": "Mine"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "missing_scope")
    # Nobody's sound was touched; figures and recording are the server's own business with the node.
    assert [name for name, _ in small_node.calls if name not in {"stats", "record", "note"}] == []
