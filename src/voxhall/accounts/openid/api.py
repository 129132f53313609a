"""Routes of signing in by a provider. The browser that begins is known again by a cookie that is for nothing else."""

import re
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from voxhall.accounts.actions import NewUser
from voxhall.accounts.answers import Account
from voxhall.accounts.api import Body, Text, account_of, device_of, signed_in
from voxhall.accounts.deps import AccountsDep
from voxhall.accounts.identity import OPENID_COOKIE, ActorDep, cookie
from voxhall.accounts.model import Scope
from voxhall.accounts.openid import actions
from voxhall.accounts.openid.actions import Answer, Outcome
from voxhall.accounts.openid.model import ATTEMPT_LASTS, WrongAnswerError
from voxhall.kit import Kit
from voxhall.kit.clock import to_wire
from voxhall.kit.web import KitDep, address_of

log = structlog.get_logger()

router = APIRouter(prefix="/api/v1", tags=["accounts"])

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")

ProviderId = Annotated[str, Path(max_length=20)]


class BeginBody(Body):
    next: Text = Field("/", description="The page of this site to go on to.")


class BegunAnswer(BaseModel):
    url: str = Field(description="Where the browser goes now.")


class ProviderAnswerBody(Body):
    """The parameters with which the provider sends the browser back."""

    state: Text
    code: Text
    iss: Text | None = None


class ArrivedAnswer(BaseModel):
    outcome: Literal["signed_in", "linked", "new"]
    next: str
    account: Account | None
    ticket: str | None = Field(description="With `new`: for POST /users/openid, within a quarter of an hour.")
    display_name: str = Field(description="With `new`: as the provider has it, to be changed.")
    handle: str = Field(description="With `new`: what might do; empty where nothing does.")


class SignUpByProviderBody(Body):
    ticket: Text
    handle: Text
    display_name: Text
    invite: Text | None = None


class SignedUpAnswer(BaseModel):
    account: Account
    next: str


class IdentityAnswer(BaseModel):
    id: str
    provider: str = Field(description="As the operator calls it.")
    called: str = Field(description="As the provider calls you.")
    created_at: str
    used_at: str | None


class IdentitiesAnswer(BaseModel):
    items: list[IdentityAnswer]
    next_cursor: str | None = None


@router.post("/sessions/openid/{provider}", status_code=201)
async def begin(
    provider: ProviderId, body: BeginBody, request: Request, response: Response, kit: KitDep, accounts: AccountsDep
) -> BegunAnswer:
    await accounts.attempts.count_question(address_of(request))
    return BegunAnswer(url=await actions.begin(kit, accounts, provider, _known(kit, request, response), body.next))


@router.post("/me/identities/{provider}", status_code=201)
async def begin_to_link(
    provider: ProviderId,
    body: BeginBody,
    request: Request,
    response: Response,
    kit: KitDep,
    accounts: AccountsDep,
    actor: ActorDep,
) -> BegunAnswer:
    """The same, to have one more way into one's own account."""
    user = actor.require_user(Scope.ACCOUNT)
    await accounts.attempts.count_question(address_of(request))
    browser = _known(kit, request, response)
    return BegunAnswer(url=await actions.begin(kit, accounts, provider, browser, body.next, user_id=user.id))


@router.post("/sessions/openid/{provider}/answer")
async def finish(
    provider: ProviderId,
    body: ProviderAnswerBody,
    request: Request,
    response: Response,
    kit: KitDep,
    accounts: AccountsDep,
    actor: ActorDep,
) -> ArrivedAnswer:
    answer = Answer(body.state, body.code, body.iss)
    browser = request.cookies.get(OPENID_COOKIE, "")
    try:
        outcome = await actions.finish(kit, accounts, provider, browser, answer, actor.user, device=device_of(request))
    except WrongAnswerError as error:
        log.warning("openid_answer_refused", reason=error.reason)
        raise
    if outcome.secret is not None:
        signed_in(kit, response, outcome.secret)
    return _arrived(outcome)


@router.post("/users/openid", status_code=201)
async def sign_up(
    body: SignUpByProviderBody, request: Request, response: Response, kit: KitDep, accounts: AccountsDep
) -> SignedUpAnswer:
    """An account without a password, for whoever a provider has just vouched for."""
    user, secret, path = await actions.sign_up(
        kit,
        accounts,
        request.cookies.get(OPENID_COOKIE, ""),
        body.ticket,
        NewUser(body.handle, body.display_name, None),
        address=address_of(request),
        invite=body.invite,
        device=device_of(request),
    )
    signed_in(kit, response, secret)
    response.headers["location"] = f"/api/v1/users/{user.handle}"
    return SignedUpAnswer(account=account_of(user), next=path)


@router.get("/me/identities")
async def identities(kit: KitDep, accounts: AccountsDep, actor: ActorDep) -> IdentitiesAnswer:
    found = await actions.identities_of(kit, actor.require_user(Scope.ACCOUNT))
    return IdentitiesAnswer(
        items=[
            IdentityAnswer(
                id=one.id,
                provider=accounts.providers.name_of(one.issuer),
                called=one.called,
                created_at=to_wire(one.created_at),
                used_at=to_wire(one.used_at) if one.used_at is not None else None,
            )
            for one in found
        ]
    )


@router.delete("/me/identities/{identity_id}", status_code=204)
async def unlink(identity_id: str, kit: KitDep, actor: ActorDep) -> None:
    await actions.unlink(kit, actor.require_user(Scope.ACCOUNT), identity_id)


def _known(kit: Kit, request: Request, response: Response) -> str:
    """The browser's secret; one that has begun in another tab keeps it."""
    secret = request.cookies.get(OPENID_COOKIE, "")
    if not _SECRET.fullmatch(secret):
        secret = kit.ids.secret()
    response.headers.append("set-cookie", cookie(kit, OPENID_COOKIE, secret, int(ATTEMPT_LASTS.total_seconds())))
    return secret


def _arrived(outcome: Outcome) -> ArrivedAnswer:
    return ArrivedAnswer(
        outcome=outcome.kind,
        next=outcome.next,
        account=account_of(outcome.user) if outcome.user is not None else None,
        ticket=outcome.ticket,
        display_name=outcome.arrived.name if outcome.arrived is not None else "",
        handle=outcome.arrived.handle if outcome.arrived is not None else "",
    )
