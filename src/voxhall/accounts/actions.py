"""One function for each thing a person can do with an account: check, save, answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError

from voxhall.accounts import model, store
from voxhall.accounts.attempts import Attempts
from voxhall.accounts.follows import store as follows
from voxhall.accounts.invites import actions as invites
from voxhall.accounts.invites.model import Suspended
from voxhall.accounts.model import Scope, Standing, Token, TokenId, User, UserId
from voxhall.accounts.openid.providers import Providers
from voxhall.accounts.passwords import Passwords
from voxhall.accounts.pictures.actions import Drawing
from voxhall.accounts.recovery.outbox import Outbox
from voxhall.errors import (
    ConflictError,
    ForbiddenError,
    HandleTakenError,
    InvalidError,
    NotFoundError,
    SuspendedError,
    UserNotFoundError,
    WrongClaimError,
    WrongCredentialsError,
)
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.kit.ids import hash_token
from voxhall.kit.text import clean_text


@dataclass(frozen=True, slots=True)
class Accounts:
    """What this feature keeps in memory between requests."""

    passwords: Passwords
    attempts: Attempts
    providers: Providers
    drawing: Drawing = field(default_factory=Drawing)
    outbox: Outbox = field(default_factory=Outbox)


@dataclass(frozen=True, slots=True)
class NewUser:
    handle: str
    display_name: str
    password: str | None


async def sign_up(
    kit: Kit,
    accounts: Accounts,
    new: NewUser,
    *,
    address: str,
    invite: str | None,
    claim: str | None,
    device: str = "",
) -> tuple[User, str]:
    """The account and the secret of its first session."""
    user = checked(kit, new, reserved=claim is not None)
    await accounts.attempts.count_sign_up(address)
    password_hash = await accounts.passwords.hash(new.password or "")
    try:
        async with kit.db.write() as tx:
            await store.add_user(tx, user, password_hash)
            # Who becomes the administrator holds the key to the house.
            if claim is not None:
                user = await _become_administrator(tx, user, claim)
            else:
                await invites.come_in(kit, tx, user.id, invite)
            secret = await open_session(kit, tx, user, device)
    except IntegrityError:
        raise HandleTakenError from None
    return user, secret


async def create_user(kit: Kit, accounts: Accounts, new: NewUser, *, is_administrator: bool) -> User:
    """The operator's way: any handle, and an account without a password if that is what is wanted."""
    user = replace(checked(kit, new, reserved=True), is_administrator=is_administrator)
    password_hash = await accounts.passwords.hash(new.password) if new.password is not None else None
    try:
        async with kit.db.write() as tx:
            await store.add_user(tx, user, password_hash)
    except IntegrityError:
        raise HandleTakenError from None
    return user


async def sign_in(
    kit: Kit, accounts: Accounts, handle: str, password: str, *, address: str, device: str = ""
) -> tuple[User, str]:
    """The account and the secret of a new session; the same refusal for a wrong handle as for a wrong password."""
    handle = handle.strip().lower()[: model.PASSWORD_MAX_CHARS]
    await accounts.attempts.check_sign_in(address, handle)
    async with kit.db.read() as connection:
        found = await store.user_with_password(connection, handle)
    password_hash = found[1] if found else None
    if not await accounts.passwords.matches(password_hash, password) or found is None:
        await accounts.attempts.count_failure(address, handle)
        raise WrongCredentialsError
    user = found[0]
    renewed = await accounts.passwords.hash(password) if accounts.passwords.is_outdated(found[1]) else None
    async with kit.db.write() as tx:
        if renewed:
            await store.save_password_hash(tx, user.id, renewed)
        return user, await open_session(kit, tx, user, device)


async def open_session(kit: Kit, tx: Transaction, user: User, device: str) -> str:
    """The secret of a new sign-in, however its owner was known. SuspendedError for whoever is shut out."""
    if user.is_suspended:
        raise SuspendedError
    secret, now = kit.ids.secret(), kit.clock.now()
    await store.add_session(tx, hash_token(secret), user.id, now, now + model.SESSION_LASTS, device)
    return secret


async def require_password(kit: Kit, accounts: Accounts, user: User, password: str, *, address: str) -> None:
    """Before what cannot be undone; an account that has none needs none."""
    await accounts.attempts.check_sign_in(address, user.handle)
    async with kit.db.read() as connection:
        found = await store.user_with_password(connection, user.handle)
    if found is not None and not await accounts.passwords.matches(found[1], password):
        await accounts.attempts.count_failure(address, user.handle)
        raise WrongCredentialsError


async def delete(tx: Transaction, user: User) -> None:
    """The row, and with it whatever belongs to it."""
    await tx.lock(f"user:{user.id}")
    await follows.uncount(tx, user.id)
    await store.remove_user(tx, user.id)
    tx.publish(Suspended(user.id))


async def sign_out(kit: Kit, secret: str) -> None:
    async with kit.db.write() as tx:
        await store.remove_session(tx, hash_token(secret))


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What is None stays as it is."""

    display_name: str | None = None
    bio: str | None = None
    links: list[str] | None = None
    pronouns: str | None = None
    language: str | None = None


async def change_profile(tx: Transaction, user_id: UserId, wanted: ProfileChange) -> User:
    """In the transaction in which whatever else belongs to the profile is saved."""
    await tx.lock(f"user:{user_id}")
    user = await store.user_by_id(tx, user_id)
    if user is None:
        raise UserNotFoundError
    user = replace(
        user,
        display_name=user.display_name
        if wanted.display_name is None
        else model.check_display_name(wanted.display_name),
        bio=user.bio if wanted.bio is None else model.check_bio(wanted.bio),
        links=user.links if wanted.links is None else model.check_links(wanted.links),
        pronouns=user.pronouns if wanted.pronouns is None else model.check_pronouns(wanted.pronouns),
        language=user.language if wanted.language is None else model.check_language(wanted.language),
    )
    await store.save_profile(tx, user)
    return user


async def count_hosted(tx: Transaction, user_id: UserId) -> None:
    """A space of this person has ended; in the transaction that ends it."""
    await store.count_hosted(tx, user_id)


async def claim_administrator(kit: Kit, user: User, claim: str) -> User:
    async with kit.db.write() as tx:
        return await _become_administrator(tx, user, claim)


async def new_claim(kit: Kit) -> str | None:
    """A fresh one-time secret that makes its bearer the administrator; None when there is one already."""
    secret = kit.ids.secret()
    async with kit.db.write() as tx:
        if await store.has_administrator(tx):
            return None
        await store.replace_claim(tx, hash_token(secret), kit.clock.now())
    return secret


async def create_token(
    kit: Kit, user: User, *, name: str, scopes: Collection[Scope], expires_at: datetime | None = None
) -> tuple[Token, str]:
    """The token and its secret, which is not kept."""
    if not scopes:
        raise InvalidError.of("scopes", "A token needs at least one scope.")
    if expires_at and expires_at <= kit.clock.now():
        raise InvalidError.of("expires_at", "This time has passed.")
    if Scope.ADMIN in scopes and not user.is_administrator:
        raise ForbiddenError("Only an administrator's token can have the scope admin.")
    name = clean_text(name, field="name", max_chars=80)
    secret = "vx_" + kit.ids.secret()
    token = Token(TokenId(kit.ids.new("to")), user.id, name, frozenset(scopes), kit.clock.now(), expires_at)
    async with kit.db.write() as tx:
        await tx.lock(f"user:{user.id}")
        if await store.token_count(tx, user.id) >= model.MAX_TOKENS:
            raise ConflictError(f"An account has at most {model.MAX_TOKENS} tokens; revoke one first.")
        await store.add_token(tx, token, hash_token(secret))
    return token, secret


async def revoke_token(kit: Kit, user_id: UserId, token_id: str) -> None:
    async with kit.db.write() as tx:
        if not await store.remove_token(tx, user_id, TokenId(token_id)):
            raise NotFoundError


async def tokens_of(kit: Kit, user_id: UserId, after: tuple[datetime, str] | None, limit: int) -> Sequence[Token]:
    async with kit.db.read() as connection:
        return await store.tokens_of(connection, user_id, after, limit)


async def user_by_handle(kit: Kit, handle: str) -> User:
    async with kit.db.read() as connection:
        user = await store.user_by_handle(connection, handle.lower())
    if user is None:
        raise UserNotFoundError
    return user


async def user_by_id(connection: store.Connection, user_id: str) -> User | None:
    return await store.user_by_id(connection, UserId(user_id))


async def users_by_id(connection: store.Connection, ids: Collection[UserId]) -> dict[UserId, User]:
    """For the features above, in the transaction or view they already have; unknown ids are left out."""
    return await store.users_by_id(connection, ids)


async def standings_by_id(connection: store.Connection, ids: Collection[UserId]) -> dict[UserId, Standing]:
    """As `users_by_id`, where many are compared and few are shown."""
    return await store.standings_by_id(connection, ids)


async def users_by_handle(connection: store.Connection, handles: Collection[str]) -> dict[str, User]:
    """By handle in small letters; nobody's handles are left out."""
    return await store.users_by_handle(connection, {handle.lower() for handle in handles})


def ids_among(ids: Select[tuple[str]] | Collection[str]) -> Select[tuple[str]]:
    """For other queries: of these, the accounts that are there and not suspended."""
    return store.ids_among(ids)


def ids_suspended() -> Select[tuple[str]]:
    return store.ids_suspended()


def ids_hidden() -> Select[tuple[str]]:
    """For other queries: whom the operator does not have shown to people who look around."""
    return store.ids_hidden()


async def users_among(connection: store.Connection, ids: Collection[str], limit: int) -> list[User]:
    """Of those whom another query finds, the most followed first."""
    return await store.users_among(connection, ids, limit)


def checked(kit: Kit, new: NewUser, *, reserved: bool = False) -> User:
    """Who will be added; `reserved`: handles that only the operator gives."""
    handle = model.check_handle(new.handle, reserved=reserved)
    if new.password is not None:
        model.check_password(new.password, handle)
    name = model.check_display_name(new.display_name)
    return User(UserId(kit.ids.new("us")), handle, name, "", (), False, kit.clock.now())


async def _become_administrator(tx: Transaction, user: User, claim: str) -> User:
    await tx.lock("administrator")
    if await store.has_administrator(tx) or not await store.take_claim(tx, hash_token(claim)):
        raise WrongClaimError
    await store.make_administrator(tx, user.id)
    return replace(user, is_administrator=True)
