"""`voxhall serve`: all roles under a supervisor, or one of them."""

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxhall.cli.options import Config

if TYPE_CHECKING:
    from voxhall.config import Settings
    from voxhall.kit.link import Handler
    from voxhall.kit.link_ends import LinkClient


def serve(
    data: Annotated[Path | None, typer.Option(help="Everything the server stores is under this folder.")] = None,
    host: Annotated[str | None, typer.Option(help="Address of the pages and the API.")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port of the pages and the API.")] = None,
    media_port: Annotated[int | None, typer.Option(help="UDP and TCP port of the sound.")] = None,
    public_url: Annotated[str | None, typer.Option(help="What people type, as in https://live.example.org.")] = None,
    media_address: Annotated[str | None, typer.Option(help="Addresses told to browsers, comma-separated.")] = None,
    domain: Annotated[
        str | None, typer.Option(help="A name that leads here: https with a certificate that is got by itself.")
    ] = None,
    tls: Annotated[
        str | None, typer.Option(help="self: https in a local network, with an authority of its own.")
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="https with this certificate; followed when it changes.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The key of --tls-cert.")] = None,
    database_url: Annotated[str | None, typer.Option(help="postgresql://…; without it, SQLite under --data.")] = None,
    role: Annotated[str | None, typer.Option(help="all, control, media or worker.")] = None,
    config: Config = None,
) -> None:
    """Run the server. Every flag is also VOXHALL_… in the environment."""
    flags: dict[str, Any] = {
        "data": data,
        "host": host,
        "port": port,
        "media_port": media_port,
        "public_url": public_url,
        "media_address": media_address,
        "domain": domain,
        "tls": tls,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        "config": config,
    }
    if database_url is not None:
        # Passed on to the roles in the environment: everybody on the machine can read a command line.
        os.environ["VOXHALL_DATABASE_URL"] = database_url
    from voxhall.config import load

    settings = load(flags | {"role": role})
    from voxhall.kit import logs

    logs.set_up(settings.role, settings.log_format)
    raise typer.Exit(_run(_role(settings, flags)))


async def _role(settings: "Settings", flags: dict[str, Any]) -> int:
    from voxhall.kit.lockfile import LockedError, lock_file
    from voxhall.supervisor import cannot_start

    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        async with lock_file(settings.use_lock, shared=True):
            return await _run_role(settings, flags)
    except LockedError:
        return cannot_start(f"A backup is being restored into {settings.data}; start when it is done.")


async def _run_role(settings: "Settings", flags: dict[str, Any]) -> int:
    match settings.role:
        case "all":
            return await _supervise(settings, flags)
        case "control":
            from voxhall.cli.control import run_control

            return await run_control(settings)
        case "media":
            return await _until_told(_media(settings))
        case "worker":
            from voxhall.cli.worker import run_worker

            return await _until_told(run_worker(settings))


def _run(work: Coroutine[Any, Any, int]) -> int:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def _supervise(settings: "Settings", flags: dict[str, Any]) -> int:
    from voxhall.media import opening
    from voxhall.supervisor import Supervisor, role_command

    given = [part for name, value in flags.items() if value is not None for part in (_flag(name), str(value))]
    node = _node(settings)
    return await Supervisor(
        role_command(given), settings.drain_s, lambda memory: opening.told(**node, memory=memory)
    ).run()


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


async def _until_told(work: Coroutine[Any, Any, None]) -> int:
    """Run a role until SIGTERM; it cleans up when it is cancelled."""
    import signal

    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return 0
    return 1


async def _media(settings: "Settings") -> None:
    from voxhall.media.host import run_media_node

    await run_media_node(**_node(settings), connect=lambda hello, handler: _link_client(settings, hello, handler))


def _node(settings: "Settings") -> dict[str, Any]:
    """What a media node is opened with."""
    return {
        "port": settings.media_port,
        "advertised": list(settings.media_address),
        "max_peers": settings.media_max_peers,
        "frame_ms": None if settings.media_frame_ms == "auto" else int(settings.media_frame_ms),
        "send_threads": settings.media_send_threads or None,
        "data": settings.data,
    }


def _link_client(settings: "Settings", hello: Any, handler: "Handler") -> "LinkClient":
    from voxhall.kit.link_ends import LinkClient

    return LinkClient(settings.link_socket, hello, handler)
