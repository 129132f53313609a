"""Pure: what a report is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voxhall.accounts.model import User
from voxhall.errors import ConflictError

MAX_NOTE_CHARS = 1_000
# Reports of one account that nobody has looked at yet; more is not more to go on.
MAX_OPEN_BY_ONE = 20


class TooManyReportsError(ConflictError):
    code = "too_many_reports"
    message = f"At most {MAX_OPEN_BY_ONE} of your reports can be open; those are being looked at."


class ReportReason(StrEnum):
    SPAM = "spam"
    ABUSE = "abuse"
    IMPERSONATION = "impersonation"
    ILLEGAL = "illegal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Report:
    """`space_id`: where it happened, if in a space. A reporter or a person who is gone is None."""

    id: str
    about: User | None
    by: User | None
    space_id: str | None
    reason: ReportReason
    note: str
    created_at: datetime
    resolved_at: datetime | None
