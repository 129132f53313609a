"""An invitation and what it can be at a moment. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voxhall.accounts.model import User, UserId
from voxhall.errors import ConflictError, ForbiddenError
from voxhall.kit.text import clean_text

NAME_MAX_CHARS = 80
NOTE_MAX_CHARS = 300
# More are read by nobody, and a flood must not fill the disk.
WAITING_MAX = 5_000


class NoInvitesLeftError(ConflictError):
    code = "no_invites_left"
    message = "You have no invitations left. Hosting spaces earns more."


class InviteNotValidError(ForbiddenError):
    """The same for a code that never was, was used, was taken back or is too old: guessing teaches nothing."""

    code = "invite_not_valid"
    message = "This invitation is not valid any more. Ask for a new one."


class NoWaitingListError(ForbiddenError):
    code = "no_waiting_list"
    message = "There is no waiting list here at the moment."


class WaitingListFullError(ConflictError):
    code = "waiting_list_full"
    message = "The waiting list is full at the moment."


class InviteState(StrEnum):
    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invite:
    """Never the code: that was shown once."""

    id: str
    inviter_id: UserId
    created_at: datetime
    expires_at: datetime
    used_by: User | None = None

    def state_at(self, at: datetime) -> InviteState:
        if self.used_by is not None:
            return InviteState.USED
        return InviteState.EXPIRED if self.expires_at <= at else InviteState.OPEN


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody without an account who would like one."""

    id: str
    name: str
    note: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Suspended:
    """Published after the commit."""

    user_id: UserId


def check_waiting(name: str, note: str) -> tuple[str, str]:
    return (
        clean_text(name, field="name", max_chars=NAME_MAX_CHARS),
        clean_text(note, field="note", max_chars=NOTE_MAX_CHARS, min_chars=0, lines=True),
    )


def below(people: Mapping[UserId, User], root: UserId) -> list[UserId]:
    """This person and everybody who came by them, directly or not."""
    children: dict[UserId, list[UserId]] = {}
    for user_id, user in people.items():
        if user.invited_by is not None:
            children.setdefault(user.invited_by, []).append(user_id)
    found, waiting = [], [root]
    while waiting:
        found.append(user_id := waiting.pop())
        waiting += children.get(user_id, [])
    return found
