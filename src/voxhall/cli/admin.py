"""`voxhall admin …`: asks the running server over its socket in the data folder, or does it here when none runs."""

import json
import sys
from typing import Annotated

import typer

from voxhall.cli.ask import ask
from voxhall.cli.options import Config, Data, settings_of

app = typer.Typer(help="Manage the installation.", no_args_is_help=True, rich_markup_mode=None)


@app.command("create-user")
def create_user(
    handle: Annotated[str, typer.Argument(help="2 to 30 small letters, digits and underscores.")],
    admin: Annotated[bool, typer.Option("--admin", help="Make the account an administrator.")] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input; without it there is none.")
    ] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Make an account and print it as JSON."""
    # One line break at the end belongs to `echo`, everything else to the password.
    password = sys.stdin.read().removesuffix("\n").removesuffix("\r") if password_stdin else None
    account = ask(settings_of(data, config), "create_user", {"handle": handle, "password": password, "admin": admin})
    typer.echo(json.dumps(account, ensure_ascii=False))


@app.command("create-token")
def create_token(
    handle: Annotated[str, typer.Argument(help="Whose token it is.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="read, speak, host, account or admin; may be repeated. Without it, all.")
    ] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Make an API token and print it, and nothing else."""
    names = [part for given in scope or [] for part in given.replace(",", " ").split()]
    typer.echo(ask(settings_of(data, config), "create_token", {"handle": handle, "scopes": [*names]})["token"])


@app.command("jobs")
def jobs(
    state: Annotated[
        list[str] | None, typer.Option(help="waiting, running, done, failed or canceled; may be repeated.")
    ] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Print what is to be done and what became of it, the newest first, one job a line as JSON."""
    items = ask(settings_of(data, config), "jobs", {"states": [*(state or [])]})["items"]
    for job in items if isinstance(items, list) else []:
        typer.echo(json.dumps(job, ensure_ascii=False))


@app.command("retry-job")
def retry_job(
    job: Annotated[str, typer.Argument(help="The id of a job that failed or was canceled, as in jb_….")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Have a failed job done once more, from the step at which it stands, and print it as JSON."""
    typer.echo(json.dumps(ask(settings_of(data, config), "retry_job", {"id": job}), ensure_ascii=False))
