"""What two people are to each other. Pure."""

from dataclasses import dataclass
from datetime import datetime

from voxhall.accounts.model import User, UserId
from voxhall.errors import ConflictError, ForbiddenError

# More than anybody reads; without an end, one account could fill the disk of a small server.
MAX_FOLLOWED = 10_000
MAX_BLOCKED = 10_000


class YourselfError(ConflictError):
    code = "yourself"
    message = "That is you."


class BlockedError(ForbiddenError):
    """The same whichever of the two has blocked the other: who was blocked is not told."""

    code = "blocked"
    message = "You cannot follow this person."


class TooManyFollowedError(ConflictError):
    code = "too_many_followed"
    message = f"At most {MAX_FOLLOWED} people can be followed, and as many blocked."


@dataclass(frozen=True, slots=True)
class Ties:
    """Between one account and another."""

    follows: bool = False
    is_followed_by: bool = False
    has_blocked: bool = False
    is_blocked_by: bool = False
    has_muted: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody in a list of followers, followed or blocked people."""

    user: User
    since: datetime


@dataclass(frozen=True, slots=True)
class Followed:
    """Published after the commit, as are the others."""

    follower_id: UserId
    followed_id: UserId


@dataclass(frozen=True, slots=True)
class Unfollowed:
    follower_id: UserId
    followed_id: UserId


@dataclass(frozen=True, slots=True)
class Blocked:
    blocker_id: UserId
    blocked_id: UserId
