"""What is recorded and what is known of it: tapes without a space, recordings without a tape, deletions that failed."""

from collections.abc import Iterator
from pathlib import Path

from voxhall.doctor.finding import Finding, ok, warning
from voxhall.doctor.sound import Ask
from voxhall.errors import JsonObject, VoxhallError
from voxhall.tape.folders import TAPES

# More names than this help nobody; the log of the server has them all.
MOST_NAMES = 5
# What the server may find.
KINDS = ("unknown", "missing", "undeleted")


def tapes(ask: Ask, data: Path) -> Iterator[Finding]:
    """One finding for each kind of orphan; one alone if there are none."""
    try:
        found = ask("orphans", {})
    except VoxhallError as error:
        yield warning("tapes", "tapes_unanswered", reason=error.message)
        return
    if found is None:
        yield ok("tapes", "tapes_unasked")
        return
    orphans = {kind: spaces for kind in KINDS if (spaces := _names(found, kind))}
    for kind, spaces in orphans.items():
        yield warning("tapes", f"tapes_{kind}", folder=str(data / TAPES), names=_listed(spaces))
    if not orphans:
        yield ok("tapes", "tapes_ok")


def _names(found: JsonObject, kind: str) -> list[str]:
    names = found.get(kind)
    return [str(one) for one in names] if isinstance(names, list) else []


def _listed(names: list[str]) -> str:
    more = f" (+ {len(names) - MOST_NAMES})" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
