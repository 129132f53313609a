"""`voxhall doctor`: looks at all that keeps people from hearing each other, and names what is wrong and the mend.

One function per check, each answering with a `Finding`; a new check is a function and a line in `examine`.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from voxhall.cli.options import AsJson, Config, Data, settings_of
from voxhall.errors import JsonObject

if TYPE_CHECKING:
    from voxhall.cli.doctor.finding import Finding
    from voxhall.config import Settings


def doctor(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Check the installation: name what is wrong and how to mend it."""
    from voxhall.cli.doctor.finding import Level

    findings = []
    for finding in examine(settings_of(data, config)):
        findings.append(finding)
        if not as_json:
            typer.echo(f"{finding.level:<8}{finding.name}: {finding.sentence}")
            if finding.mend:
                typer.echo(f"{'':<8}→ {finding.mend}")
    is_well = all(finding.level is not Level.FAILED for finding in findings)
    if as_json:
        typer.echo(json.dumps({"ok": is_well, "findings": [asdict(one) for one in findings]}, ensure_ascii=False))
    raise typer.Exit(0 if is_well else 1)


def examine(settings: "Settings") -> Iterator["Finding"]:
    """Each finding as soon as it is known; what waits for a network comes last."""
    from voxhall.cli.doctor import machine, sound, tapes, web
    from voxhall.kit.clock import Clock

    now = Clock().now()
    yield machine.disk(settings)
    yield machine.database(settings)
    yield machine.memory()
    yield machine.files()
    yield machine.clock(settings, now)
    yield machine.model(settings)
    yield web.microphone(settings)
    yield web.name(settings)
    yield web.certificate(settings, now)
    server = web.server(settings)
    yield server

    def ask(name: str, args: JsonObject) -> JsonObject | None:
        from voxhall.cli.ask import ask_running

        return ask_running(settings, name, args)

    yield tapes.tapes(ask, settings.data)
    yield from sound.reachability(ask)
