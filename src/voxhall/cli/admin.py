"""`voxhall admin …`: asks the running server over its socket in the data folder, or does it here when none runs."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from voxhall.cli.options import Config, Data
from voxhall.config import Settings, load
from voxhall.errors import JsonObject, VoxhallError

app = typer.Typer(help="Manage the installation.", no_args_is_help=True, rich_markup_mode=None)

# Hashing a password on a busy small machine takes a second or two.
ANSWER_TIMEOUT_S = 30.0


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
    account = _ask(
        {"data": data, "config": config}, "create_user", {"handle": handle, "password": password, "admin": admin}
    )
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
    typer.echo(_ask({"data": data, "config": config}, "create_token", {"handle": handle, "scopes": [*names]})["token"])


@app.command("jobs")
def jobs(
    state: Annotated[
        list[str] | None, typer.Option(help="waiting, running, done, failed or canceled; may be repeated.")
    ] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Print what is to be done and what became of it, the newest first, one job a line as JSON."""
    items = _ask({"data": data, "config": config}, "jobs", {"states": [*(state or [])]})["items"]
    for job in items if isinstance(items, list) else []:
        typer.echo(json.dumps(job, ensure_ascii=False))


@app.command("retry-job")
def retry_job(
    job: Annotated[str, typer.Argument(help="The id of a job that failed or was canceled, as in jb_….")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Have a failed job done once more, from the step at which it stands, and print it as JSON."""
    typer.echo(json.dumps(_ask({"data": data, "config": config}, "retry_job", {"id": job}), ensure_ascii=False))


def _ask(flags: Mapping[str, Path | None], name: str, args: JsonObject) -> JsonObject:
    return asyncio.run(_ask_someone(load(flags), name, args))


async def _ask_someone(settings: Settings, name: str, args: JsonObject) -> JsonObject:
    from voxhall.kit.lockfile import LockedError

    if (answer := await _ask_server(settings, name, args)) is not None:
        return answer
    try:
        return await _do_it_here(settings, name, args)
    except LockedError:
        pass
    # It has the database, so it is starting or stopping: its socket was not there a moment ago.
    for _ in range(40):
        await asyncio.sleep(0.25)
        if (answer := await _ask_server(settings, name, args)) is not None:
            return answer
    raise VoxhallError("A server has this data folder open but does not answer; try again in a moment.")


async def _ask_server(settings: Settings, name: str, args: JsonObject) -> JsonObject | None:
    """None when no server listens."""
    from voxhall.kit.link import LinkHandler
    from voxhall.kit.link_ends import connect

    try:
        link = await connect(settings.link_socket, {"role": "admin", "name": "admin"})
    except OSError:
        return None
    serving = asyncio.create_task(link.serve(LinkHandler()))
    try:
        return await link.call(name, args, timeout_s=ANSWER_TIMEOUT_S)
    finally:
        link.close()
        await serving


async def _do_it_here(settings: Settings, name: str, args: JsonObject) -> JsonObject:
    from voxhall.accounts.operator import perform
    from voxhall.app import open_accounts

    async with open_accounts(settings) as (kit, accounts):
        return await perform(kit, accounts, name, args)
