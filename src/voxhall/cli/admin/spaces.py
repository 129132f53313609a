"""`voxhall admin …` about spaces, and the jobs that make words and files of them."""

from typing import Annotated

import typer

from voxhall.cli.admin.lines import as_line, as_lines
from voxhall.cli.ask import ask
from voxhall.cli.options import Config, Data, settings_of


def spaces(
    state: Annotated[str | None, typer.Option(help="scheduled, live, ended or canceled.")] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Print the 200 newest spaces, listed or not, one a line as JSON."""
    as_lines(ask(settings_of(data, config), "spaces", {"state": state}))


def end_space(
    space: Annotated[str, typer.Argument(help="Its id, as in sp_….")], data: Data = None, config: Config = None
) -> None:
    """End a live space as its host would, and print it as JSON."""
    as_line(ask(settings_of(data, config), "end_space", {"id": space}))


def jobs(
    state: Annotated[
        list[str] | None, typer.Option(help="waiting, running, done, failed or canceled; may be repeated.")
    ] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Print what is to be done and what became of it, the newest first, one job a line as JSON."""
    as_lines(ask(settings_of(data, config), "jobs", {"states": [*(state or [])]}))


def retry_job(
    job: Annotated[str, typer.Argument(help="The id of a job that failed or was canceled, as in jb_….")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Have a failed job done once more, from the step at which it stands, and print it as JSON."""
    as_line(ask(settings_of(data, config), "retry_job", {"id": job}))
