"""`voxhall admin …` about people and what their programs may do."""

import sys
from typing import Annotated

import typer

from voxhall.cli.admin.lines import as_line, as_lines
from voxhall.cli.ask import ask
from voxhall.cli.options import Config, Data, settings_of

Handle = Annotated[str, typer.Argument(help="Whose account it is.")]


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
    as_line(account)


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


def users(
    administrators: Annotated[bool, typer.Option("--administrators", help="Administrators only.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Print the 200 newest accounts, one a line as JSON."""
    as_lines(ask(settings_of(data, config), "users", {"administrators": administrators}))


def make_administrator(handle: Handle, data: Data = None, config: Config = None) -> None:
    """Make somebody an administrator."""
    as_line(ask(settings_of(data, config), "set_administrator", {"handle": handle, "is_administrator": True}))


def unmake_administrator(handle: Handle, data: Data = None, config: Config = None) -> None:
    """Take an administrator's role away; the last one keeps it."""
    as_line(ask(settings_of(data, config), "set_administrator", {"handle": handle, "is_administrator": False}))


def suspend(handle: Handle, data: Data = None, config: Config = None) -> None:
    """Shut somebody out, and everybody who came by their invitations; prints the handles."""
    as_line(ask(settings_of(data, config), "suspend", {"handle": handle, "is_suspended": True}))


def restore(handle: Handle, data: Data = None, config: Config = None) -> None:
    """Let in again whom `suspend` shut out."""
    as_line(ask(settings_of(data, config), "suspend", {"handle": handle, "is_suspended": False}))


def tokens(handle: Handle, data: Data = None, config: Config = None) -> None:
    """Print somebody's API tokens without their secrets, one a line as JSON."""
    as_lines(ask(settings_of(data, config), "tokens", {"handle": handle}))


def revoke_token(
    handle: Handle,
    token: Annotated[str, typer.Argument(help="Its id, as in to_….")],
    data: Data = None,
    config: Config = None,
) -> None:
    """End an API token at once."""
    ask(settings_of(data, config), "revoke_token", {"handle": handle, "id": token})
