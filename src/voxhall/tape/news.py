"""What happens to tapes, published as events by who hears it from the media node."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TapeStarted:
    """A tape is being written; also told again after a restart, so it may be known already."""

    space_id: str


@dataclass(frozen=True, slots=True)
class TapeFinished:
    """The writer closed it. The space may be over, or record again later."""

    space_id: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class TapeDamaged:
    """The disk did not keep a file; the tape goes on in the next segment."""

    space_id: str
    reason: str
