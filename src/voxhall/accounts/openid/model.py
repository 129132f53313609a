"""What is sent to a provider, and what of its answer is believed. Pure.

OpenID Connect Core 1.0 §3.1 (authorization code), PKCE (RFC 7636), the issuer in the answer (RFC 9207).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from voxhall.accounts.model import DISPLAY_NAME_MAX_CHARS, RESERVED_HANDLES, UserId
from voxhall.errors import ConflictError, InvalidError, NotFoundError, UnauthorizedError, VoxhallError
from voxhall.kit.text import clean_text

# From the button here to the answer there: long enough to look for a second factor.
ATTEMPT_LASTS = timedelta(minutes=15)
# Clocks of two servers that nobody sets: more lets what is too old pass, less refuses people for nothing.
LEEWAY = timedelta(seconds=60)
MAX_IDENTITIES = 10
# OpenID Connect Core §2: "It MUST NOT exceed 255 ASCII characters in length."
SUBJECT_MAX_CHARS = 255
# Signatures that only a provider's own key can make; nothing that the client's secret signs, and never "none".
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_NOT_OF_A_HANDLE = re.compile(r"[^a-z0-9_]+")


class UnknownProviderError(NotFoundError):
    code = "unknown_provider"
    message = "This server does not sign in with that service."


class ProviderDownError(VoxhallError):
    code = "provider_down"
    status = 502
    message = "The other service does not answer as it should at the moment. Try again, or come in another way."


class WrongAnswerError(UnauthorizedError):
    """One for all that can be wrong; the log has the reason."""

    code = "wrong_answer"
    message = "That did not go through. Begin once more."

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class IdentityTakenError(ConflictError):
    code = "identity_taken"
    message = "This identity opens another account here already."


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody on their way to a provider, or, with `arrived`, back from it and without an account here yet."""

    provider: str
    next: str
    # Only of who is signed in already, and adds this way to the account.
    user_id: UserId | None = None
    arrived: "Arrived | None" = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who somebody is, as a provider has signed it; nothing else of what it tells is kept."""

    issuer: str
    subject: str
    # As the provider calls them: so that the owner tells two identities apart. Nobody else sees it.
    called: str
    name: str = ""
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """An account's name at a provider."""

    id: str
    user_id: UserId
    issuer: str
    subject: str
    called: str
    created_at: datetime
    used_at: datetime | None = None


def check_next(path: str) -> str:
    """A page of this site and nothing else, however it is written."""
    parts = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    if not is_ours or parts.scheme or parts.netloc or len(path) > 1_000:
        raise InvalidError.of("next", "This is not a page of this site.")
    return path


def verifier_of(browser: str, state: str) -> str:
    """PKCE's secret (RFC 7636 §4.1): made of what only this browser holds, so the database has nothing to steal."""
    return _derived("verifier", browser, state)


def nonce_of(browser: str, state: str) -> str:
    return _derived("nonce", browser, state)


def challenge_of(verifier: str) -> str:
    return _b64(hashlib.sha256(verifier.encode()).digest())


def check_claims(claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: datetime) -> Arrived:
    """OpenID Connect Core §3.1.3.7, steps 2 to 11; the signature (6) was checked before."""
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    authorized = claims.get("azp")
    subject = claims.get("sub")
    said_nonce = claims.get("nonce")
    if claims.get("iss") != issuer:
        raise WrongAnswerError("issuer")
    if not isinstance(audiences, list) or client_id not in audiences:
        raise WrongAnswerError("audience")
    if (len(audiences) > 1 or authorized is not None) and authorized != client_id:
        raise WrongAnswerError("authorized_party")
    at = now.timestamp()
    if not _is_time(claims.get("exp")) or claims["exp"] + LEEWAY.total_seconds() <= at:
        raise WrongAnswerError("expired")
    for early in ("iat", "nbf"):
        is_there = early in claims or early == "iat"
        if is_there and (not _is_time(claims.get(early)) or claims[early] - LEEWAY.total_seconds() > at):
            raise WrongAnswerError("too_early")
    if not isinstance(said_nonce, str) or not hmac.compare_digest(said_nonce.encode(), nonce.encode()):
        raise WrongAnswerError("nonce")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_MAX_CHARS or not subject.isascii():
        raise WrongAnswerError("subject")
    name = _text(claims.get("name"))
    preferred = _text(claims.get("preferred_username"))
    mail = _text(claims.get("email"))
    called = preferred or mail or name or subject[:DISPLAY_NAME_MAX_CHARS]
    return Arrived(issuer, subject, called, name or preferred, suggested_handle(preferred or mail.partition("@")[0]))


def suggested_handle(called: str) -> str:
    """What of it may be a handle; the person changes it or not. Nothing where nothing fits."""
    handle = _NOT_OF_A_HANDLE.sub("_", called.lower()).strip("_")[:30]
    return handle if len(handle) >= 2 and handle not in RESERVED_HANDLES else ""


def _text(value: object) -> str:
    """Somebody else's words as they may stand here, or nothing."""
    try:
        return clean_text(value, field="name", max_chars=DISPLAY_NAME_MAX_CHARS) if isinstance(value, str) else ""
    except InvalidError:
        return ""


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def _derived(what: str, browser: str, state: str) -> str:
    return _b64(hmac.digest(browser.encode(), f"{what} {state}".encode(), "sha256"))


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
