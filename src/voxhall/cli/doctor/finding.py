"""What a check of the doctor says."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    # Works, and will not for long, or not for everybody.
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """`name` is for programs and keeps its meaning; `sentence` says what is, `mend` what to do about it."""

    name: str
    level: Level
    sentence: str
    mend: str = ""


def ok(name: str, sentence: str) -> Finding:
    return Finding(name, Level.OK, sentence)


def warning(name: str, sentence: str, mend: str) -> Finding:
    return Finding(name, Level.WARNING, sentence, mend)


def failed(name: str, sentence: str, mend: str) -> Finding:
    return Finding(name, Level.FAILED, sentence, mend)
