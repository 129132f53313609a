"""The switches of who may listen, at the packets: refused there is no session, shut out there is no sound."""

import asyncio
import contextlib
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.media.peers import SDP, Ear, connect, new_peer, offer_of, publisher
from tests.running import Account, RunningServer

pytestmark = pytest.mark.timeout(90)

PASSWORD = "the password of the boss"

# The space's door, what lets the listener ({who}) in, what shuts them out again, and what the door says then.
Step = tuple[str, str, str, dict[str, Any] | None]
DOORS: dict[str, tuple[str, Step | None, Step, int]] = {
    "follows no more": (
        "followers",
        ("listener", "PUT", "/users/{host}/follow", None),
        ("listener", "DELETE", "/users/{host}/follow", None),
        404,
    ),
    "is invited no more": (
        "invited",
        ("host", "PUT", "/spaces/{space}/invited/{who}", None),
        ("host", "DELETE", "/spaces/{space}/invited/{who}", None),
        404,
    ),
    "is blocked": ("everyone", None, ("host", "PUT", "/users/{who}/block", None), 404),
    "has the link and is blocked": ("link", None, ("host", "PUT", "/users/{who}/block", None), 404),
    "is suspended": ("everyone", None, ("boss", "PUT", "/admin/branches/{who}", {"is_suspended": True}), 401),
    "hears what is stopped": (
        "everyone",
        None,
        ("boss", "PATCH", "/admin/settings", {"live_audio": False}),
        503,
    ),
}


@dataclass
class Scene:
    server: RunningServer
    people: dict[str, Account]
    space_id: str

    def do(self, step: Step) -> None:
        who, method, path, body = step
        names = {"space": self.space_id, "host": self.people["host"].handle, "who": self.people["listener"].handle}
        headers = self.people[who].headers
        answer = self.server.http.request(method, f"/api/v1{path.format(**names)}", json=body, headers=headers)
        assert answer.is_success, answer.text

    @property
    def whep(self) -> str:
        return f"{self.server.url}/api/v1/spaces/{self.space_id}/whep"

    async def knock(self) -> httpx2.Response:
        """With an offer that any open door would take."""
        peer = new_peer()
        peer.addTransceiver("audio", direction="recvonly")
        try:
            async with httpx2.AsyncClient(timeout=10) as http:
                headers = {**SDP, **self.people["listener"].headers}
                return await http.post(self.whep, content=await offer_of(peer), headers=headers)
        finally:
            await peer.close()


@pytest.fixture(scope="module")
def boss(server: RunningServer) -> Account:
    handle = f"boss_{secrets.token_hex(4)}"
    command = [sys.executable, "-m", "voxhall", "admin", "create-user", handle, "--admin", "--password-stdin"]
    folder = ["--data", str(server.data)]
    subprocess.run([*command, *folder], input=PASSWORD, text=True, check=True, stdout=subprocess.DEVNULL)
    command = [sys.executable, "-m", "voxhall", "admin", "create-token", handle, *folder]
    token = subprocess.run(command, text=True, check=True, capture_output=True).stdout.strip()
    return Account(handle, PASSWORD, token)


def somebody(server: RunningServer, name: str) -> Account:
    """With a token that may follow and block, too."""
    account = server.new_account(name)
    with httpx2.Client(base_url=server.url, timeout=30) as browser:
        known = {"handle": account.handle, "password": account.password}
        assert browser.post("/api/v1/sessions", json=known).status_code == 201
        scopes = ["read", "speak", "host", "account"]
        made = browser.post("/api/v1/me/tokens", json={"name": "doors", "scopes": scopes})
        assert made.status_code == 201, made.text
    return Account(account.handle, account.password, made.json()["token"])


@asynccontextmanager
async def listening(scene: Scene) -> AsyncIterator[Ear]:
    peer = new_peer()
    transceiver = peer.addTransceiver("audio", direction="recvonly")
    ears: list[asyncio.Task[None]] = []
    try:
        await connect(peer, scene.whep, scene.people["listener"].headers)
        ear = Ear(transceiver.receiver.track)
        ears.append(asyncio.create_task(ear.listen()))
        yield ear
    finally:
        for task in ears:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        await peer.close()


def refused(answer: httpx2.Response, status: int) -> None:
    """No description of a session, and no address of one: nothing that a packet could be asked for with."""
    assert answer.status_code == status, answer.text
    assert "location" not in answer.headers
    assert answer.json()["error"]["code"]
    assert "a=ice-ufrag" not in answer.text


@pytest.mark.parametrize("door", DOORS)
async def test_whoever_may_not_listen_is_sent_nothing(server: RunningServer, boss: Account, door: str) -> None:
    who_may_listen, comes_in, goes_out, status = DOORS[door]
    people = {"boss": boss, "host": somebody(server, "keeper"), "listener": somebody(server, "hears")}
    space = server.open_space(people["host"], who_may_listen=who_may_listen)
    scene = Scene(server, people, space["id"])
    try:
        async with publisher(f"{server.url}/api/v1/spaces/{space['id']}/whip", people["host"].headers):
            if comes_in is not None:
                refused(await scene.knock(), 404)
                scene.do(comes_in)
            async with listening(scene) as ear:
                await ear.hears_something()
                ear.forget()
                scene.do(goes_out)
                await ear.falls_silent()
                refused(await scene.knock(), status)
    finally:
        if goes_out[0] == "boss":
            undone = {"is_suspended": False} if status == 401 else {"live_audio": True}
            scene.do((*goes_out[:3], undone))
    server.end(space, people["host"])
