"""`voxhall speak`: puts a sound file on stage."""

from pathlib import Path
from typing import Annotated

import typer

from voxhall.cli.client import Data, Server, Space, Token, run


def speak(
    file: Annotated[Path, typer.Argument(help="A sound file of any kind.", show_default=False)],
    space: Space,
    server: Server = "http://localhost:8400",
    token: Token = None,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again when the file ends.")] = False,
    data: Data = None,
) -> None:
    """Put a sound file on stage, in real time, as the token's account; ends when the file ends."""
    del data
    from voxhall.media import client

    run(lambda stop: client.speak(file, client.space_api(space, server), token=token, loop=loop, stop=stop))
