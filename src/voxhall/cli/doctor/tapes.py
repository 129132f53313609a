"""What is recorded and what is known of it: tapes without a space, recordings without a tape, deletions that failed."""

from pathlib import Path

from voxhall.cli.doctor.finding import Finding, ok, warning
from voxhall.cli.doctor.sound import Ask
from voxhall.errors import JsonObject, VoxhallError
from voxhall.tape.folders import TAPES

# More names than this help nobody; the log of the server has them all.
MOST_NAMES = 5
# What the server may find, in words for one and for many, and the mend.
KINDS = {
    "unknown": (
        "belongs to no recording",
        "belong to no recording",
        "Nothing plays or deletes them. Keep what is worth it elsewhere, then delete the folders.",
    ),
    "missing": (
        "is not there, though there is a recording of it",
        "are not there, though there are recordings of them",
        "Put the folders back, from a backup or the disk they are on; or let their hosts delete the recordings.",
    ),
    "undeleted": (
        "was deleted by its host and could not be removed",
        "were deleted by their hosts and could not be removed",
        "Give them to the account that runs Voxhall, and start it again; or delete the folders yourself.",
    ),
}


def tapes(ask: Ask, data: Path) -> Finding:
    try:
        found = ask("orphans", {})
    except VoxhallError as error:
        return warning("tapes", f"The server does not say which tapes are orphaned: {error.message}", "See its log.")
    if found is None:
        return ok("tapes", "A running server says whether every tape has its space.")
    sentences, mends = [], []
    for kind, (one, many, mend) in KINDS.items():
        if spaces := _names(found, kind):
            sentences.append(f"{_listed(spaces)} {one if len(spaces) == 1 else many}.")
            mends.append(mend)
    if not sentences:
        return ok("tapes", "Every tape belongs to a space, and every recording has its tape.")
    return warning("tapes", f"Of the tapes in {data / TAPES}: {' '.join(sentences)}", " ".join(mends))


def _names(found: JsonObject, kind: str) -> list[str]:
    names = found.get(kind)
    return [str(one) for one in names] if isinstance(names, list) else []


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
