"""What the ways back in are. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from voxhall.accounts.model import UserId
from voxhall.errors import ConflictError, UnauthorizedError

CODES = 10
# 80 bits each: read from paper, and not to be guessed.
CODE_CHARS = 16
_NOT_OF_A_CODE = re.compile(r"[^a-z2-7]")


class WrongLinkError(UnauthorizedError):
    code = "wrong_link"
    message = "This link was used already, or is too old. Ask for a new one."


class WrongCodeError(UnauthorizedError):
    """The same for a handle that is nobody's."""

    code = "wrong_code"
    message = "The handle or the code is wrong; each code works once."


class MailTakenError(ConflictError):
    code = "mail_taken"
    message = "This mail address belongs to another account here."


class Purpose(StrEnum):
    """What a link is for; each has its own time."""

    SIGN_IN = "sign_in"
    CONFIRM = "confirm"
    RECOVER = "recover"


LASTS = {
    Purpose.SIGN_IN: timedelta(minutes=15),
    Purpose.CONFIRM: timedelta(days=1),
    Purpose.RECOVER: timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class Link:
    user_id: UserId
    purpose: Purpose
    # Only of CONFIRM: what will be the account's address.
    mail: str | None
    expires_at: datetime


def code_as_shown(letters: str) -> str:
    """abcd-efgh-…: four at a time can be read aloud."""
    return "-".join(letters[at : at + 4] for at in range(0, CODE_CHARS, 4))


def code_as_kept(typed: str) -> str:
    """Whatever stands between the letters when somebody types them, and capitals, say nothing."""
    return _NOT_OF_A_CODE.sub("", typed[:100].lower())
