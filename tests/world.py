"""A world that reads aloud: a real control plane behind real HTTP in this process, people with names, and a clock moved
by hand. The fixture `world` opens and closes it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from voxhall.accounts import actions, operator
from voxhall.accounts.model import Scope, User
from voxhall.app import Control, open_control
from voxhall.cli.control import Server, listen, server_config
from voxhall.config import Settings
from voxhall.errors import JsonObject
from voxhall.kit import Kit
from voxhall.kit.clock import Clock


class HandClock(Clock):
    """Stands still until a test moves it."""

    def __init__(self, now: datetime = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)) -> None:
        self._now, self._monotonic_s = now, 1_000.0

    def now(self) -> datetime:
        return self._now

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds


@dataclass
class Person:
    """Somebody with an account; `http` speaks with their token, `token` is for the live socket and WHIP."""

    user: User
    token: str
    http: httpx2.AsyncClient

    @property
    def handle(self) -> str:
        return self.user.handle

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@dataclass
class World:
    control: Control
    clock: HandClock
    address: str
    _stack: AsyncExitStack
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def kit(self) -> Kit:
        return self.control.kit

    @property
    def live_address(self) -> str:
        """Where the sockets are: the same server, in WebSocket words."""
        return self.address.replace("http://", "ws://")

    async def browser(self, **headers: str) -> httpx2.AsyncClient:
        """A client of its own with its own cookies, signed in as nobody."""
        # Plain HTTP: to read the machine's certificates would take longer than most tests.
        client = httpx2.AsyncClient(base_url=self.address, headers=headers, timeout=20, verify=False)
        return await self._stack.enter_async_context(client)

    async def person(self, handle: str, *, administrator: bool = False, scopes: list[Scope] | None = None) -> Person:
        """Made the operator's way, so without the cost of a password."""
        kit, accounts = self.control.kit, self.control.accounts
        new: JsonObject = {"handle": handle, "password": None, "admin": administrator}
        await operator.perform(kit, accounts, "create_user", new)
        asked: JsonObject = {"handle": handle, "scopes": [scope.value for scope in scopes or []]}
        token = str((await operator.perform(kit, accounts, "create_token", asked))["token"])
        user = await actions.user_by_handle(kit, handle)
        person = Person(user, token, await self.browser(authorization=f"Bearer {token}"))
        self.people[handle] = person
        return person


@asynccontextmanager
async def open_world(data: Path, database_url: str | None = None) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        clock = HandClock()
        listening = listen("127.0.0.1", 0)
        stack.callback(listening.close)
        port = listening.getsockname()[1]
        settings = Settings(data=data, database_url=database_url, port=port, free_disk_bytes=0)
        control = await stack.enter_async_context(open_control(settings, clock))
        started = asyncio.Event()

        async def on_started() -> None:
            started.set()

        server = Server(server_config(settings, control.app), on_started)
        serving = asyncio.create_task(server._serve([listening]))
        clients = await stack.enter_async_context(AsyncExitStack())
        try:
            await started.wait()
            yield World(control, clock, f"http://127.0.0.1:{port}", clients)
        finally:
            await clients.aclose()
            server.should_exit = True
            await serving
