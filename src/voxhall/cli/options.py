"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Data: TypeAlias = Annotated[Path | None, typer.Option("--data", help="The data folder of the installation.")]
Config: TypeAlias = Annotated[
    Path | None, typer.Option("--config", help="The settings file; without it, voxhall.toml in the data folder.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="For programs.")]
