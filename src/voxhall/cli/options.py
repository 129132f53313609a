"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from voxhall.config import Settings

Data: TypeAlias = Annotated[Path | None, typer.Option("--data", help="The data folder of the installation.")]
Config: TypeAlias = Annotated[
    Path | None, typer.Option("--config", help="The settings file; without it, voxhall.toml in the data folder.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="For programs.")]


def settings_of(data: Path | None, config: Path | None) -> "Settings":
    """Loaded when a command runs and not with it: `--help` needs no settings, and what checks them takes a while."""
    from voxhall.config import load

    return load({"data": data, "config": config})
