"""What a check of the doctor says."""

from dataclasses import dataclass, field
from enum import StrEnum

from voxhall.doctor.words import WORDS


class Verdict(StrEnum):
    OK = "ok"
    # Works, and will not for long, or not for everybody.
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """`name` and `case` are for programs and keep their meaning; `values` are what fills the gaps of the words."""

    name: str
    level: Verdict
    case: str
    values: dict[str, str | int] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What is."""
        return WORDS[self.case][0].format(**self.values)

    @property
    def mend(self) -> str:
        """What to do about it; empty where all is well."""
        return WORDS[self.case][1].format(**self.values)

    def as_json(self) -> dict[str, str | dict[str, str | int]]:
        words = {"sentence": self.sentence, "mend": self.mend}
        return {"name": self.name, "level": self.level.value, "case": self.case, "values": self.values, **words}


def ok(name: str, case: str, **values: str | int) -> Finding:
    return Finding(name, Verdict.OK, case, values)


def warning(name: str, case: str, **values: str | int) -> Finding:
    return Finding(name, Verdict.WARNING, case, values)


def failed(name: str, case: str, **values: str | int) -> Finding:
    return Finding(name, Verdict.FAILED, case, values)
