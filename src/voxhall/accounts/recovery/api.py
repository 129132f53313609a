"""Routes of the ways back in."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from voxhall.accounts.admission.api import require_administrator
from voxhall.accounts.answers import Account
from voxhall.accounts.api import Body, Text, account_of, device_of, signed_in
from voxhall.accounts.deps import AccountsDep
from voxhall.accounts.identity import SESSION_COOKIE, ActorDep
from voxhall.accounts.model import Scope
from voxhall.accounts.passkeys import actions as passkeys
from voxhall.accounts.recovery import actions
from voxhall.kit.clock import to_wire
from voxhall.kit.ids import hash_token
from voxhall.kit.mail import sends_mail
from voxhall.kit.web import KitDep, address_of

router = APIRouter(prefix="/api/v1", tags=["accounts"])


class WaysInAnswer(BaseModel):
    has_password: bool
    recovery_codes_left: int
    passkeys: int
    mail: str | None = Field(description="The address, confirmed.")
    sends_mail: bool = Field(description="Whether this server can send links at all.")


class CodesAnswer(BaseModel):
    codes: list[str] = Field(description="Shown this once; those before are worth nothing any more.")


class RecoverBody(Body):
    handle: Text
    code: Text
    password: Text


class PasswordBody(Body):
    current: Text = ""
    new: Text


class MailBody(Body):
    mail: Text


class TokenBody(Body):
    token: Text


class LinkBody(TokenBody):
    password: Text | None = Field(None, description="Needed with a link of recovery: the new one.")


class RecoveryLinkAnswer(BaseModel):
    url: str
    expires_at: str


@router.get("/me/ways-in")
async def ways_in(kit: KitDep, actor: ActorDep) -> WaysInAnswer:
    user = actor.require_user(Scope.ACCOUNT)
    has_password, left, mail = await actions.standing_of(kit, user)
    return WaysInAnswer(
        has_password=has_password,
        recovery_codes_left=left,
        passkeys=len(await passkeys.passkeys_of(kit, user)),
        mail=mail,
        sends_mail=sends_mail(kit.settings),
    )


@router.post("/me/recovery-codes", status_code=201)
async def new_codes(kit: KitDep, actor: ActorDep) -> CodesAnswer:
    return CodesAnswer(codes=await actions.new_codes(kit, actor.require_user(Scope.ACCOUNT)))


@router.put("/me/password", status_code=204)
async def change_password(
    body: PasswordBody, request: Request, kit: KitDep, accounts: AccountsDep, actor: ActorDep
) -> None:
    """Every other sign-in ends with it."""
    secret = request.cookies.get(SESSION_COOKIE)
    await actions.change_password(
        kit,
        accounts,
        actor.require_user(Scope.ACCOUNT),
        body.current,
        body.new,
        address=address_of(request),
        session=hash_token(secret) if secret else None,
    )


@router.put("/me/mail", status_code=202)
async def ask_for_mail(body: MailBody, request: Request, kit: KitDep, accounts: AccountsDep, actor: ActorDep) -> None:
    """A letter goes to the address; it is the account's when its link has been opened."""
    user = actor.require_user(Scope.ACCOUNT)
    await actions.ask_for_mail(kit, accounts, user, body.mail, address=address_of(request))


@router.delete("/me/mail", status_code=204)
async def remove_mail(kit: KitDep, actor: ActorDep) -> None:
    await actions.remove_mail(kit, actor.require_user(Scope.ACCOUNT))


@router.post("/mail-confirmations", status_code=204)
async def confirm_mail(body: TokenBody, kit: KitDep) -> None:
    await actions.confirm_mail(kit, body.token)


@router.post("/sessions/recover", status_code=201)
async def recover(
    body: RecoverBody, request: Request, response: Response, kit: KitDep, accounts: AccountsDep
) -> Account:
    user, secret = await actions.recover(
        kit,
        accounts,
        body.handle,
        body.code,
        body.password,
        address=address_of(request),
        device=device_of(request),
    )
    signed_in(kit, response, secret)
    return account_of(user)


@router.post("/sessions/mail", status_code=202)
async def ask_for_link(body: MailBody, request: Request, kit: KitDep, accounts: AccountsDep) -> None:
    """A link to sign in goes to the address, if it is an account's; the answer is the same if not."""
    await actions.ask_for_link(kit, accounts, body.mail, address=address_of(request))


@router.post("/sessions/link", status_code=201)
async def come_in_by_link(
    body: LinkBody, request: Request, response: Response, kit: KitDep, accounts: AccountsDep
) -> Account:
    user, secret = await actions.come_in_by_link(kit, accounts, body.token, body.password, device=device_of(request))
    signed_in(kit, response, secret)
    return account_of(user)


@router.post("/admin/users/{handle}/recovery-link", status_code=201)
async def recovery_link(handle: str, kit: KitDep, actor: ActorDep) -> RecoveryLinkAnswer:
    """To be handed to its owner; opens the account once, within a day, with a new password."""
    url, expires_at = await actions.recovery_link(kit, require_administrator(actor), handle)
    return RecoveryLinkAnswer(url=url, expires_at=to_wire(expires_at))
