"""`voxhall admin …` about what an operator changes while the server runs, and the log of it."""

import json
from typing import Annotated

import typer

from voxhall.cli.admin.lines import as_line, as_lines
from voxhall.cli.ask import ask
from voxhall.cli.options import Config, Data, settings_of
from voxhall.errors import InvalidError, JsonObject, JsonValue


def settings(data: Data = None, config: Config = None) -> None:
    """Print who may register and host, and the rest that is changed while running, as JSON."""
    as_line(ask(settings_of(data, config), "settings", {}))


def change(
    changes: Annotated[list[str], typer.Argument(help="NAME=VALUE, as in registration=invite hosting_percent=20.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Change settings, in force at once, and print them all as JSON. A list is written as JSON: '["ana", "ben"]'."""
    wanted: JsonObject = dict(map(_change, changes))
    as_line(ask(settings_of(data, config), "set", {"changes": wanted}))


def audit(data: Data = None, config: Config = None) -> None:
    """Print who changed what, the newest first, one entry a line as JSON."""
    as_lines(ask(settings_of(data, config), "audit", {}))


def _change(text: str) -> tuple[str, JsonValue]:
    name, is_change, value = text.partition("=")
    if not is_change:
        raise InvalidError(f"{name} needs a value, as in registration=invite.")
    try:
        found: JsonValue = json.loads(value)
    except ValueError:
        return name, value
    return name, found
