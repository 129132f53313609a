"""`voxhall status`: how the running server is."""

import json
from typing import Annotated

import typer

from voxhall.cli.ask import ask_running
from voxhall.cli.options import AsJson, Config, Data, settings_of
from voxhall.errors import VoxhallError


def status(
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing: the status says it.")] = False,
) -> None:
    """Say how the running server is; status 1 if none runs or it cannot host."""
    answer = ask_running(settings_of(data, config), "status", {})
    if answer is None:
        if quiet:
            raise typer.Exit(1)
        raise VoxhallError("No server runs with this data folder.")
    if as_json and not quiet:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    elif not quiet:
        for name, value in answer.items():
            typer.echo(f"{name.replace('_', ' '):<12} {value}")
    raise typer.Exit(0 if answer["media_ready"] and answer["disk"] == "ok" else 1)
