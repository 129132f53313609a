"""What `speak` and `listen` share: their options, their end by a signal, and their exit status."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated, TypeAlias

import typer

from voxhall.errors import InvalidError, VoxhallError

Space: TypeAlias = Annotated[
    str,
    typer.Option(
        "--space", envvar="VOXHALL_SPACE", help="The space's id, or the address of its page.", show_default=False
    ),
]
Server: TypeAlias = Annotated[
    str, typer.Option("--server", envvar="VOXHALL_SERVER", help="The server, where the space is an id.")
]
Token: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--token", envvar="VOXHALL_TOKEN", help="Whose account; see `voxhall admin create-token`.", show_default=False
    ),
]
Data: TypeAlias = Annotated[
    Path | None,
    typer.Option("--data", envvar="VOXHALL_DATA", help="Not needed here: all commands take it.", hidden=True),
]


def run(act: Callable[[Event], None]) -> None:
    """Runs a client until it ends or a signal stops it; what it refuses becomes one sentence and a status."""
    with _stopped_by_signals() as stop:
        try:
            act(stop)
        except InvalidError as error:
            typer.echo(error.message, err=True)
            raise typer.Exit(2) from error
        except VoxhallError as error:
            typer.echo(error.message, err=True)
            raise typer.Exit(1) from error


@contextmanager
def _stopped_by_signals() -> Iterator[Event]:
    stop = Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
