"""`voxhall config`: what is set, and by whom."""

import json
from pathlib import Path
from typing import Any

import typer

from voxhall.cli.options import AsJson, Config, Data

DEFAULT = "default"


def show(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Print the effective settings, secrets hidden, each with where it comes from."""
    from voxhall.config import Settings, load_with_sources

    settings, sources = load_with_sources({"data": data, "config": config})
    shown = {
        name: {"value": _shown(getattr(settings, name)), "source": sources.get(name, DEFAULT)}
        for name in Settings.model_fields
    }
    if as_json:
        typer.echo(json.dumps(shown, ensure_ascii=False))
        return
    width = max(map(len, shown))
    for name, setting in shown.items():
        value = json.dumps(setting["value"], ensure_ascii=False) if setting["value"] is not None else "-"
        typer.echo(f"{name:<{width}}  {value}  ({setting['source']})")


def _shown(value: Any) -> Any:
    """Secrets as whether there is one: not even their length is anybody's business."""
    from pydantic import BaseModel, SecretStr

    match value:
        case dict():
            return {name: _shown(one) for name, one in value.items()}
        case BaseModel():
            return {name: _shown(getattr(value, name)) for name in type(value).model_fields}
        case SecretStr():
            return "********"
        case Path():
            return str(value)
        case tuple():
            return list(value)
    return value
