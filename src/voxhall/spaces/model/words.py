"""The words of a space, as they stand in Python, SQL and on the wire alike."""

from enum import StrEnum
from typing import NewType

SpaceId = NewType("SpaceId", str)
ParticipantId = NewType("ParticipantId", str)
SeriesId = NewType("SeriesId", str)


class SpaceState(StrEnum):
    """scheduled → live → ended, or scheduled → canceled; nothing ever goes back."""

    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDED = "ended"
    CANCELED = "canceled"


class WhoMaySpeak(StrEnum):
    """Who steps onto the stage without asking, besides the host and those called up.

    `followed` are the people whom the host follows.
    """

    EVERYONE = "everyone"
    FOLLOWED = "followed"
    INVITED = "invited"


class WhoMayListen(StrEnum):
    """Who is let in at all: to the sound, the stage, the captions and the replay alike.

    `link` lets in whoever has the address, which 128 random bits keep from being guessed, and is in no list.
    `followers` are the host's, `invited` are the people whom the host chose.
    """

    EVERYONE = "everyone"
    FOLLOWERS = "followers"
    INVITED = "invited"
    LINK = "link"

    @property
    def is_open(self) -> bool:
        """Nothing needs to be known of who comes."""
        return self in {WhoMayListen.EVERYONE, WhoMayListen.LINK}


class Delay(StrEnum):
    """How long the sound may be on its way to those who listen.

    `normal`: somewhat longer where the server is full, because larger packets carry more people. `low`: as short as it
    can be, for music and for conversation with those who listen; it grows last, before somebody would be refused.
    """

    NORMAL = "normal"
    LOW = "low"


class Recording(StrEnum):
    """What happens to the sound: before the start what the host wants, in a live space what the tape does."""

    ON = "on"
    OFF = "off"
    PAUSED = "paused"


class RecordingProblem(StrEnum):
    """Why a wished recording stands still. It goes on by itself when it can."""

    DISK_FULL = "disk_full"
    DISK_ERROR = "disk_error"


class Role(StrEnum):
    """What somebody is at this moment; everyone but a listener is on the stage."""

    HOST = "host"
    COHOST = "cohost"
    SPEAKER = "speaker"
    LISTENER = "listener"

    @property
    def is_on_stage(self) -> bool:
        return self is not Role.LISTENER


class LeaveReason(StrEnum):
    """Why somebody is not on the stage any more."""

    LEFT = "left"
    LOST = "lost"
    MOVED_TO_AUDIENCE = "moved_to_audience"
    REMOVED = "removed"
