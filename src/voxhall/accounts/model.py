"""Who may be called what, and what a token may do. Pure: no clock, no chance, no database."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from urllib.parse import urlsplit

from voxhall.errors import InvalidError
from voxhall.kit.text import clean_text

UserId = NewType("UserId", str)
GuestId = NewType("GuestId", str)
TokenId = NewType("TokenId", str)

DISPLAY_NAME_MAX_CHARS = 80
BIO_MAX_CHARS = 500
PRONOUNS_MAX_CHARS = 40
MAX_LINKS = 5
LINK_MAX_CHARS = 200
# OWASP ASVS 2.1: eight at least; the upper end only keeps a sign-in from being a way to keep us busy.
PASSWORD_MIN_CHARS = 8
PASSWORD_MAX_CHARS = 256
MAX_TOKENS = 100
# Long enough that nobody who listens once a month signs in each time.
SESSION_LASTS = timedelta(days=90)

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
_HANDLE = re.compile(r"[a-z0-9_]{2,30}")
# Names that people would take for the server speaking, or that a page of ours may want.
RESERVED_HANDLES = frozenset(
    {
        "about",
        "admin",
        "administrator",
        "anonymous",
        "api",
        "everyone",
        "guest",
        "help",
        "home",
        "host",
        "me",
        "mod",
        "moderator",
        "null",
        "official",
        "root",
        "search",
        "security",
        "settings",
        "spaces",
        "staff",
        "support",
        "system",
        "undefined",
        "voxhall",
        "webmaster",
        "welcome",
    }
)


class Scope(StrEnum):
    """What a token lets its holder do. A sign-in in a browser may do everything its account may."""

    READ = "read"
    SPEAK = "speak"
    HOST = "host"
    ACCOUNT = "account"
    ADMIN = "admin"


class Promotion(StrEnum):
    """What the operator says of where somebody, or a space, is shown to people who look around."""

    HIDDEN = "hidden"
    NORMAL = "normal"
    FEATURED = "featured"


ALL_SCOPES = frozenset(Scope)
# What a script needs to host, speak and listen; not to change the account it acts for.
DEFAULT_SCOPES = frozenset({Scope.READ, Scope.SPEAK, Scope.HOST})


@dataclass(frozen=True, slots=True)
class Standing:
    """What a host's place in a list depends on, which is far less than a whole account."""

    created_at: datetime
    follower_count: int
    hosted_count: int
    promotion: Promotion
    open_reports: int


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    handle: str
    display_name: str
    bio: str
    links: tuple[str, ...]
    is_administrator: bool
    created_at: datetime
    follower_count: int = 0
    following_count: int = 0
    pronouns: str = ""
    language: str | None = None
    # Spaces of this person that have ended: what a server knows of somebody as a host.
    hosted_count: int = 0
    invited_by: UserId | None = None
    is_suspended: bool = False
    # The id of the picture; its address is `picture_path`.
    picture: str | None = None
    promotion: Promotion = Promotion.NORMAL
    # How many people have reported this one and wait for somebody to look.
    open_reports: int = 0

    @property
    def standing(self) -> Standing:
        return Standing(self.created_at, self.follower_count, self.hosted_count, self.promotion, self.open_reports)


@dataclass(frozen=True, slots=True)
class Token:
    """Never the secret: that was shown once, when the token was made."""

    id: TokenId
    user_id: UserId
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None = None


def picture_path(picture_id: str | None) -> str | None:
    """Where a picture is, on this server: new pictures have new addresses."""
    return None if picture_id is None else f"/pictures/{picture_id}.webp"


def check_handle(handle: str, *, reserved: bool = False) -> str:
    if not _HANDLE.fullmatch(handle):
        raise InvalidError.of("handle", "2 to 30 small letters a-z, digits and underscores.")
    if not reserved and handle in RESERVED_HANDLES:
        raise InvalidError.of("handle", "This handle is reserved.")
    return handle


def check_display_name(name: str) -> str:
    return clean_text(name, field="display_name", max_chars=DISPLAY_NAME_MAX_CHARS)


def check_bio(bio: str) -> str:
    return clean_text(bio, field="bio", max_chars=BIO_MAX_CHARS, min_chars=0, lines=True)


def check_pronouns(pronouns: str) -> str:
    return clean_text(pronouns, field="pronouns", max_chars=PRONOUNS_MAX_CHARS, min_chars=0)


def check_language(language: str) -> str | None:
    """A tag as in RFC 5646 §2.1, without its irregular ones; nothing for nothing."""
    if language and not _LANGUAGE.fullmatch(language):
        raise InvalidError.of("language", "This is not a language tag such as en or pt-BR.")
    return language or None


def check_links(links: list[str]) -> tuple[str, ...]:
    if len(links) > MAX_LINKS:
        raise InvalidError.of("links", f"At most {MAX_LINKS} links.")
    return tuple(_check_link(link) for link in links)


def check_password(password: str, handle: str) -> str:
    if not PASSWORD_MIN_CHARS <= len(password) <= PASSWORD_MAX_CHARS:
        raise InvalidError.of("password", f"{PASSWORD_MIN_CHARS} to {PASSWORD_MAX_CHARS} characters.")
    if password.lower() == handle:
        raise InvalidError.of("password", "The password must not be the handle.")
    return password


def _check_link(link: str) -> str:
    link = clean_text(link, field="links", max_chars=LINK_MAX_CHARS)
    try:
        parts = urlsplit(link)
        # Reading the port is what finds a wrong one.
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 443) > 0
    except ValueError:
        is_web = False
    else:
        is_web = is_web and "@" not in parts.netloc and not set(link) & set(' <>"\\^`{|}')
    if not is_web:
        raise InvalidError.of("links", "A link begins with https:// and names a site.")
    return link
