"""The whole examination. One function per check, each answering with a `Finding`; a new check is a function and a line
here.
"""

from collections.abc import Iterable, Iterator

from voxhall.config import Settings
from voxhall.doctor import machine, sound, tapes, web
from voxhall.doctor.finding import Finding, Verdict
from voxhall.doctor.sound import Ask
from voxhall.kit.clock import Clock


def examine(settings: Settings, ask: Ask) -> Iterator[Finding]:
    """Each finding as soon as it is known; what waits for a network comes last. `ask` puts a question to the server
    that runs, and answers None when none does.
    """
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
    yield web.server(settings)
    yield from tapes.tapes(ask, settings.data)
    yield from sound.reachability(settings, ask)


def is_well(findings: Iterable[Finding]) -> bool:
    return all(finding.level is not Verdict.FAILED for finding in findings)
