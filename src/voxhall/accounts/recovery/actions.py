"""One function for each way back in, and for what prepares it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError

from voxhall.accounts import actions as people
from voxhall.accounts import model, ways_in
from voxhall.accounts import store as accounts_store
from voxhall.accounts.actions import Accounts
from voxhall.accounts.admission import actions as admission
from voxhall.accounts.model import User, UserId
from voxhall.accounts.recovery import store
from voxhall.accounts.recovery.letters import letter
from voxhall.accounts.recovery.model import (
    CODE_CHARS,
    CODES,
    LASTS,
    Link,
    MailTakenError,
    Purpose,
    WrongCodeError,
    WrongLinkError,
    code_as_kept,
    code_as_shown,
)
from voxhall.errors import InvalidError, UserNotFoundError
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.kit.ids import hash_token
from voxhall.kit.mail import NoMailError, check_address, sends_mail


async def new_codes(kit: Kit, user: User) -> list[str]:
    """Ten, shown this once; the ones before them are worth nothing any more."""
    codes = [kit.ids.code(CODE_CHARS) for _ in range(CODES)]
    async with kit.db.write() as tx:
        await tx.lock(f"user:{user.id}")
        await store.replace_codes(tx, user.id, [hash_token(code) for code in codes])
    return [code_as_shown(code) for code in codes]


async def recover(
    kit: Kit, accounts: Accounts, handle: str, code: str, password: str, *, address: str, device: str
) -> tuple[User, str]:
    """A new password for a code; every other sign-in of the account ends."""
    handle = handle.strip().lower()[: model.PASSWORD_MAX_CHARS]
    await accounts.attempts.check_sign_in(address, handle)
    async with kit.db.read() as conn:
        user = await accounts_store.user_by_handle(conn, handle)
    model.check_password(password, handle)
    password_hash = await accounts.passwords.hash(password)
    async with kit.db.write() as tx:
        if user is not None and await store.take_code(tx, user.id, hash_token(code_as_kept(code))):
            return user, await _come_in_anew(kit, tx, user, password_hash, device)
    await accounts.attempts.count_failure(address, handle)
    raise WrongCodeError


async def change_password(
    kit: Kit, accounts: Accounts, user: User, current: str, new: str, *, address: str, session: bytes | None
) -> None:
    """All other sign-ins end. Whoever has no password yet needs none to set one."""
    await people.require_password(kit, accounts, user, current, address=address)
    password_hash = await accounts.passwords.hash(model.check_password(new, user.handle))
    async with kit.db.write() as tx:
        await accounts_store.save_password_hash(tx, user.id, password_hash)
        await store.end_sessions(tx, user.id, session)


async def ask_for_mail(kit: Kit, accounts: Accounts, user: User, mail: str, *, address: str) -> None:
    """The address is the account's when its link has been opened."""
    mail = check_address(mail).lower()
    _require_mail(kit)
    await accounts.attempts.count_letter(address, mail)
    async with kit.db.write() as tx:
        token = await _new_link(kit, tx, user.id, Purpose.CONFIRM, mail)
    url = f"{kit.settings.address}/sign-in/link#confirm={token}"
    accounts.outbox.hand_in(kit, letter(user, mail, Purpose.CONFIRM, url, kit.settings.site_name))


async def confirm_mail(kit: Kit, token: str) -> None:
    async with kit.db.write() as tx:
        link = await store.take_link(tx, hash_token(token), kit.clock.now())
        if link is None or link.purpose is not Purpose.CONFIRM:
            raise WrongLinkError
        try:
            await store.save_mail(tx, link.user_id, link.mail)
        except IntegrityError:
            raise MailTakenError from None


async def remove_mail(kit: Kit, user: User) -> None:
    """Never the last way in."""
    async with kit.db.write() as tx:
        await tx.lock(f"user:{user.id}")
        await store.save_mail(tx, user.id, None)
        await ways_in.require_one(kit, tx, user.id)


async def ask_for_link(kit: Kit, accounts: Accounts, mail: str, *, address: str) -> None:
    """Says and takes the same whether the address is somebody's or nobody's."""
    mail = check_address(mail).lower()
    _require_mail(kit)
    await accounts.attempts.count_letter(address, mail)
    async with kit.db.read() as conn:
        user = await store.user_of_mail(conn, mail)
    if user is None or user.is_suspended:
        return
    async with kit.db.write() as tx:
        token = await _new_link(kit, tx, user.id, Purpose.SIGN_IN, None)
    url = f"{kit.settings.address}/sign-in/link#token={token}"
    accounts.outbox.hand_in(kit, letter(user, mail, Purpose.SIGN_IN, url, kit.settings.site_name))


async def recovery_link(kit: Kit, administrator: User, handle: str) -> tuple[str, datetime]:
    """For whoever has lost every way in; the administrator hands it on, and the log says so."""
    async with kit.db.write() as tx:
        user = await accounts_store.user_by_handle(tx, handle.lower())
        if user is None:
            raise UserNotFoundError
        token = await _new_link(kit, tx, user.id, Purpose.RECOVER, None)
        await admission.note(kit, tx, administrator.id, "recovery_link_made", {"handle": user.handle})
    return f"{kit.settings.address}/sign-in/link#recover={token}", kit.clock.now() + LASTS[Purpose.RECOVER]


async def come_in_by_link(
    kit: Kit, accounts: Accounts, token: str, password: str | None, *, device: str
) -> tuple[User, str]:
    """With a link of recovery a new password is needed, and every other sign-in ends."""
    token_hash, now = hash_token(token), kit.clock.now()
    async with kit.db.read() as conn:
        link = await store.look_at_link(conn, token_hash, now)
        user = await accounts_store.user_by_id(conn, link.user_id) if link is not None else None
    if link is None or user is None or link.purpose is Purpose.CONFIRM:
        raise WrongLinkError
    if link.purpose is Purpose.RECOVER and password is None:
        raise InvalidError.of("password", "A new password is needed.")
    password_hash = (
        await accounts.passwords.hash(model.check_password(password, user.handle)) if password is not None else None
    )
    async with kit.db.write() as tx:
        # Somebody may have been quicker with the same link meanwhile.
        if await store.take_link(tx, token_hash, now) is None:
            raise WrongLinkError
        if link.purpose is Purpose.RECOVER and password_hash is not None:
            return user, await _come_in_anew(kit, tx, user, password_hash, device)
        return user, await people.open_session(kit, tx, user, device)


async def mail_of(kit: Kit, user_id: UserId) -> str | None:
    """The address that its owner has confirmed."""
    async with kit.db.read() as conn:
        return await store.mail_of(conn, user_id)


async def addresses_of(conn: store.Connection, ids: Collection[UserId]) -> dict[UserId, str]:
    """Of those who have confirmed one."""
    return await store.mails_of(conn, ids)


def ids_with_mail() -> Select[tuple[str]]:
    """For other queries: who has confirmed an address."""
    return store.ids_with_mail()


async def standing_of(kit: Kit, user: User) -> tuple[bool, int, str | None]:
    """Whether there is a password, how many codes are left, and the address."""
    async with kit.db.read() as conn:
        return (
            await store.password_hash_of(conn, user.id) is not None,
            await store.codes_left(conn, user.id),
            await store.mail_of(conn, user.id),
        )


async def _come_in_anew(kit: Kit, tx: Transaction, user: User, password_hash: str, device: str) -> str:
    await accounts_store.save_password_hash(tx, user.id, password_hash)
    await store.end_sessions(tx, user.id, None)
    return await people.open_session(kit, tx, user, device)


async def _new_link(kit: Kit, tx: Transaction, user_id: UserId, purpose: Purpose, mail: str | None) -> str:
    token, now = kit.ids.secret(), kit.clock.now()
    await store.add_link(tx, hash_token(token), Link(user_id, purpose, mail, now + LASTS[purpose]), now)
    return token


def _require_mail(kit: Kit) -> None:
    if not sends_mail(kit.settings):
        raise NoMailError
