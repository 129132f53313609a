"""`voxhall listen`: writes what a listener hears to a file."""

from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from voxhall.cli.client import Data, Server, Space, Token, run
from voxhall.errors import InvalidError


def listen(
    space: Space,
    out: Annotated[
        Path, typer.Option("--out", help="The file to write, .ogg (as received) or .wav (decoded).", show_default=False)
    ],
    server: Server = "http://localhost:8400",
    token: Token = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            min=0.1,
            max=86_400,
            help="How long; without it, until the space ends or Ctrl-C.",
            show_default=False,
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Write what a listener hears to a file."""
    del data
    from voxhall.media import client

    def listen_until(stop: Event) -> None:
        file_format = out.suffix.lower().removeprefix(".")
        if file_format not in {"ogg", "wav"}:
            raise InvalidError("The file's name must end in .ogg or .wav.")
        if not out.parent.is_dir():
            raise InvalidError("The folder of the file to write does not exist.")
        address = client.space_api(space, server)
        client.listen(out, "ogg" if file_format == "ogg" else "wav", address, token=token, seconds=seconds, stop=stop)

    run(listen_until)
