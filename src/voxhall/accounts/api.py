"""Routes of accounts: shapes in and out, no decisions."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from voxhall.accounts import actions, model
from voxhall.accounts.actions import NewUser
from voxhall.accounts.answers import Account, account_as_json
from voxhall.accounts.deps import AccountsDep
from voxhall.accounts.devices.model import device_name
from voxhall.accounts.identity import SESSION_COOKIE, ActorDep, cookie
from voxhall.accounts.model import Scope, Token, User
from voxhall.errors import InvalidError
from voxhall.kit import Kit
from voxhall.kit.clock import to_wire
from voxhall.kit.web import KitDep, PageDep, Time, address_of, page_of

router = APIRouter(prefix="/api/v1", tags=["accounts"])

# Only so long that reading it costs nothing; the model has the real rules.
Text = Annotated[str, Field(max_length=20_000)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SignUpBody(Body):
    handle: Text
    display_name: Text
    password: Text
    invite: Text | None = Field(None, description="The code of an invitation; needed where the door is `invite`.")
    claim: Text | None = Field(None, description="The token of the link that the server prints at its first start.")


class SignInBody(Body):
    handle: Text
    password: Text


class ClaimBody(Body):
    claim: Text


class SessionAnswer(BaseModel):
    account: Account | None = Field(description="Who is signed in in this browser; null for nobody.")


class TokenBody(Body):
    name: Text = "token"
    scopes: Annotated[list[Annotated[Scope, Field(strict=False)]], Field(max_length=20)] | None = None
    expires_at: Annotated[Time, Field(strict=False)] | None = None


class TokenAnswer(BaseModel):
    id: str
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    used_at: str | None = Field(description="To the hour; null before it is used.")


class NewTokenAnswer(TokenAnswer):
    token: str = Field(description="The secret; it is shown this once.")


class TokenList(BaseModel):
    items: list[TokenAnswer]
    next_cursor: str | None


@router.post("/users", status_code=201)
async def sign_up(
    body: SignUpBody, request: Request, response: Response, kit: KitDep, accounts: AccountsDep
) -> Account:
    new = NewUser(body.handle, body.display_name, body.password)
    user, secret = await actions.sign_up(
        kit,
        accounts,
        new,
        address=address_of(request),
        invite=body.invite,
        claim=body.claim,
        device=device_of(request),
    )
    signed_in(kit, response, secret)
    response.headers["location"] = f"/api/v1/users/{user.handle}"
    return account_of(user)


@router.post("/sessions", status_code=201)
async def sign_in(
    body: SignInBody, request: Request, response: Response, kit: KitDep, accounts: AccountsDep
) -> Account:
    user, secret = await actions.sign_in(
        kit, accounts, body.handle, body.password, address=address_of(request), device=device_of(request)
    )
    signed_in(kit, response, secret)
    return account_of(user)


@router.get("/sessions/current")
async def session(actor: ActorDep) -> SessionAnswer:
    """Whom this browser's cookie stands for. Nobody is an answer and no error: most who look at a page are guests."""
    return SessionAnswer(account=account_of(actor.user) if actor.user and actor.via_cookie else None)


@router.delete("/sessions/current", status_code=204)
async def sign_out(request: Request, response: Response, kit: KitDep) -> None:
    if secret := request.cookies.get(SESSION_COOKIE):
        await actions.sign_out(kit, secret)
    response.headers.append("set-cookie", cookie(kit, SESSION_COOKIE, "", 0))


@router.post("/me/administrator")
async def claim_administrator(body: ClaimBody, kit: KitDep, actor: ActorDep) -> Account:
    user = actor.require_user(Scope.ACCOUNT)
    return account_of(await actions.claim_administrator(kit, user, body.claim))


@router.get("/me/tokens")
async def tokens(kit: KitDep, actor: ActorDep, page: PageDep) -> TokenList:
    user = actor.require_user(Scope.ACCOUNT)
    found = await actions.tokens_of(kit, user.id, page.after_time(), page.limit + 1)
    return TokenList.model_validate(
        page_of(found, page, _token, lambda token: [token.created_at.isoformat(), token.id])
    )


@router.post("/me/tokens", status_code=201)
async def create_token(body: TokenBody, kit: KitDep, actor: ActorDep) -> NewTokenAnswer:
    user = actor.require_user(Scope.ACCOUNT)
    scopes = model.DEFAULT_SCOPES if body.scopes is None else frozenset(body.scopes)
    # A token must not be a way to a token that may do more.
    if not scopes <= actor.scopes:
        raise InvalidError.of("scopes", "A token cannot give what it does not have.")
    token, secret = await actions.create_token(kit, user, name=body.name, scopes=scopes, expires_at=body.expires_at)
    return NewTokenAnswer(**_token(token), token=secret)


@router.delete("/me/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: str, kit: KitDep, actor: ActorDep) -> None:
    await actions.revoke_token(kit, actor.require_user(Scope.ACCOUNT).id, token_id)


def device_of(request: Request) -> str:
    return device_name(request.headers.get("user-agent", ""))


def signed_in(kit: Kit, response: Response, secret: str) -> None:
    lasts_s = int(model.SESSION_LASTS.total_seconds())
    response.headers.append("set-cookie", cookie(kit, SESSION_COOKIE, secret, lasts_s))


def account_of(user: User) -> Account:
    return Account.model_validate(account_as_json(user))


def _token(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": [scope.value for scope in sorted(token.scopes)],
        "created_at": to_wire(token.created_at),
        "expires_at": to_wire(token.expires_at) if token.expires_at else None,
        "used_at": to_wire(token.used_at) if token.used_at else None,
    }
