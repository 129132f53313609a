"""`voxhall doctor`: what the doctor finds, as lines or as JSON; status 1 if anything is wrong."""

import json

import typer

from voxhall.cli.options import AsJson, Config, Data, settings_of
from voxhall.errors import JsonObject


def doctor(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Check the installation: name what is wrong and how to mend it."""
    from voxhall.doctor.examination import examine, is_well

    settings = settings_of(data, config)

    def ask(name: str, args: JsonObject) -> JsonObject | None:
        from voxhall.cli.ask import ask_running

        return ask_running(settings, name, args)

    findings = []
    for finding in examine(settings, ask):
        findings.append(finding)
        if not as_json:
            typer.echo(f"{finding.level:<8}{finding.name}: {finding.sentence}")
            if finding.mend:
                typer.echo(f"{'':<8}→ {finding.mend}")
    if as_json:
        answer = {"ok": is_well(findings), "findings": [one.as_json() for one in findings]}
        typer.echo(json.dumps(answer, ensure_ascii=False))
    raise typer.Exit(0 if is_well(findings) else 1)
