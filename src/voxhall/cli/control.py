"""Serves the control plane over HTTP in this process until SIGTERM, and tells the operator where it is."""

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import structlog
import uvicorn

from voxhall.app import Control, open_control
from voxhall.config import Settings
from voxhall.errors import SettingsError
from voxhall.kit.bounded_http import BoundedHttp
from voxhall.kit.doors import App
from voxhall.kit.lockfile import LockedError
from voxhall.kit.metrics import serve_metrics
from voxhall.kit.migrate import NewerDatabaseError
from voxhall.kit.tls.contexts import BadCertificateError, ServerTls
from voxhall.kit.tls.plain_http import plain_http
from voxhall.kit.tls.service import CertificateFigure, Proofs, keep_certificate
from voxhall.supervisor import cannot_start

log = structlog.get_logger()

# A message of the live socket is smaller than an HTTP body may be.
WEBSOCKET_MAX_BYTES = 64 * 1024
# Pages keep their connection between two clicks; a proxy in front keeps its own longer than this.
KEEP_ALIVE_S = 30
# So many more objects than before are looked through for circles. Python's own 700 are those of a few requests, most of
# which are still under way; more keep what a refused request leaves behind for longer.
LOOK_FOR_CIRCLES_AFTER = 20_000
# The rest of the drain is for closing the database and what the link still has to say.
DRAIN_SHARE = 0.5


class Server(uvicorn.Server):
    """Signals are ours: uvicorn would raise them again after a clean end, and the status would not be 0."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], Awaitable[None]] | None = None) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._on_started:
            await self._on_started()


async def run_control(settings: Settings) -> int:
    with ExitStack() as stack:
        try:
            sockets = [stack.enter_context(listen(settings.host, port)) for port in _ports(settings)]
        except _PortError as error:
            return cannot_start(str(error))
        settings = settings.model_copy(update={"port": sockets[0].getsockname()[1]})
        return await _run(settings, sockets)


def _ports(settings: Settings) -> list[int]:
    return [settings.port] + ([settings.http_port] if settings.http_port else [])


async def _run(settings: Settings, sockets: list[socket.socket]) -> int:
    try:
        async with (
            open_control(settings) as control,
            keep_certificate(settings, control.kit.clock, control.kit.ids) as certificate,
            serve_metrics(
                control.kit, [control.figures, *([CertificateFigure(certificate[0])] if certificate else [])]
            ),
        ):
            _spare_the_collector()
            await _serve(settings, control, sockets, certificate)
    except LockedError:
        return cannot_start(f"Another Voxhall already runs with the data folder {settings.data}.")
    except (NewerDatabaseError, BadCertificateError, SettingsError) as error:
        return cannot_start(str(error))
    return 0


def _spare_the_collector() -> None:
    """What was made until now, modules and routes, lives as long as the process: nobody looks through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(LOOK_FOR_CIRCLES_AFTER)


async def _serve(
    settings: Settings, control: Control, sockets: list[socket.socket], certificate: tuple[ServerTls, Proofs] | None
) -> None:
    tls, proofs = certificate or (None, None)
    servers = [Server(server_config(settings, control.app, tls), lambda: _say_hello(control))]
    if proofs and settings.http_port:
        app = plain_http(settings.public_url, settings.port, proofs.http_at)
        servers.append(Server(server_config(settings, app)))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, _stop, servers)
    # `serve` of uvicorn is this, inside signal handlers of its own.
    running = [server._serve([listening]) for server, listening in zip(servers, sockets, strict=True)]
    await asyncio.gather(*running)


def _stop(servers: list["Server"]) -> None:
    for server in servers:
        server.should_exit = True


async def _say_hello(control: Control) -> None:
    settings = control.kit.settings
    print(f"Voxhall is at {settings.address}", flush=True)
    if settings.tls == "self":
        from voxhall.kit.tls.authority import Authority

        fingerprint = Authority(settings.authority_folder).fingerprint()
        print(
            f"Devices must trust its authority once; {settings.address}/tls says how. SHA-256 {fingerprint}", flush=True
        )
    if link := await control.welcome_link():
        print(f"Nobody administers it yet. Open this once to do so: {link}", flush=True)


def server_config(settings: Settings, app: App, tls: ServerTls | None = None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ssl_context_factory=(lambda *_: tls.context) if tls else None,
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
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise _PortError(f"Cannot listen on {host} port {port}: {error.strerror}.") from None


class _PortError(RuntimeError):
    """A port that cannot be had, in one sentence."""
