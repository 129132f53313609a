"""What `voxhall admin` prints: JSON, one thing a line, so that `jq` and `grep` both understand it."""

import json

import typer

from voxhall.errors import JsonObject, JsonValue


def as_line(thing: JsonValue) -> None:
    typer.echo(json.dumps(thing, ensure_ascii=False))


def as_lines(answer: JsonObject) -> None:
    items = answer["items"]
    for item in items if isinstance(items, list) else []:
        as_line(item)
