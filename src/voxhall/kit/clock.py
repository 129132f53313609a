"""The only place that reads the time. Everything else is given a Clock, so that a test can move it by hand."""

import time
from datetime import UTC, datetime


class Clock:
    """The machine's time: `now` for what people read, `monotonic_s` for how long something took."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()


def to_wire(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, the one form in which a time leaves this server."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
