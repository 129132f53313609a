"""Serves the control plane over HTTP in this process until SIGTERM, and tells the operator where it is."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable

import structlog
import uvicorn

from voxhall.app import Control, open_control
from voxhall.config import Settings
from voxhall.kit.bounded_http import BoundedHttp
from voxhall.kit.lockfile import LockedError
from voxhall.kit.metrics import serve_metrics
from voxhall.kit.migrate import NewerDatabaseError
from voxhall.supervisor import cannot_start

log = structlog.get_logger()

# A message of the live socket is smaller than an HTTP body may be.
WEBSOCKET_MAX_BYTES = 64 * 1024
# Pages keep their connection between two clicks; a proxy in front keeps its own longer than this.
KEEP_ALIVE_S = 30
# The rest of the drain is for closing the database and what the link still has to say.
DRAIN_SHARE = 0.5


class Server(uvicorn.Server):
    """Signals are ours: uvicorn would raise them again after a clean end, and the status would not be 0."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self._on_started()


async def run_control(settings: Settings) -> int:
    try:
        listening = listen(settings.host, settings.port)
    except OSError as error:
        return cannot_start(f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}.")
    settings = settings.model_copy(update={"port": listening.getsockname()[1]})
    try:
        async with open_control(settings) as control, serve_metrics(control.kit):
            await _serve(settings, control, listening)
    except LockedError:
        return cannot_start(f"Another Voxhall already runs with the data folder {settings.data}.")
    except NewerDatabaseError as error:
        return cannot_start(str(error))
    finally:
        listening.close()
    return 0


async def _serve(settings: Settings, control: Control, listening: socket.socket) -> None:
    server = Server(server_config(settings, control), lambda: _say_hello(control))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, setattr, server, "should_exit", True)
    await server._serve([listening])  # `serve` is this, inside signal handlers of its own


async def _say_hello(control: Control) -> None:
    print(f"Voxhall is at {control.kit.settings.address}", flush=True)
    if link := await control.welcome_link():
        print(f"Nobody administers it yet. Open this once to do so: {link}", flush=True)


def server_config(settings: Settings, control: Control) -> uvicorn.Config:
    return uvicorn.Config(
        control.app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        http=BoundedHttp,
        ws="websockets-sansio",
        ws_max_size=WEBSOCKET_MAX_BYTES,
        ws_per_message_deflate=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, int(settings.drain_s * DRAIN_SHARE)),
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
    )


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)
