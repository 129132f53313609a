"""A whole server as operators run it: three processes, real sockets, a data folder of its own."""

import asyncio
import contextlib
import inspect
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, overload

import httpx2

READY_TIMEOUT_S = 30
STOP_TIMEOUT_S = 30
# For what is promised to happen and not how soon: what is wrong stays wrong, and a machine that stands still for
# seconds is no failure. Where a time is promised, a test names it.
PATIENCE_S = 20.0
ROLES = ("control", "media", "worker")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Account:
    """Somebody with an account and a token for programs."""

    handle: str
    password: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class RunningServer:
    """What tests know of it is what anybody does: its address, its command line and its log."""

    url: str
    data: Path
    log: Path
    http: httpx2.Client
    _command: Sequence[str]
    _environment: Mapping[str, str]
    process: subprocess.Popen[bytes]

    @property
    def media_port(self) -> int:
        return int(self._command[self._command.index("--media-port") + 1])

    def kill(self, role: str) -> float:
        """When that was, by the monotonic clock."""
        os.kill(self.pid_of(role), signal.SIGKILL)
        return time.monotonic()

    def kill_everything(self) -> float:
        """At once: the supervisor, stopped first, starts nobody again, and nobody hears of another's death."""
        self.process.send_signal(signal.SIGSTOP)
        for role in ROLES:
            self.kill(role)
        self.process.kill()
        self.process.wait()
        return time.monotonic()

    def start_again(self) -> None:
        """With the same folder and ports, and up again at its end."""
        self.process = start_process(self._command, self._environment, self.log)
        _wait_until_ready(self)

    def account(self, handle: str) -> Account:
        """Signs up as a stranger does, and makes a token as the settings page does."""
        password = f"the password of {handle}"
        with httpx2.Client(base_url=self.url, timeout=30) as visitor:
            person = {"handle": handle, "display_name": handle.capitalize(), "password": password}
            signed_up = visitor.post("/api/v1/users", json=person)
            assert signed_up.status_code == 201, signed_up.text
            token = visitor.post("/api/v1/me/tokens", json={"name": "tests"})
            assert token.status_code == 201, token.text
        return Account(handle, password, token.json()["token"])

    def new_account(self, name: str) -> Account:
        """As `account`, with a handle that nobody has yet."""
        return self.account(f"{name}_{secrets.token_hex(4)}")

    def open_space(self, host: Account, **wishes: Any) -> dict[str, Any]:
        body = {"title": f"A space of {host.handle}", "who_may_speak": "everyone", **wishes}
        created = self.http.post("/api/v1/spaces", json=body, headers=host.headers)
        assert created.status_code == 201, created.text
        space: dict[str, Any] = created.json()
        assert space["state"] == "live"
        return space

    def space(self, space_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/api/v1/spaces/{space_id}")
        assert answer.status_code == 200, answer.text
        space: dict[str, Any] = answer.json()
        return space

    def participant(self, space_id: str, person: Account) -> str:
        """The id of somebody on stage; asking to speak changes nothing for who stands there already."""
        answer = self.http.post(f"/api/v1/spaces/{space_id}/requests", headers=person.headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def verb(self, space_id: str, participant_id: str, verb: str, by: Account) -> None:
        answer = self.http.post(f"/api/v1/spaces/{space_id}/participants/{participant_id}/{verb}", headers=by.headers)
        assert answer.status_code == 200, answer.text

    def end(self, space: dict[str, Any], host: Account) -> None:
        answer = self.http.post(f"/api/v1/spaces/{space['id']}/end", headers=host.headers)
        assert answer.status_code == 200, answer.text

    def pid_of(self, role: str) -> int:
        """The child that carries `--role NAME`, as an operator finds it in the list of processes."""
        found = [pid for pid, command in _processes() if {"--role", role, str(self.data)} <= set(command)]
        assert len(found) == 1, f"{len(found)} processes of role {role}"
        return found[0]

    def tracebacks(self) -> list[str]:
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if "Traceback" in line or "panicked at" in line]


def _processes() -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").glob("[0-9]*"):
        # A process may be gone between the two looks.
        with contextlib.suppress(OSError):
            yield int(folder.name), (folder / "cmdline").read_text(errors="replace").split("\0")


@overload
async def eventually(look: Callable[[], Awaitable[Found | None]], within_s: float = PATIENCE_S) -> Found: ...


@overload
async def eventually(look: Callable[[], Found | None], within_s: float = PATIENCE_S) -> Found: ...


async def eventually(look: Callable[[], Any], within_s: float = PATIENCE_S) -> Any:
    """For what a server does in its own time: what is found, once that is neither None nor False.

    The last look is after the time is over.
    """
    deadline_s = asyncio.get_running_loop().time() + within_s
    while True:
        is_last = asyncio.get_running_loop().time() >= deadline_s
        found = look()
        if inspect.isawaitable(found):
            found = await found
        if found is not None and found is not False:
            return found
        assert not is_last, f"not so within {within_s} s"
        await asyncio.sleep(0.05)


def free_port(*kinds: socket.SocketKind) -> int:
    """A port that is free for every kind asked for; the media port is one number for UDP and TCP."""
    while True:
        with socket.socket(socket.AF_INET, kinds[0]) as first:
            first.bind(("", 0))
            port: int = first.getsockname()[1]
            try:
                for kind in kinds[1:]:
                    with socket.socket(socket.AF_INET, kind) as other:
                        other.bind(("", port))
            except OSError:
                continue
            return port


@contextmanager
def running_server(
    folder: Path,
    program: Sequence[str] = (sys.executable, "-m", "voxhall"),
    path: str | None = None,
    metrics_port: int = 0,
    settings: Mapping[str, str] | None = None,
) -> Iterator[RunningServer]:
    """Up on free ports until the block ends; asserts that it stops by itself when told to. `path` replaces PATH,
    `settings` are VOXHALL_….
    """
    port = free_port(socket.SOCK_STREAM)
    media_port = free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM)
    log = folder / "server.log"
    data = folder / "data"
    command = [*program, "serve", "--data", str(data), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VOXHALL_")}
    environment |= {"VOXHALL_METRICS_PORT": str(metrics_port), **(settings or {})}
    if path is not None:
        environment["PATH"] = path
    command += ["--media-port", str(media_port)]
    scheme = "https" if "VOXHALL_TLS_CERT" in (settings or {}) else "http"
    url = f"{scheme}://localhost:{port}"
    with httpx2.Client(base_url=url, timeout=10) as http:
        process = start_process(command, environment, log)
        server = RunningServer(url, data, log, http, command, environment, process)
        try:
            _wait_until_ready(server)
            yield server
        finally:
            stop(server.process)
    status = server.process.returncode
    assert status == 0, f"the server stopped with {status}:\n{log.read_text()[-4000:]}"


def start_process(command: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


def _wait_until_ready(server: RunningServer) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        assert server.process.poll() is None, f"the server did not start:\n{server.log.read_text()[-4000:]}"
        try:
            if server.http.get("/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"the server was not ready in {READY_TIMEOUT_S} s:\n{server.log.read_text()[-4000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
