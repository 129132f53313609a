"""The operator's switches and what follows from them. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from voxhall.accounts.model import User, UserId
from voxhall.errors import ForbiddenError, JsonObject, VoxhallError
from voxhall.kit.clock import to_wire

# Beyond this it is not a list any more but a rule; the other conditions are for those.
MAX_LISTED = 1_000


class RegistrationClosedError(ForbiddenError):
    code = "registration_closed"
    message = "This server takes no new accounts at the moment."


class InviteNeededError(ForbiddenError):
    code = "invite_needed"
    message = "This server is by invitation. Ask a member for one, or put yourself on the waiting list."


class MayNotHostError(ForbiddenError):
    """Details: the list of reasons, as `GET /api/v1/me` shows it."""

    code = "may_not_host"
    message = "Your account may not open spaces here yet."


class AudioStoppedError(VoxhallError):
    code = "audio_stopped"
    status = 503
    message = "The operator has stopped all live audio for the moment."


class Registration(StrEnum):
    OPEN = "open"
    INVITE = "invite"
    CLOSED = "closed"


class Hosting(StrEnum):
    """Whom the other conditions are asked of: everybody, nobody besides the list, or a share of all accounts."""

    EVERYONE = "everyone"
    LIST = "list"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """All that an administrator changes while the server runs; each change is in the audit log."""

    registration: Registration = Registration.OPEN
    # Invitations that every account may have given out, and after how many hosted spaces it has one more.
    invites_per_account: int = 5
    hosted_per_invite: int = 3
    invite_days: int = 14
    hosting: Hosting = Hosting.EVERYONE
    hosting_percent: int = 100
    hosting_min_followers: int = 0
    hosting_min_age_days: int = 0
    # Whoever is on the list hosts whatever the other conditions say.
    hosting_list: tuple[UserId, ...] = ()
    # The kill switches: no space begins; no sound comes in or goes out.
    new_spaces: bool = True
    live_audio: bool = True
    tip_jar_percent: int = 100
    # Services of the Tip Jar besides those that are always there.
    tip_services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Published after the commit."""

    before: OperatorSettings
    settings: OperatorSettings


class Reason(StrEnum):
    """Why an account may not host."""

    STOPPED = "new_spaces_stopped"
    NOT_ON_THE_LIST = "not_on_the_list"
    NOT_IN_THE_SHARE = "not_in_the_share"
    TOO_FEW_FOLLOWERS = "too_few_followers"
    TOO_YOUNG = "account_too_young"


def reasons_not_to_host(user: User, settings: OperatorSettings, at: datetime) -> list[JsonObject]:
    """Empty for whoever may; all that are in the way otherwise, so that nobody mends one to find the next."""
    if not settings.new_spaces or not settings.live_audio:
        return [{"code": Reason.STOPPED.value, "message": "The operator has stopped new spaces for the moment."}]
    if user.is_administrator or user.id in settings.hosting_list:
        return []
    reasons: list[JsonObject] = []
    if settings.hosting is Hosting.LIST:
        reasons.append({"code": Reason.NOT_ON_THE_LIST.value, "message": "Only people on a list host here."})
    if settings.hosting is Hosting.PERCENT and not is_in_share(user.id, settings.hosting_percent, "hosting"):
        reasons.append(
            {"code": Reason.NOT_IN_THE_SHARE.value, "message": "Hosting is being opened step by step; not yet for you."}
        )
    if (needed := settings.hosting_min_followers) > user.follower_count:
        message = f"{needed} followers are needed; you have {user.follower_count}."
        reasons.append({"code": Reason.TOO_FEW_FOLLOWERS.value, "message": message, "needed": needed})
    old_enough_at = user.created_at + timedelta(days=settings.hosting_min_age_days)
    if old_enough_at > at:
        message = f"Your account must be {settings.hosting_min_age_days} days old."
        reasons.append({"code": Reason.TOO_YOUNG.value, "message": message, "from": to_wire(old_enough_at)})
    return reasons


def is_in_share(user_id: str, percent: int, of_what: str) -> bool:
    """Whoever is among the first 10 % is among the first 20 %; to be early for one thing says nothing of another."""
    digest = hashlib.sha256(f"{of_what}:{user_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") * 100 < percent * 2**64


def may_have_tip_jar(user: User, settings: OperatorSettings) -> bool:
    return user.is_administrator or is_in_share(user.id, settings.tip_jar_percent, "tip jar")


def invite_allowance(user: User, settings: OperatorSettings) -> int:
    """How many invitations this account may have given out in all; an administrator's never end."""
    if user.is_administrator:
        return 1_000_000
    earned = user.hosted_count // settings.hosted_per_invite if settings.hosted_per_invite else 0
    return settings.invites_per_account + earned
