"""The command line. A command that fails says so in one sentence on standard error: status 2 for wrong usage, 1
otherwise.

What a command needs is imported when it runs, so that `--help` is quick.
"""

import sys
from typing import Annotated, NoReturn

import typer

from voxhall import __version__
from voxhall.cli import admin, backup, bench, config, doctor, listen, serve, speak, status
from voxhall.errors import SettingsError, VoxhallError

app = typer.Typer(
    name="voxhall",
    help="Live audio spaces on your own server.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="serve")(serve.serve)
app.command(name="speak")(speak.speak)
app.command(name="listen")(listen.listen)
app.command(name="backup")(backup.backup)
app.command(name="restore")(backup.restore)
app.command(name="status")(status.status)
app.command(name="doctor")(doctor.doctor)
app.command(name="config")(config.show)
app.add_typer(admin.app, name="admin")
app.add_typer(bench.app, name="bench")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"voxhall {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    del version


def main(arguments: list[str] | None = None) -> NoReturn:
    """The entry point; ends the process."""
    try:
        status = app(arguments, standalone_mode=False)
    except typer.Abort:
        status = _fail("Stopped.")
    except (VoxhallError, SettingsError, OSError) as error:
        status = _fail(_sentence(error), 2 if isinstance(error, SettingsError) else 1)
    except Exception as error:
        # What the parser of the command line refuses knows its own status; anything else is a fault of ours.
        if not hasattr(error, "format_message"):
            raise
        status = _fail(error.format_message() or "Run it with --help.", getattr(error, "exit_code", 1))
    sys.exit(status if isinstance(status, int) else 0)


def _fail(sentence: str, status: int = 1) -> int:
    print(" ".join(sentence.split()), file=sys.stderr)
    return status


def _sentence(error: Exception) -> str:
    if isinstance(error, VoxhallError) and isinstance(error.details, list):
        problems = [
            f"{problem['field']}: {problem['message']}" for problem in error.details if isinstance(problem, dict)
        ]
        return " ".join([error.message, *problems])
    if isinstance(error, OSError):
        return f"{error.filename or 'The system'}: {error.strerror or type(error).__name__}."
    return str(error)
