"""`voxhall bench`: how many this machine carries, found out by real listeners."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from voxhall.cli.client import Data, Server, Space, run

if TYPE_CHECKING:
    from voxhall.errors import JsonObject

app = typer.Typer(help="Measure a server by real listeners.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `listeners` a word of its own while it is the only one."""


@app.command()
def listeners(
    space: Space,
    server: Server = "http://127.0.0.1:8400",
    count: Annotated[int, typer.Option("--listeners", help="How many listen.")] = 100,
    seconds: Annotated[int, typer.Option(help="How long it is measured once all have joined.")] = 10,
    joins_per_s: Annotated[int, typer.Option(help="How fast they come; as many as listeners: all at once.")] = 50,
    tokens: Annotated[
        list[str] | None,
        typer.Option(
            "--speaker-token",
            envvar="VOXHALL_TOKEN",
            help="Somebody who may speak, and talks without a pause; may be given more than once.",
            show_default=False,
        ),
    ] = None,
    loss_percent: Annotated[float, typer.Option(help="How much of the sound they lose while it is measured.")] = 0.0,
    cut_s: Annotated[int, typer.Option(help="Then their network is cut for so long: who hears again, and when?")] = 0,
    roam: Annotated[bool, typer.Option("--roam", help="Then all of them go on from another port at once.")] = False,
    rejoin: Annotated[
        bool, typer.Option("--rejoin", help="Then all of them vanish and join anew, as fast as they came.")
    ] = False,
    tcp: Annotated[bool, typer.Option("--tcp", help="By ICE-TCP.")] = False,
    data: Data = None,
) -> None:
    """Listen in a crowd, each with a handshake and keys of its own, and print what came of it as JSON."""
    del data
    from voxhall.media import client, crowd

    plan = {
        # By number: what is measured is the server, not the resolver.
        "space": client.space_api(space, server).replace("//localhost:", "//127.0.0.1:"),
        "listeners": count,
        "seconds": seconds,
        "joins_per_s": joins_per_s,
        "tokens": tokens or [],
        "loss_percent": loss_percent,
        "cut_s": cut_s,
        "roam": roam,
        "rejoin": rejoin,
        "tcp": tcp,
    }
    run(lambda stop: _print(crowd.listen(plan, stop=stop)))


def _print(report: "JsonObject | None") -> None:
    if report is not None:
        typer.echo(json.dumps(report, indent=2))
