"""To a provider and back: into an account, to a new one, or one more way into one's own."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.exc import IntegrityError

from voxhall.accounts import actions as people
from voxhall.accounts import store as accounts_store
from voxhall.accounts import ways_in
from voxhall.accounts.actions import Accounts, NewUser
from voxhall.accounts.admission import actions as admission
from voxhall.accounts.admission.model import Registration, RegistrationClosedError
from voxhall.accounts.invites import actions as invites
from voxhall.accounts.model import User, UserId
from voxhall.accounts.openid import store
from voxhall.accounts.openid.model import (
    ATTEMPT_LASTS,
    MAX_IDENTITIES,
    Arrived,
    Attempt,
    Identity,
    IdentityTakenError,
    WrongAnswerError,
    challenge_of,
    check_claims,
    check_next,
    nonce_of,
    verifier_of,
)
from voxhall.errors import ConflictError, HandleTakenError, NotFoundError
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.kit.ids import hash_token


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider gives back: the code, or nothing where the person called it off there."""

    state: str
    code: str
    # RFC 9207: whose answer it is, where the provider says so.
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`signed_in` with the account and its session, `linked` with the account, `new` with a ticket for signing up."""

    kind: Literal["signed_in", "linked", "new"]
    next: str
    user: User | None = None
    secret: str | None = None
    ticket: str | None = None
    arrived: Arrived | None = None


async def begin(
    kit: Kit, accounts: Accounts, provider: str, browser: str, path: str, *, user_id: UserId | None = None
) -> str:
    """The address to send the browser to; `browser` is the secret in its cookie."""
    state, attempt = kit.ids.secret(), Attempt(provider, check_next(path), user_id)
    url = await accounts.providers.authorization_url(
        provider,
        state=state,
        nonce=nonce_of(browser, state),
        challenge=challenge_of(verifier_of(browser, state)),
    )
    await _remember(kit, state, browser, attempt)
    return url


async def finish(
    kit: Kit, accounts: Accounts, provider: str, browser: str, answer: Answer, actor: User | None, *, device: str
) -> Outcome:
    async with kit.db.write() as tx:
        attempt = await store.take_attempt(
            tx, hash_token(answer.state), hash_token(browser), kit.clock.now(), has_arrived=False
        )
    if attempt is None:
        raise WrongAnswerError("state")
    if attempt.provider != provider:
        raise WrongAnswerError("mix_up")
    # Signed out, or signed in as somebody else meanwhile: this is not their identity to give.
    if attempt.user_id is not None and (actor is None or actor.id != attempt.user_id):
        raise WrongAnswerError("account")
    claims = await accounts.providers.claims_of(
        provider, code=answer.code, verifier=verifier_of(browser, answer.state), issuer_said=answer.issuer
    )
    arrived = check_claims(
        claims,
        issuer=accounts.providers.issuer_of(provider),
        client_id=accounts.providers.client_id_of(provider),
        nonce=nonce_of(browser, answer.state),
        now=kit.clock.now(),
    )
    if attempt.user_id is not None:
        return Outcome("linked", attempt.next, await _link(kit, attempt.user_id, arrived))
    return await _come_in(kit, browser, attempt, arrived, device)


async def sign_up(
    kit: Kit,
    accounts: Accounts,
    browser: str,
    ticket: str,
    new: NewUser,
    *,
    address: str,
    invite: str | None,
    device: str,
) -> tuple[User, str, str]:
    """The account, its session, and where to go on. By the same door as everybody else."""
    await accounts.attempts.count_sign_up(address)
    user, now = people.checked(kit, new), kit.clock.now()
    try:
        async with kit.db.write() as tx:
            attempt = await store.take_attempt(tx, hash_token(ticket), hash_token(browser), now, has_arrived=True)
            if attempt is None or attempt.arrived is None:
                raise WrongAnswerError("ticket")
            await accounts_store.add_user(tx, user, None)
            await invites.come_in(kit, tx, user.id, invite)
            await _add(kit, tx, user.id, attempt.arrived, is_used=True)
            return user, await people.open_session(kit, tx, user, device), attempt.next
    except IntegrityError:
        raise HandleTakenError from None


async def identities_of(kit: Kit, user: User) -> list[Identity]:
    async with kit.db.read() as conn:
        return await store.identities_of(conn, user.id)


async def unlink(kit: Kit, user: User, identity_id: str) -> None:
    """Never the last way in."""
    async with kit.db.write() as tx:
        await tx.lock(f"user:{user.id}")
        if not await store.remove_identity(tx, user.id, identity_id):
            raise NotFoundError
        await ways_in.require_one(kit, tx, user.id)


async def _come_in(kit: Kit, browser: str, attempt: Attempt, arrived: Arrived, device: str) -> Outcome:
    async with kit.db.write() as tx:
        user = await store.owner_of(tx, arrived.issuer, arrived.subject)
        if user is not None:
            secret = await people.open_session(kit, tx, user, device)
            await store.used(tx, arrived, kit.clock.now())
            return Outcome("signed_in", attempt.next, user, secret)
        # Said before anybody thinks about a handle.
        if (await admission.settings_in(tx)).registration is Registration.CLOSED:
            raise RegistrationClosedError
    ticket = kit.ids.secret()
    await _remember(kit, ticket, browser, Attempt(attempt.provider, attempt.next, arrived=arrived))
    return Outcome("new", attempt.next, ticket=ticket, arrived=arrived)


async def _link(kit: Kit, user_id: UserId, arrived: Arrived) -> User:
    async with kit.db.write() as tx:
        await tx.lock(f"user:{user_id}")
        user = await accounts_store.user_by_id(tx, user_id)
        if user is None:
            raise WrongAnswerError("account")
        owner = await store.owner_of(tx, arrived.issuer, arrived.subject)
        if owner is None:
            await _add(kit, tx, user_id, arrived, is_used=False)
        elif owner.id != user_id:
            raise IdentityTakenError
        return user


async def _add(kit: Kit, tx: Transaction, user_id: UserId, arrived: Arrived, *, is_used: bool) -> None:
    await tx.lock(f"identity:{arrived.issuer} {arrived.subject}")
    if await store.owner_of(tx, arrived.issuer, arrived.subject) is not None:
        raise IdentityTakenError
    if len(await store.identities_of(tx, user_id)) >= MAX_IDENTITIES:
        raise ConflictError(f"At most {MAX_IDENTITIES} of these; remove one first.")
    now = kit.clock.now()
    one = Identity(kit.ids.new("id"), user_id, arrived.issuer, arrived.subject, arrived.called, now)
    await store.add_identity(tx, one)
    if is_used:
        await store.used(tx, arrived, now)


async def _remember(kit: Kit, token: str, browser: str, attempt: Attempt) -> None:
    now = kit.clock.now()
    async with kit.db.write() as tx:
        await store.add_attempt(tx, hash_token(token), hash_token(browser), attempt, now, now + ATTEMPT_LASTS)
