"""Who is asking: a user (by session cookie or bearer token), a guest (by a cookie of their own) or nobody known.

A guest has no row anywhere: the id is derived from the secret in the cookie, so holding the secret is being that
guest, and a thousand listeners cost no write.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends
from sqlalchemy import Table
from starlette.requests import HTTPConnection

from voxhall.accounts import store
from voxhall.accounts.model import ALL_SCOPES, GuestId, Scope, User, UserId
from voxhall.errors import BadTokenError, DatabaseFullError, MissingScopeError, UnauthorizedError
from voxhall.kit import Kit
from voxhall.kit.doors import header_of
from voxhall.kit.ids import base32, hash_token
from voxhall.kit.web import KitDep

SESSION_COOKIE = "voxhall_session"
GUEST_COOKIE = "voxhall_guest"
# A browser on its way to a provider and back.
OPENID_COOKIE = "voxhall_openid"
COOKIES = frozenset({SESSION_COOKIE, GUEST_COOKIE, OPENID_COOKIE})
GUEST_LASTS_S = 365 * 24 * 3600
# Raised, an owner sees later that somebody else uses what is theirs; lowered, each of many requests writes.
USE_NOTED_EVERY = timedelta(hours=1)

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
# No secret of ours is longer; hashing a header of 64 KiB for a stranger is work for nothing.
MAX_SECRET_CHARS = 100


@dataclass(frozen=True, slots=True)
class Actor:
    user: User | None = None
    guest_id: GuestId | None = None
    scopes: frozenset[Scope] = frozenset()
    via_cookie: bool = False

    @property
    def person_id(self) -> UserId | GuestId | None:
        """One id for whoever it is; None for somebody not known at all."""
        return self.user.id if self.user else self.guest_id

    @property
    def is_anonymous(self) -> bool:
        return self.person_id is None

    def require_user(self, scope: Scope) -> User:
        """The account, if this request may use it for that."""
        if self.user is None:
            raise UnauthorizedError(headers={"www-authenticate": "Bearer"})
        if scope not in self.scopes:
            raise MissingScopeError(f"The token lacks the scope {scope.value}.")
        return self.user


ANONYMOUS = Actor()


async def actor_of(connection: HTTPConnection, kit: KitDep) -> Actor:
    """A bearer token that is given must be good; a cookie that is stale only means that nobody is signed in."""
    authorization, given = header_of(connection.scope, b"authorization"), header_of(connection.scope, b"cookie")
    if authorization is None and given is None:
        return ANONYMOUS
    if authorization is not None:
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer":
            raise BadTokenError("Only bearer tokens are understood here.", headers={"www-authenticate": "Bearer"})
        return await actor_from_token(kit, token.strip())
    secret = connection.cookies.get(SESSION_COOKIE)
    if secret and len(secret) <= MAX_SECRET_CHARS:
        async with kit.db.read() as view:
            found = await store.user_of_session(view, hash_token(secret), kit.clock.now())
        if found:
            user, used_at = found
            await _note_use(kit, store.sessions, hash_token(secret), used_at)
            return Actor(user=user, scopes=ALL_SCOPES, via_cookie=True)
    guest_secret = connection.cookies.get(GUEST_COOKIE, "")
    if _SECRET.fullmatch(guest_secret):
        return Actor(guest_id=_guest_id(guest_secret), via_cookie=True)
    return ANONYMOUS


ActorDep = Annotated[Actor, Depends(actor_of)]


async def actor_from_token(kit: Kit, token: str) -> Actor:
    """Whom an API token acts for; BadTokenError when it is unknown, revoked or expired."""
    refusal = BadTokenError(headers={"www-authenticate": 'Bearer error="invalid_token"'})
    if not token or len(token) > MAX_SECRET_CHARS:
        raise refusal
    async with kit.db.read() as view:
        found = await store.token_by_hash(view, hash_token(token), kit.clock.now())
        user = await store.user_by_id(view, found.user_id) if found else None
    if found is None or user is None or user.is_suspended:
        raise refusal
    await _note_use(kit, store.tokens, hash_token(token), found.used_at)
    return Actor(user=user, scopes=found.scopes)


async def new_guest(kit: Kit) -> tuple[Actor, str]:
    """Someone who only listens, and the Set-Cookie value by which they are known again."""
    secret = kit.ids.secret()
    actor = Actor(guest_id=_guest_id(secret), via_cookie=True)
    return actor, cookie(kit, GUEST_COOKIE, secret, GUEST_LASTS_S)


def cookie(kit: Kit, name: str, value: str, lasts_s: int) -> str:
    """Out of the reach of scripts, and not sent along with what other sites post to us."""
    secure = "; Secure" if kit.settings.address.startswith("https://") else ""
    return f"{name}={value}; Path=/; Max-Age={lasts_s}; HttpOnly; SameSite=Lax{secure}"


async def _note_use(kit: Kit, of: Table, token_hash: bytes, used_at: datetime | None) -> None:
    now = kit.clock.now()
    if used_at is not None and now - used_at < USE_NOTED_EVERY:
        return
    # On a full disk people are still who they are.
    with suppress(DatabaseFullError):
        async with kit.db.write() as tx:
            await store.note_use(tx, of, token_hash, now)


def _guest_id(secret: str) -> GuestId:
    return GuestId("gu_" + base32(hash_token(secret)[:16]))
