"""What people are told, and how they wish to be told. Pure: time comes in."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NewType
from zoneinfo import ZoneInfo

from voxhall.errors import ConflictError, JsonObject, NotFoundError

AnnouncementId = NewType("AnnouncementId", str)

# A list of what happened is read for weeks; kept longer, it is only the server's memory of people.
KEEP = timedelta(days=60)
# More pushes than this a day and people switch all of them off (nearly every rival was left for that reason).
DEFAULT_PUSHES_A_DAY = 10
MAX_PUSHES_A_DAY = 100
MAX_DEVICES = 20


class NewsKind(StrEnum):
    """What an announcement tells."""

    WENT_LIVE = "went_live"
    ON_STAGE = "on_stage"
    SCHEDULED = "scheduled"
    REMINDER = "reminder"
    STARTS_SOON = "starts_soon"
    RESCHEDULED = "rescheduled"
    CANCELED = "canceled"
    INVITED = "invited"
    ACCEPTED = "accepted"
    REPLAY_READY = "replay_ready"
    TRANSCRIPT_READY = "transcript_ready"
    TIP_JAR_CHANGED = "tip_jar_changed"

    @property
    def bit(self) -> int:
        """Its place in the sets that are kept as numbers: never another one, for the sake of what is stored."""
        return 1 << _BITS[self]

    @property
    def is_wished(self) -> bool:
        """Asked for by the reader, or meant for the reader alone: quiet hours and the day's number do not hold it."""
        return self not in _FROM_OTHERS

    @property
    def lasts(self) -> timedelta:
        """How long a push of it is worth delivering."""
        return timedelta(hours=1) if self in _MOMENTARY else timedelta(days=1)


_BITS = {kind: number for number, kind in enumerate(NewsKind)}
_FROM_OTHERS = {
    NewsKind.WENT_LIVE,
    NewsKind.ON_STAGE,
    NewsKind.SCHEDULED,
    NewsKind.REPLAY_READY,
    NewsKind.TRANSCRIPT_READY,
}
_MOMENTARY = {NewsKind.WENT_LIVE, NewsKind.ON_STAGE, NewsKind.REMINDER, NewsKind.STARTS_SOON, NewsKind.ACCEPTED}


class Way(StrEnum):
    """How news leave this server."""

    PUSH = "push"
    MAIL = "mail"


class Level(StrEnum):
    """How much one hears of somebody one follows."""

    ALL = "all"
    HOSTS = "hosts"
    NONE = "none"


# Without a word from their owner pushed is what is about to be heard or meant for one alone.
PUSHED = frozenset(NewsKind) - {NewsKind.SCHEDULED, NewsKind.REPLAY_READY, NewsKind.TRANSCRIPT_READY}


# And by mail, to whoever has given an address: what they asked for, what is meant for them alone, and the replay.
MAILED = frozenset(
    {NewsKind.REMINDER, NewsKind.RESCHEDULED, NewsKind.CANCELED, NewsKind.INVITED, NewsKind.REPLAY_READY}
)


def as_bits(kinds: frozenset[NewsKind]) -> int:
    return sum(kind.bit for kind in kinds)


def from_bits(bits: int) -> frozenset[NewsKind]:
    return frozenset(kind for kind in NewsKind if bits & kind.bit)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one reading of a clock to another, over midnight where the end comes first."""

    begin: time
    end: time
    time_zone: str

    def hold(self, at: datetime) -> bool:
        reading = at.astimezone(ZoneInfo(self.time_zone)).time().replace(tzinfo=None)
        if self.begin <= self.end:
            return self.begin <= reading < self.end
        return reading >= self.begin or reading < self.end


@dataclass(frozen=True, slots=True)
class Wishes:
    """How one account wants to be told; this is how somebody is told who never said."""

    level: Level = Level.ALL
    app: frozenset[NewsKind] = frozenset(NewsKind)
    push: frozenset[NewsKind] = PUSHED
    mail: frozenset[NewsKind] = MAILED
    quiet: QuietHours | None = None
    # As many letters besides.
    pushes_a_day: int = DEFAULT_PUSHES_A_DAY


def may_push(wishes: Wishes, kind: NewsKind, at: datetime, pushed_today: int) -> bool:
    if kind not in wishes.push:
        return False
    if kind.is_wished:
        return True
    return pushed_today < wishes.pushes_a_day and not (wishes.quiet is not None and wishes.quiet.hold(at))


def may_mail(wishes: Wishes, kind: NewsKind, mailed_today: int) -> bool:
    """Quiet hours hold no letter: it makes no sound, and what is held is not sent later."""
    return kind in wishes.mail and (kind.is_wished or mailed_today < wishes.pushes_a_day)


def hears_of(level: Level, kind: NewsKind) -> bool:
    """Whether this much is heard of somebody who is followed."""
    return level is Level.ALL or (level is Level.HOSTS and kind is not NewsKind.ON_STAGE)


@dataclass(frozen=True, slots=True)
class Announcement:
    """One thing that happened. `key` is unique, so however often it is noticed it is told once."""

    id: AnnouncementId
    key: str
    kind: NewsKind
    space_id: str | None
    # Whose doing it is; None is the server's.
    actor_id: str | None
    data: JsonObject
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Notification:
    """An announcement as one person has it."""

    announcement: Announcement
    kind: NewsKind
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notified:
    """Published after the commit: these people have something new, or have read it elsewhere."""

    user_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Said:
    """One notification in the reader's language."""

    title: str
    body: str
    path: str


@dataclass(frozen=True, slots=True)
class PushDevice:
    """Where a browser is reached by push."""

    id: str
    user_id: str
    endpoint: str
    p256dh: str
    auth: str
    language: str
    name: str
    created_at: datetime


class PushDeviceNotFoundError(NotFoundError):
    code = "push_device_not_found"
    message = "There is no such device."


class TooManyPushDevicesError(ConflictError):
    code = "too_many_push_devices"
    message = f"At most {MAX_DEVICES} devices take pushes; take one off first."


class UnsubscribeError(NotFoundError):
    code = "unsubscribe_not_valid"
    message = "This link is not valid. Your settings have the same switches."


@dataclass(frozen=True, slots=True)
class Reminders:
    """Of one space, for one person."""

    is_set: bool
    # Of each of the series that the space is of.
    of_series: bool
    count: int
