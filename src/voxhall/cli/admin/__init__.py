"""`voxhall admin …`: asks the running server over its socket in the data folder, or does it here when none runs."""

import typer

from voxhall.cli.admin import people, spaces, switches

app = typer.Typer(help="Manage the installation.", no_args_is_help=True, rich_markup_mode=None)
app.command("create-user")(people.create_user)
app.command("users")(people.users)
app.command("make-administrator")(people.make_administrator)
app.command("unmake-administrator")(people.unmake_administrator)
app.command("suspend")(people.suspend)
app.command("restore")(people.restore)
app.command("create-token")(people.create_token)
app.command("tokens")(people.tokens)
app.command("revoke-token")(people.revoke_token)
app.command("spaces")(spaces.spaces)
app.command("end-space")(spaces.end_space)
app.command("settings")(switches.settings)
app.command("set")(switches.change)
app.command("audit")(switches.audit)
app.command("jobs")(spaces.jobs)
app.command("retry-job")(spaces.retry_job)
