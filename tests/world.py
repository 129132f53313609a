"""A world that reads aloud: a real control plane behind real HTTP in this process, people with names, and a clock moved
by hand. The fixture `world` opens and closes it.
"""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import make_url

from voxhall.accounts import actions
from voxhall.accounts.model import Scope, User
from voxhall.app import Control, open_control, perform
from voxhall.cli.control import Server, listen, server_config
from voxhall.config import Settings
from voxhall.errors import JsonObject
from voxhall.kit import Kit
from voxhall.kit.clock import Clock
from voxhall.kit.db import Database
from voxhall.kit.db import database_url as address_of
from voxhall.kit.events import Events
from voxhall.kit.migrate import migrate


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
        await perform(kit, accounts, "create_user", new)
        asked: JsonObject = {"handle": handle, "scopes": [scope.value for scope in scopes or []]}
        token = str((await perform(kit, accounts, "create_token", asked))["token"])
        user = await actions.user_by_handle(kit, handle)
        person = Person(user, token, await self.browser(authorization=f"Bearer {token}"))
        self.people[handle] = person
        return person


class PromptServer(Server):
    """Stops when it is told to; uvicorn's own looks ten times a second, which is a third of a short test."""

    def __init__(self, control: Control, settings: Settings, listening: socket.socket) -> None:
        super().__init__(server_config(settings, control.app))
        self._listening, self._stop = listening, asyncio.Event()

    async def main_loop(self) -> None:
        await self._stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        del sockets
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        # What the clients have just closed is told to the connections by the loop's next turns.
        for _ in range(3):
            await asyncio.sleep(0)
        await self._wait_tasks_to_complete()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        started = asyncio.Event()

        async def on_started() -> None:
            started.set()

        self._on_started = on_started
        running = asyncio.create_task(self._serve([self._listening]))
        try:
            await started.wait()
            yield
        finally:
            self._stop.set()
            await running


def make_tables(settings: Settings) -> None:
    """What the first start of a server does, once for a whole run of the suite: the worlds are copies."""

    async def make() -> None:
        db = Database(address_of(settings), Events())
        await migrate(db)
        await db.close()

    # In a loop of its own: a test's may be running.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(make())).result()


@cache
def database_file() -> bytes:
    """A SQLite database with every table and nothing in it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder))
        make_tables(settings)
        return file_of(settings).read_bytes()


def lay_tables(settings: Settings) -> None:
    """Into a new data folder; one that is there already is opened as it is."""
    if settings.database_url is None and not settings.data.exists():
        settings.data.mkdir(mode=0o700)
        file_of(settings).write_bytes(database_file())


def file_of(settings: Settings) -> Path:
    return Path(str(make_url(address_of(settings)).database))


@asynccontextmanager
async def open_world(
    data: Path, database_url: str | None = None, *, clock: HandClock | None = None, **wishes: Any
) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        clock = clock or HandClock()
        listening = listen("127.0.0.1", 0)
        stack.callback(listening.close)
        port = listening.getsockname()[1]
        settings = Settings(data=data, database_url=database_url, port=port, free_disk_bytes=0, **wishes)
        lay_tables(settings)
        control = await stack.enter_async_context(open_control(settings, clock))
        await stack.enter_async_context(PromptServer(control, settings, listening).serving())
        clients = await stack.enter_async_context(AsyncExitStack())
        yield World(control, clock, f"http://127.0.0.1:{port}", clients)
